#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/epoch_piece.hpp"
#include "analysis/intervals.hpp"
#include "analysis/residual_monitor.hpp"

namespace loopgate {

/// One metric of one agent over some epochs.
struct MetricValue {
  std::string metric;   ///< docs/analyze-json.md lists them
  std::string basis;    ///< `expected`: each epoch's rates replaced by their probabilities at its state; `realised`
  std::string view;     ///< `true`: potential outcomes; `observed`: outcomes of the accepted only; empty: needs none
  std::string subject;  ///< a group, a residual, `worst residual`; empty: all
  std::string highest, lowest;     ///< of a spread between groups: the pair; of a largest over groups: the group, and
                                   ///< lowest empty; empty where undefined
  std::vector<double> values;      ///< [n_replications analysed]; NaN: undefined
  Estimate estimate;               ///< 95 % t interval over the defined values
  Estimate bca;                    ///< the same mean with a 95 % BCa bootstrap interval, drawn by the trace's seed
  double numerator = undefined;    ///< of rates, summed over replications; NaN: no rate, or not observed
  double denominator = undefined;  ///< likewise
  std::uint32_t n_censored = 0;    ///< time_to_feasibility: replications whose value is the end of their epochs, as it
                                   ///< had not come; the estimate is then of the restricted mean (Kaplan-Meier)
  double survival = undefined;     ///< where some are: estimated share in which it takes longer than the longest value
};

/// The metric of these names; null: there is none.
const MetricValue* find_metric(const std::vector<MetricValue>& rows, std::string_view metric, std::string_view basis,
                               std::string_view view = "", std::string_view subject = "");

/// Both intervals of the rows that have values of each replication.
void add_intervals(std::span<MetricValue> rows, Seed seed);

/// Confidence level of each interval, for itself.
inline constexpr double confidence_level = 0.95;

struct AgentMetrics {
  std::string label;
  std::vector<std::uint32_t> replications;       ///< those with epochs in the window
  std::uint64_t epochs = 0, epochs_planned = 0;  ///< in the window, over all replications
  std::uint64_t tail_epochs = 0;                 ///< in their tails
  /// The same metrics in the same order, but time_to_feasibility, which only the window has, and steady_state_gap.
  std::vector<MetricValue> window, tail;
  std::vector<MetricValue> loop;          ///< where the loop goes and how fast: analysis/closed_loop.hpp
  std::vector<MetricValue> stages;        ///< of a route: analysis/stage_metrics.hpp; empty without one
  std::vector<ResidualMonitor> monitors;  ///< [constraints]; empty without residual_ranges
};

struct MetricOptions {
  Window window;                            ///< 0 <= begin < end <= n_epochs
  std::uint32_t average_over = 100;         ///< epochs of a mean residual, for time_to_feasibility
  std::vector<Interval> residual_ranges{};  ///< [constraints] values they can take, for monitors; empty: none wanted
};

/// Share of the window's written epochs at its end that are the tail.
inline constexpr double tail_share = 0.25;
Window tail_of(Window written) noexcept;

/// Reads one agent's epochs once, in pieces: memory does not grow with the horizon. Rates are of counts summed over
/// epochs, so that a gap is not biased upwards as the mean of each epoch's gap is. A replication is taken as far as it
/// is written.
AgentMetrics agent_metrics(const TraceReader& trace, const std::string& agent, const MetricOptions& options);

}  // namespace loopgate
