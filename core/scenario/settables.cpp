#include "core/scenario/settables.hpp"

#include <algorithm>

#include "core/scenario/route.hpp"

namespace loopgate {

namespace {

const Interval share_range{0.0, 1.0, true, true}, success_shift_range{-1.0, 1.0}, lost_range{0.0, 1.0, false, true};

/// As --set spells it: the type, which must be the only one of its kind, or else the place in the list.
std::string rule_name(const Node& rules, std::size_t i) {
  const std::string& type = rules.items[i].string("type");
  const auto n = std::ranges::count_if(rules.items, [&](const Node& rule) { return rule.string("type") == type; });
  return n == 1 ? type : std::to_string(i);
}

}  // namespace

Settables::Settables(const Node& root, const Scenario& scenario) : scenario_(scenario) {
  const Node& environment = root.at("environment");
  const Utility& utility = scenario.start.utility;
  add_each("environment.utility", Target::utility, 0,
           {{"success", {}, utility.success, {}}, {"failure", {}, utility.failure, {}}});
  add_each("environment.arrivals", Target::arrivals, 0, scenario.arrivals->parameters());
  add_each("environment.outcomes", Target::outcomes, 0, {{"lost", lost_range, scenario.start.lost, {}}});
  add_population();
  for (std::size_t i = 0; i < scenario.dynamics.size(); ++i)
    add_each("environment.dynamics." + rule_name(environment.at("dynamics"), i), Target::dynamics, i,
             scenario.dynamics[i]->parameters());
  for (std::size_t i = 0; i < scenario.constraints.size(); ++i)
    add_each("constraints." + root.at("constraints").entries[i].key, Target::constraint, i,
             scenario.constraints[i]->parameters());
  for (std::size_t i = 0; i < scenario.agents.size(); ++i)
    add_each("agents." + scenario.agents[i].label, Target::agent, i,
             scenario.agents[i].factory->make(scenario.problem)->parameters());
  for (std::size_t k = 0; k < scenario.route.stages.size(); ++k) add_stage(k);
}

std::vector<std::string> Settables::names() const {
  std::vector<std::string> names;
  for (const Settable& one : all) names.push_back(one.name);
  return names;
}

void Settables::add(const std::string& name, Target target, std::size_t owner,
                    const std::vector<Parameter>& parameters) {
  Settable made{name, target, static_cast<std::uint32_t>(owner), {}};
  for (const Parameter& one : parameters)
    made.entries.push_back({one.group ? static_cast<std::uint32_t>(index(*one.group)) : 0,
                            one.group ? scenario_.problem.groups[index(*one.group)] : "", one.range, one.value});
  all.push_back(std::move(made));
}

/// Under a component's name, one for each key.
void Settables::add_each(const std::string& prefix, Target target, std::size_t owner,
                         const std::vector<Parameter>& parameters) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string& key = parameters[i].name;
    if (std::ranges::find(keys, key) != keys.end()) continue;
    keys.push_back(key);
    std::vector<Parameter> same;
    for (const Parameter& one : parameters)
      if (one.name == key) same.push_back(one);
    add(prefix + "." + key, target, owner, same);
    std::size_t at = 0;
    for (std::size_t j = i; j < parameters.size(); ++j)
      if (parameters[j].name == key) all.back().entries[at++].index = static_cast<std::uint32_t>(j);
  }
}

void Settables::add_population() {
  const Composition start = scenario_.law->start();
  std::vector<Parameter> shares, means, scores, successes;
  for (std::size_t i = 0; i < start.n_groups(); ++i) {
    const auto g = static_cast<GroupId>(i);
    const Interval mean_range = scenario_.law->score_mean_range(g);
    shares.push_back({"", share_range, start.shares()[i], g});
    if (mean_range.low <= mean_range.high) means.push_back({"", mean_range, start.score_means()[i], g});
    scores.push_back({"", {}, 0.0, g});
    successes.push_back({"", success_shift_range, 0.0, g});
  }
  const ArrivalProcess* process = scenario_.arrivals->process();
  if (process == nullptr || process->groups().empty()) {  // else the arrivals say who comes
    add("environment.population.shares", Target::shares, 0, shares);
    mark_moved(StateEntry::Kind::share);
    mark_moved(StateEntry::Kind::population);
  }
  add("environment.population.score_shift", Target::score_shift, 0, scores);
  mark_moved(StateEntry::Kind::score_shift);
  add("environment.population.success_shift", Target::success_shift, 0, successes);
  mark_moved(StateEntry::Kind::success_shift);
  if (means.empty()) return;
  add("environment.population.score_mean", Target::score_mean, 0, means);
  mark_moved(StateEntry::Kind::score_mean);
}

void Settables::mark_moved(StateEntry::Kind kind) {
  for (Settable::Entry& entry : all.back().entries)
    entry.moved =
        entry.moved || std::ranges::find(scenario_.states, StateEntry{kind, static_cast<GroupId>(entry.index)}) !=
                           scenario_.states.end();
}

void Settables::add_stage(std::size_t k) {
  const Stage& stage = scenario_.route.stages[k];
  const std::string prefix = "route.stages." + stage.name;
  add_each(prefix, Target::stage_cost, k, {{"cost", {0.0}, stage.cost, {}}});
  if (stage.capacity > 0)
    add_each(prefix, Target::stage_capacity, k,
             {{"capacity", {1.0, most_accepted}, static_cast<double>(stage.capacity), {}}});
  else absent.push_back({prefix + ".capacity", "the stage has no capacity", "`capacity` in the stage too"});
  std::vector<Parameter> thresholds;
  for (std::size_t g = 0; g < stage.threshold.size(); ++g)
    thresholds.push_back({"", {}, stage.threshold[g], static_cast<GroupId>(g)});
  if (!thresholds.empty()) return add(prefix + ".threshold", Target::stage_threshold, k, thresholds);
  std::string instead = "agents.LABEL";
  if (stage.agent != nullptr) {
    instead = prefix + ".agent";
    add_each(instead, Target::stage_agent, k, stage.agent->make(stage_problem(scenario_, stage))->parameters());
  }
  absent.push_back({prefix + ".threshold", "an agent chooses it", "a setting of that agent: " + instead + ".KEY"});
}

}  // namespace loopgate
