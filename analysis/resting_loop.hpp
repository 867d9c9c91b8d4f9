#pragma once

#include <string>
#include <vector>

#include "analysis/trace_metrics.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate {

/// Where a replication was on its tail: means of it.
struct RestingPlace {
  std::vector<double> threshold;  ///< [n_groups]
  std::vector<double> state;      ///< [n_states]
};

/// Where the loop of infinitely many applicants goes if these thresholds are held: adds rows to out.loop, a value for
/// each place or one for their mean, and notes where it does not come to rest or the start decides where it does. The
/// scenario has states; tails: one for each replication of out, at least one.
void add_resting_loop(const Scenario& scenario, const std::vector<RestingPlace>& tails, AgentMetrics& out,
                      std::vector<std::string>& notes);

}  // namespace loopgate
