#include "core/scenario/scenario.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "core/error.hpp"
#include "core/scenario/build_parts.hpp"
#include "core/scenario/yaml.hpp"

namespace loopgate {

namespace {

/// An agent's label is its type where none is given.
void fill_labels(Node& root) {
  for (Node& agent : root.find("agents")->items) {
    if (agent.has("label")) continue;
    Node label = Node::scalar(agent.string("type"));
    label.mark = agent.find("type")->mark;
    label.path = agent.path + ".label";
    agent.entries.insert(agent.entries.begin() + 1, {"label", std::move(label)});
  }
}

/// Residuals that agents are not told come behind the others.
void put_untold_last(Node& root) {
  std::ranges::stable_partition(root.find("constraints")->entries, [](const Node::Entry& constraint) {
    const Node* told = constraint.value.find("told");
    return told == nullptr || told->boolean();
  });
}

Scenario build(const std::string& text, const std::string& source, const std::vector<std::string>& overrides,
               const Catalog& catalog, const DataFiles& files, const RecordedPopulation* recorded,
               Diagnostics& diagnostics) {
  Scenario scenario;
  scenario.text = text;
  Node raw = parse_yaml(text, source, diagnostics);
  if (!diagnostics.ok()) return scenario;
  for (const std::string& assignment : overrides) apply_override(raw, assignment, diagnostics);
  if (raw.kind == Node::Kind::null) {
    diagnostics.error(Mark{source, 0, 0}, "", "the file is empty", "a scenario");
    return scenario;
  }
  Node done = validate(raw, scenario_schema(catalog), diagnostics);
  if (!diagnostics.ok()) return scenario;
  fill_labels(done);
  put_untold_last(done);
  scenario.resolved = to_yaml(done);
  build_parts(done, catalog, files, recorded, scenario, diagnostics);
  scenario.inputs = files.found();
  scenario.warnings = diagnostics.warnings();
  return scenario;
}

}  // namespace

Scenario build_scenario(const std::string& text, const std::string& source, const std::vector<std::string>& overrides,
                        const Catalog& catalog, const DataFiles& files, Diagnostics& diagnostics) {
  return build(text, source, overrides, catalog, files, nullptr, diagnostics);
}

Scenario rebuild_scenario(const std::string& resolved, const std::string& source, const RecordedPopulation& population,
                          const Catalog& catalog) {
  Diagnostics diagnostics;
  Scenario scenario = build(resolved, source, {}, catalog, DataFiles(".", {}), &population, diagnostics);
  diagnostics.throw_if_any();
  return scenario;
}

Scenario load_scenario(const std::filesystem::path& path, const std::vector<std::string>& overrides,
                       const Catalog& catalog) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path))
    throw ScenarioError(path.string() + ": cannot be read (expected a scenario file)");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Diagnostics diagnostics;
  const DataFiles files = DataFiles::from_environment(path.parent_path());
  Scenario scenario = build_scenario(text, path.string(), overrides, catalog, files, diagnostics);
  diagnostics.throw_if_any();
  return scenario;
}

Problem stage_problem(const Scenario& scenario, const Stage& stage) {
  Problem problem = scenario.problem;
  problem.score_range = stage.score_range;
  problem.score_tolerance = stage.score_tolerance;
  problem.reward_range = stage.reward_range;
  return problem;
}

Problem agent_problem(const Scenario& scenario) {
  const auto first = std::ranges::find_if(scenario.route.stages, &Stage::decided_by_compared);
  return first == scenario.route.stages.end() ? scenario.problem : stage_problem(scenario, *first);
}

std::vector<Interval> residual_ranges(const Scenario& scenario, const ParameterValues& parameters) {
  std::vector<Interval> all;
  for (std::size_t i = 0; i < scenario.constraints.size(); ++i)
    for (const Interval& range : scenario.constraints[i]->residual_ranges(parameters.constraints[i]))
      all.push_back(range);
  return all;
}

std::vector<Interval> residual_ranges_ever(const Scenario& scenario) {
  std::vector<Interval> ranges = residual_ranges(scenario, scenario.start);
  ParameterValues now = scenario.start;
  for (const Change& change : scenario.changes) {
    if (change.target != Change::Target::constraint) continue;
    for (const double Change::Value::*end : {&Change::Value::start, &Change::Value::end}) {
      for (const Change::Value& value : change.values) now.constraints[change.owner][value.index] = value.*end;
      const std::vector<Interval> then = residual_ranges(scenario, now);
      for (std::size_t m = 0; m < ranges.size(); ++m)
        ranges[m] = {std::min(ranges[m].low, then[m].low), std::max(ranges[m].high, then[m].high)};
    }
  }
  return ranges;
}

bool decisions_change_arrivals(const Scenario& scenario) noexcept {
  return std::ranges::find(scenario.states, StateEntry::Kind::population, &StateEntry::kind) != scenario.states.end();
}

bool Scenario::world_changes() const noexcept {
  return std::ranges::any_of(changes, [](const Change& one) { return one.target != Change::Target::agent; });
}

}  // namespace loopgate
