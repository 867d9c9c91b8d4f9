#pragma once

#include <string>
#include <vector>

#include "analysis/trace_metrics.hpp"

namespace loopgate {

/// What is asked of a trace.
struct AnalysisRequest {
  MetricOptions options;
  std::vector<std::string> agents;  ///< labels, in the order of the answer; not empty
};

/// What came of it, for tables, JSON and pages alike.
struct Analysis {
  MetricOptions options;
  std::vector<AgentMetrics> agents;
  std::vector<std::string> notes;  ///< what a reader has to know: partial, few replications
};

/// TraceError where nothing is written in the window.
Analysis analyse(const TraceReader& trace, const AnalysisRequest& request);

}  // namespace loopgate
