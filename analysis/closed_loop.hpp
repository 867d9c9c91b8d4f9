#pragma once

#include "analysis/held_reward.hpp"
#include "analysis/oracle_file.hpp"
#include "analysis/trace_metrics.hpp"

namespace loopgate {

/// What a trace is looked at with, beside itself.
struct ClosedLoop {
  const Scenario* scenario = nullptr;  ///< the trace's own; null: cannot be built, or interventions change its world
  const Comparator* comparator = nullptr;  ///< that fits the trace; null: no regret
  HeldReward* held = nullptr;              ///< the comparator's threshold; null: no external regret
};

/// Epochs under one threshold that a replication must have for its state's autoregression to be fitted.
inline constexpr std::size_t least_held_epochs = 30;

/// Reads one agent's epochs once more, all replications side by side, since noise and drift are across them; memory
/// does not grow with the horizon. Adds the loop's rows to out.loop and, with a comparator, regret to out.window and
/// out.tail; notes what a reader has to know. out: as agent_metrics has it.
void add_closed_loop(const TraceReader& trace, const MetricOptions& options, const ClosedLoop& with, AgentMetrics& out,
                     std::vector<std::string>& notes);

}  // namespace loopgate
