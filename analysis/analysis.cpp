#include "analysis/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "analysis/calibration.hpp"
#include "analysis/closed_loop.hpp"
#include "analysis/comparator.hpp"
#include "analysis/metric_list.hpp"
#include "analysis/stage_metrics.hpp"
#include "core/error.hpp"
#include "core/run/recorded_run.hpp"

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

/// Replications that are written up to the window's end for every agent.
std::vector<std::uint32_t> whole_replications(const TraceReader& trace, const AnalysisRequest& request) {
  std::vector<std::uint32_t> whole;
  std::vector<std::int64_t> written(trace.n_replications, trace.n_epochs);
  for (const std::string& agent : request.agents) {
    const auto of_agent = trace.epochs_written(agent);
    for (std::size_t r = 0; r < written.size(); ++r) written[r] = std::min(written[r], of_agent[r]);
  }
  for (std::uint32_t r = 0; r < written.size(); ++r)
    if (written[r] >= request.options.window.end) whole.push_back(r);
  return whole;
}

/// The metric's value in a replication; NaN where it is undefined or the replication is not the agent's.
double value_of(const AgentMetrics& agent, const MetricValue& metric, std::uint32_t replication) {
  const auto at = std::ranges::find(agent.replications, replication);
  return at == agent.replications.end() ? undefined
                                        : metric.values[static_cast<std::size_t>(at - agent.replications.begin())];
}

void add_once(std::vector<std::string>& notes, const std::string& note) {
  if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
}

void rank_by(Analysis& all, Ranking ranking, std::span<const std::uint32_t> whole, Seed seed) {
  std::vector<Contestant> contestants(all.agents.size());
  for (const std::uint32_t r : whole) {
    std::vector<double> values;
    for (const AgentMetrics& agent : all.agents) {
      const MetricValue* metric = find_metric(agent.window, ranking.metric, ranking.basis, "", ranking.subject);
      if (metric != nullptr) values.push_back(value_of(agent, *metric, r));
    }
    const bool defined = std::ranges::none_of(values, [](double value) { return std::isnan(value); });
    if (values.size() < all.agents.size() || !defined) continue;
    for (std::size_t a = 0; a < values.size(); ++a) contestants[a].values.push_back(values[a]);
    ranking.replications.push_back(r);
  }
  if (ranking.replications.empty()) {
    if (!whole.empty() && find_metric(all.agents[0].window, ranking.metric, ranking.basis, "", ranking.subject))
      all.notes.push_back("no ranking by " + ranking.metric + ": in every replication it is undefined for some agent");
    return;
  }
  ranking.standings = rank_agents(contestants, ranking.better, confidence_level, seed);
  if (const std::string text = too_few_text(ranking.standings); !text.empty() && ranking.replications.size() > 1)
    add_once(all.notes, std::to_string(ranking.replications.size()) + " replications: no verdict on agents: " + text);
  std::vector<std::string> names;
  for (const AgentMetrics& agent : all.agents) names.push_back(agent.label);
  for (const std::string& text : lone_replication_texts(ranking.standings, names))
    all.notes.push_back("by " + ranking.metric + ", " + text);
  all.rankings.push_back(std::move(ranking));
}

void add_rankings(const TraceReader& trace, const AnalysisRequest& request, Analysis& all) {
  if (all.agents.size() < 2) return;
  const std::vector<std::uint32_t> whole = whole_replications(trace, request);
  if (whole.empty())
    all.notes.emplace_back("no ranking: no replication is written over the whole window for all of these agents");
  const char* basis = judged_basis(trace);
  rank_by(all, {"reward", basis, "", Better::higher, {}, {}}, whole, Seed{trace.seed});
  rank_by(all, {"mean_violation", basis, worst_of_residuals, Better::lower, {}, {}}, whole, Seed{trace.seed});
}

std::optional<Scenario> scenario_of(const TraceReader& trace, const Catalog& catalog, std::vector<std::string>& notes) {
  try {
    return recorded_scenario(trace, catalog);
  } catch (const ScenarioError& problem) {
    notes.push_back("no external regret, no mean field and no watched runs: the scenario cannot be built: " +
                    std::string(problem.what()));
    return std::nullopt;
  }
}

