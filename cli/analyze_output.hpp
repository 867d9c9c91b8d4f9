#pragma once

#include <string>
#include <vector>

#include "analysis/trace_metrics.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate::cli {

/// What `analyze` found, and what it is of.
struct Analysis {
  MetricOptions options;
  std::vector<AgentMetrics> agents;
  std::vector<std::string> notes;  ///< what a reader has to know: partial, few replications
};

void print_analysis_table(const TraceReader& trace, const Analysis& analysis);
void print_analysis_json(const TraceReader& trace, const Analysis& analysis);  ///< docs/analyze-json.md
void print_analysis_csv(const Analysis& analysis);                             ///< one line a number

}  // namespace loopgate::cli
