#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/trace/trace_reader.hpp"

namespace loopgate {

/// One agent's run in a few numbers, over all epochs written of all replications.
struct AgentSummary {
  std::string label;
  std::uint64_t epochs = 0;  ///< written, over all replications
  std::uint64_t epochs_planned = 0;
  double mean_reward = undefined;        ///< mean over replications of the mean reward per epoch; NaN: none
  double reward_half_width = undefined;  ///< of the 95 % t interval across replications; NaN with fewer than two
  std::vector<double> acceptance;        ///< [n_groups] accepted / arrived, pooled; NaN: nobody arrived
  double gap = undefined;                ///< demographic-parity gap of `acceptance`
  double violation =
      undefined;  ///< mean over epochs of the positive part of the worst of judged_residuals; NaN: no constraints
  double applicants_per_second = undefined;  ///< arrivals / processor time
};

/// Reads a trace in pieces; memory does not grow with the horizon.
std::vector<AgentSummary> summarise(const TraceReader& trace);

}  // namespace loopgate