void add_closed_loops(const TraceReader& trace, const AnalysisRequest& request, const std::optional<Scenario>& scenario,
                      Analysis& all) {
  all.comparator = comparator_of(trace, request.oracle, all.notes);
  std::optional<HeldReward> held;
  const bool changed = scenario && scenario->world_changes();
  const bool learns = scenario && scenario->learning != nullptr;
  if (changed)
    all.notes.emplace_back(
        "no external regret and no mean field: interventions change the loop while it runs, so that it is not one map");
  if (learns)
    all.notes.emplace_back(
        "no external regret, no mean field and no watched runs: the score model learns, so what a threshold means "
        "moves");
  const bool staged = !trace.stages.empty();
  if (staged)
    all.notes.emplace_back(
        "no expected values, external regret and mean field: decisions of a route depend on those who wait");
  const bool draws = scenario && std::ranges::any_of(scenario->dynamics, [](const std::unique_ptr<Dynamics>& rule) {
                       return rule->cause() == Dynamics::Cause::random;
                     });
  if (draws) all.notes.emplace_back("no external regret and no mean field: a rule of the dynamics draws at random");
  const bool usable = scenario && !changed && !staged && !learns && !draws;
  if (usable && all.comparator) held.emplace(*scenario, all.comparator->threshold);
  const ClosedLoop with{usable ? &*scenario : nullptr, all.comparator ? &*all.comparator : nullptr,
                        held ? &*held : nullptr};
  if (trace.states.empty())
    all.notes.emplace_back("no dynamics: decisions move nothing, so there is no loop to follow");
  for (AgentMetrics& agent : all.agents) add_closed_loop(trace, request.options, with, agent, all.notes);
}

void add_calibrations(const TraceReader& trace, const AnalysisRequest& request, const std::optional<Scenario>& scenario,
                      Analysis& all) {
  if (!trace.stages.empty()) {
    if (!request.rows.empty())
      all.notes.emplace_back("no calibration within groups: applicants of a route are decided several times");
    return;
  }
  const bool kept =
      std::ranges::any_of(trace.agents, [&](const auto& label) { return trace.has(label, "applicants"); });
  if (!kept && request.rows.empty()) {
    if (scenario && scenario->fidelity == Fidelity::individuals && can_be_probabilities(trace))
      all.hints.push_back("calibration within groups: needs applicants: `loopgate expand " + trace.path +
                          " -o ROWS`, then --rows ROWS");
    return;
  }
  if (!can_be_probabilities(trace)) {
    all.notes.emplace_back("no calibration within groups: scores go beyond [0, 1], so they are no probabilities");
    return;
  }
  const ApplicantReader rows(kept && request.rows.empty() ? trace.path : request.rows);
  if (rows.seed != trace.seed || rows.scenario_sha256 != trace.scenario_sha256)
    throw ScenarioError("command line: --rows = " + request.rows + ": applicants of another run (expected those of " +
                        trace.path + ")");
  for (AgentMetrics& agent : all.agents) add_calibration(trace, rows, request.options, agent, all.notes);
}

}  // namespace

Analysis analyse(const TraceReader& trace, const AnalysisRequest& request, const Catalog& catalog) {
  check_written(trace, request);
  Analysis all;
  all.options = request.options;
  const std::optional<Scenario> scenario = scenario_of(trace, catalog, all.notes);
  if (scenario) all.options.residual_ranges = residual_ranges_ever(*scenario);
  for (const std::string& agent : request.agents) all.agents.push_back(agent_metrics(trace, agent, all.options));
  for (const AgentMetrics& agent : all.agents) all.verdicts.push_back(limit_verdicts(agent, judged_basis(trace)));
  for (AgentMetrics& agent : all.agents) add_stage_metrics(trace, request.options.window, agent);
  add_notes(trace, all);
  add_rankings(trace, request, all);
  add_calibrations(trace, request, scenario, all);
  add_closed_loops(trace, request, scenario, all);
  return all;
}

}  // namespace loopgate
