#include <algorithm>
#include <array>
#include <numeric>

#include "core/scenario/route.hpp"
#include "core/scenario/scalars.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate {

std::vector<std::string> state_names(const Scenario& scenario) {
  std::vector<std::string> names;
  constexpr std::array kinds{"share",         "score_mean", "score_shift", "success_shift", "population", "volume",
                             "qualification", "aim",        "aim_reach",   "mass"};  // in the order of Kind
  const std::vector<ApplicantType> types = scenario.law->types();
  for (const StateEntry& entry : scenario.states) {
    const std::string kind = kinds[static_cast<std::size_t>(entry.kind)];
    names.push_back(kind);
    if (entry.kind != StateEntry::Kind::volume) names.back() += ":" + scenario.problem.groups[index(entry.group)];
    if (entry.kind == StateEntry::Kind::type_mass) names.back() += ":" + format_number(types[entry.type].score);
  }
  return names;
}

TraceLayout trace_layout(const Scenario& scenario) {
  TraceLayout layout;
  layout.scenario_name = scenario.name;
  layout.scenario = scenario.text;
  layout.scenario_resolved = scenario.resolved;
  layout.seed = scenario.seed;
  layout.n_replications = scenario.n_replications;
  layout.n_epochs = scenario.n_epochs;
  layout.groups = scenario.problem.groups;
  const Composition start = scenario.law->start();
  layout.shares.assign(start.shares().begin(), start.shares().end());
  layout.constraints = scenario.residual_names;
  layout.states = state_names(scenario);
  for (const ScenarioAgent& agent : scenario.agents) {
    const auto one = agent.factory->make(agent_problem(scenario));
    layout.agents.push_back({agent.label, one->randomised(), one->explores(), audited_arms(*one), one->arm_streams()});
    layout.agents.back().probability_error = one->probability_error();
    layout.agents.back().propensity_error = one->propensity_error();
    if (agent.learning == nullptr) continue;
    layout.agents.back().score_every = agent.learning->every();
    layout.agents.back().link = agent.learning->link();
  }
  for (const Stage& stage : scenario.route.stages) {
    layout.stages.push_back(stage.name);
    layout.stage_scores = layout.stage_scores || stage.noise > 0.0 || !stage.type_score.empty();
  }
  layout.inputs = scenario.inputs;
  layout.types = scenario.law->types();
  layout.score_model = scenario.score_model;
  layout.score_range = scenario.law->score_range();
  layout.compression = scenario.compression;
  layout.level = scenario.level;
  layout.arms_every = scenario.arms_every;
  layout.changes = scenario.changes;
  layout.outcomes_mature = !scenario.outcomes.plain();
  layout.times_vary = scenario.arrivals->process() != nullptr || scenario.clock.interval != 1.0;
  if (const ArrivalProcess* process = scenario.arrivals->process()) {
    layout.arrival_times.assign(process->given_times().begin(), process->given_times().end());
    layout.arrival_groups.assign(process->groups().begin(), process->groups().end());
  }
  layout.arrivals = [&scenario](std::uint32_t replication) {
    return arrival_counts(scenario, static_cast<Replication>(replication));
  };
  if (!scenario.route.stages.empty())
    layout.most_rows = [arrivals = layout.arrivals, &scenario](std::uint32_t replication) {
      const auto counts = arrivals(replication);
      const auto n = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
      return most_decisions(scenario.route, static_cast<std::uint64_t>(n), scenario.n_epochs);
    };
  return layout;
}

}  // namespace loopgate
