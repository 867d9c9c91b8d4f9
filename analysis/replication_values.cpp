#include "analysis/replication_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "analysis/epoch_tally.hpp"
#include "analysis/tolerance.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr std::array<MetricInfo, 5> all_metrics{{
    {Metric::reward, "reward", Better::higher, "utility per applicant, mean over epochs"},
    {Metric::expected_reward, "expected_reward", Better::higher,
     "expected utility per applicant at each epoch's state, mean over epochs"},
    {Metric::violation, "mean_violation", Better::lower,
     "worst expected residual above 0 (with a route the realised one), mean over epochs"},
    {Metric::gap, "demographic_parity_gap", Better::lower,
     "largest minus smallest acceptance rate of the groups over the window"},
    {Metric::service_rate, "service_rate", Better::higher, "accepted / arrived over the window, all groups"},
}};

/// Calls take(values of one dataset, [epochs x inner]) for each piece of the window.
template <class Take>
void read_pieces(const TraceReader& trace, const std::string& agent, const char* dataset, std::uint32_t replication,
                 Window window, Take take) {
  for (std::uint32_t t = window.begin; t < window.end;) {
    const std::uint32_t end = piece_end(trace, t, window.end);
    take(trace.read(agent, dataset, replication, t, end));
    t = end;
  }
}

double mean_violation(const TraceReader& trace, const std::string& agent, std::uint32_t replication, Window window) {
  const std::size_t n_residuals = trace.constraints.size();
  if (n_residuals == 0) return undefined;
  RunningMean violation;
  read_pieces(trace, agent, judged_residuals(trace), replication, window, [&](const std::vector<double>& residual) {
    for (std::size_t i = 0; i < residual.size(); i += n_residuals)
      violation.add(violation_of(worst_residual(std::span(residual).subspan(i, n_residuals))));
  });
  return violation.value();
}

/// Sums of a count over the window: [n_groups].
std::vector<double> totals(const TraceReader& trace, const std::string& agent, const char* dataset,
                           std::uint32_t replication, Window window) {
  const std::size_t n_groups = trace.groups.size();
  std::vector<double> sum(n_groups, 0.0);
  read_pieces(trace, agent, dataset, replication, window, [&](const std::vector<double>& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i) sum[i % n_groups] += counts[i];
  });
  return sum;
}

double acceptance_metric(std::span<const double> arrived, std::span<const double> accepted, Metric metric) {
  std::vector<double> rates;
  Ratio all;
  for (std::size_t g = 0; g < arrived.size(); ++g) {
    rates.push_back(Ratio{accepted[g], arrived[g]}.value());
    all.numerator += accepted[g];
    all.denominator += arrived[g];
  }
  return metric == Metric::gap ? spread(rates).gap : all.value();
}

}  // namespace

std::span<const MetricInfo> metrics() noexcept { return all_metrics; }

double replication_value(const TraceReader& trace, const std::string& agent, std::uint32_t replication, Window window,
                         Metric metric) {
  LOOPGATE_EXPECT(window.begin < window.end && window.end <= trace.n_epochs);
  switch (metric) {
    case Metric::reward:
    case Metric::expected_reward: {
      RunningMean reward;
      read_pieces(trace, agent, metric == Metric::reward ? "reward" : "expected_reward", replication, window,
                  [&](const std::vector<double>& values) {
                    for (const double value : values) reward.add(value);
                  });
      return reward.value();
    }
    case Metric::violation:
      return mean_violation(trace, agent, replication, window);
    case Metric::gap:
    case Metric::service_rate:
      return acceptance_metric(totals(trace, agent, "arrived", replication, window),
                               totals(trace, agent, "accepted", replication, window), metric);
  }
  return undefined;
}

}  // namespace loopgate
