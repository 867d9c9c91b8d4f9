#pragma once

#include <span>
#include <vector>

#include "analysis/metrics.hpp"
#include "analysis/trace_metrics.hpp"

namespace loopgate {

/// Counts of one group at one stage of a route over some epochs. counts.arrived: decided or gave up.
struct StageCounts {
  GroupCounts counts;
  double left = 0.0;     ///< gave up
  double lost = 0.0;     ///< applications that ended here without being accepted for good
  double waited = 0.0;   ///< time, summed over the decided
  double waiting = 0.0;  ///< at the stage after a decision, summed over epochs
};

/// What a route did to applications: `lost` at a stage is counted where they ended, so that in each group
/// arrived = accepted + sum of lost.
struct RouteCounts {
  std::vector<std::vector<StageCounts>> stages;  ///< [n_stages][n_groups]
  std::vector<GroupCounts> whole;  ///< [n_groups] applications that ended: arrived, accepted for good, ...
  std::size_t n_epochs = 0;
};

/// How much each stage adds to the gap of acceptance for good between two groups, rate(a) - rate(b): the share of b's
/// applications that it loses minus that of a's. [n_stages]; sums to the gap. NaN where a group has no application.
std::vector<double> gap_added(const RouteCounts& route, std::size_t a, std::size_t b);

/// How much each stage adds to log(rate(b) / rate(a)): the same logarithm of the shares that pass the stage among those
/// whom it and the stages after it had left to lose. [n_stages]; sums to the whole. NaN where a group lost everyone.
std::vector<double> log_ratio_added(const RouteCounts& route, std::size_t a, std::size_t b);

/// Fills agent.stages from a trace with a route, over the window of agent.replications: docs/analyze-json.md, "The
/// stages of a route".
void add_stage_metrics(const TraceReader& trace, Window window, AgentMetrics& agent);

}  // namespace loopgate
