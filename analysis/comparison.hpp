#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/ranking.hpp"

namespace loopgate {

/// What is asked of one or several traces.
struct ComparisonRequest {
  MetricInfo metric{};
  std::uint32_t begin = 0;            ///< first epoch
  std::optional<std::uint32_t> end;   ///< one past the last; nothing: common_end() of all agents
  std::vector<std::string> agents;    ///< labels; every trace has at least one of them
  bool different_applicants = false;  ///< may be compared
  double level = 0.95;                ///< of each interval, for itself
};

struct ComparedAgent {
  std::size_t trace;  ///< index
  std::string label;
};

/// What came of it, for tables, JSON and pages alike.
struct Comparison {
  Window window;  ///< of all agents
  std::vector<ComparedAgent> agents;
  std::vector<Standing> standings;  ///< best first; contestant: index of `agents`
  std::vector<std::string> notes;   ///< what a reader has to know: partial, few replications, other applicants
};

/// Agents of all traces over one window, ranked. Where two traces have one seed, replication r used the same random
/// numbers in both, whatever else differs, so agents are paired by replication; those of different seeds are
/// independent. ScenarioError where the window is beyond a trace, a trace has none of the agents or no constraints to
/// violate, or where applicants (or constraints, if they are the metric) differ and may not; TraceError where too
/// little is written, or the metric is undefined in every replication. traces: at least one.
Comparison compare_agents(std::span<const TraceReader> traces, const ComparisonRequest& request);

/// How far at least two replications got, or one, if no other got beyond `begin`; 0 if none is written.
/// written: epochs of each replication.
std::uint32_t common_end(std::span<const std::int64_t> written, std::uint32_t begin);

}  // namespace loopgate
