#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/course.hpp"
#include "analysis/decimated_series.hpp"

namespace loopgate {

struct SeriesRequest {
  Window window;                           ///< 0 <= begin < end <= n_epochs
  std::size_t n_bins = 400;                ///< at most so many
  std::vector<std::size_t> gap_residuals;  ///< residuals of the parity constraint; empty: there is none
  Course tolerance = undefined;            ///< of that constraint
};

/// One agent over time, and where it rests: means over the tail, which is the last quarter of the window's written
/// epochs (tail_share).
struct AgentSeries {
  AgentSeries(std::string name, std::size_t n_bins, std::size_t n_groups);

  std::string label;
  DecimatedSeries expected_reward;  ///< with a route: the realised one, as are residuals and what comes of them
  DecimatedSeries service_rate;     ///< accepted / arrived, counts summed over the bin
  /// With a parity constraint, its largest expected residual plus the tolerance in force: the largest difference of
  /// expected selection rates that it looks at, free of sampling noise. Without one, largest minus smallest accepted /
  /// arrived of the groups, counts summed over the bin.
  DecimatedSeries parity_gap;
  DecimatedSeries cumulative_violation;  ///< of the worst expected residual, from the window's begin to the bin's end;
                                         ///< an epoch in which a residual is undefined adds nothing
  DecimatedSeries score_auc;             ///< of the score model in use, as its record has it; NaN where scores stay
  std::vector<DecimatedSeries> threshold, composition, qualification_rate;  ///< [n_groups]

  /// [n_groups] at the window's first epoch, over replications.
  std::vector<Estimate> first_composition, first_qualification_rate;

  bool score_learns = false;                ///< its score model learns
  bool common_threshold = true;             ///< all groups have the same one in every epoch
  std::vector<Estimate> resting_threshold;  ///< [n_groups] over the tail
  Estimate resting_reward;                  ///< expected, over the tail
  Estimate resting_residual;                ///< largest of the residuals' means over the tail, expected ones
};

/// Reads one agent's epochs once, in pieces: memory does not grow with the horizon. A replication is taken as far as it
/// is written.
AgentSeries agent_series(const TraceReader& trace, const std::string& agent, const SeriesRequest& request);

}  // namespace loopgate
