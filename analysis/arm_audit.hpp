#pragma once

#include "analysis/trace_metrics.hpp"

namespace loopgate {

/// What a trace's audit of a learner's arms tells, for each stream that it averages: how often its intervals hold what
/// they are for, and how much the arms' expected values move. Adds rows to out.loop, none for agents without an audit
/// in the window. Memory does not grow with the horizon.
void add_arm_audit(const TraceReader& trace, Window window, AgentMetrics& out);

}  // namespace loopgate
