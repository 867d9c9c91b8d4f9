#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/limit_verdicts.hpp"
#include "analysis/oracle_file.hpp"
#include "analysis/ranking.hpp"
#include "analysis/trace_metrics.hpp"
#include "core/scenario/catalog.hpp"

namespace loopgate {

/// What is asked of a trace.
struct AnalysisRequest {
  MetricOptions options;
  std::vector<std::string> agents;  ///< labels, in the order of the answer; not empty
  std::string rows;                 ///< file of applicants, for calibration; empty: the trace, if it keeps them
  std::string oracle;               ///< file of the comparator; empty: one beside the trace, if it is there
};

/// Agents by one metric over the window, from the replications that are written over all of it for every agent and in
/// which it is defined for every agent.
struct Ranking {
  std::string metric, basis, subject;  ///< of a MetricValue
  Better better = Better::higher;
  std::vector<std::uint32_t> replications;
  std::vector<Standing> standings;  ///< best first; contestant: index of Analysis::agents
};

/// What came of it, for tables, JSON and pages alike.
struct Analysis {
  MetricOptions options;
  std::vector<AgentMetrics> agents;
  std::vector<std::vector<LimitVerdict>> verdicts;  ///< [agents]
  std::vector<Ranking> rankings;  ///< expected reward, and with constraints mean violation of the worst; two agents on
  std::optional<Comparator> comparator;  ///< what regret is against
  std::vector<std::string> notes;        ///< what a reader has to know: partial, few replications
  std::vector<std::string> hints;        ///< what more could be known, and how
};

/// TraceError where nothing is written in the window; what comparator_of throws. A trace whose scenario this program
/// cannot build is analysed without what needs it, and a note says so.
Analysis analyse(const TraceReader& trace, const AnalysisRequest& request, const Catalog& catalog);

}  // namespace loopgate
