#include "analysis/analysis.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace loopgate {

namespace {

void check_written(const TraceReader& trace, const AnalysisRequest& request) {
  std::int64_t furthest = 0;
  for (const std::string& agent : request.agents)
    furthest = std::max(furthest, std::ranges::max(trace.epochs_written(agent)));
  if (furthest == 0) throw TraceError(trace.path + ": no epoch is written");
  const std::uint32_t begin = request.options.window.begin;
  if (furthest <= begin)
    throw TraceError(trace.path + ": nothing is written from epoch " + std::to_string(begin) +
                     " on (expected --window within 0:" + std::to_string(furthest) + ")");
}

void add_notes(const TraceReader& trace, Analysis& all) {
  for (const AgentMetrics& agent : all.agents) {
    if (agent.epochs == agent.epochs_planned) continue;
    all.notes.push_back("PARTIAL: " + agent.label + ": " + std::to_string(agent.epochs) + " of " +
                        std::to_string(agent.epochs_planned) + " epochs are written, in " +
                        std::to_string(agent.replications.size()) + " of " + std::to_string(trace.n_replications) +
                        " replications; each is analysed as far as it goes");
  }
  if (std::ranges::any_of(all.agents, [](const AgentMetrics& agent) { return agent.replications.size() == 1; }))
    all.notes.push_back("one replication: no interval can be given, since epochs of one run depend on each other");
}

}  // namespace

Analysis analyse(const TraceReader& trace, const AnalysisRequest& request) {
  check_written(trace, request);
  Analysis all;
  all.options = request.options;
  for (const std::string& agent : request.agents) all.agents.push_back(agent_metrics(trace, agent, request.options));
  add_notes(trace, all);
  return all;
}

}  // namespace loopgate
