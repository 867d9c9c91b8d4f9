#pragma once

#include "analysis/analysis.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate::cli {

/// Regret of one agent beside its violation, for people; nothing without a comparator.
void print_regret(const TraceReader& trace, const Analysis& analysis, const AgentMetrics& agent);

/// Where the loop of one agent goes and how fast, for people.
void print_loop(const TraceReader& trace, const AgentMetrics& agent);

}  // namespace loopgate::cli
