#include "agents/grid.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "analysis/oracle.hpp"
#include "core/scenario/yaml.hpp"
#include "tests/support/row_recorder.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

/// Every agent on a grid, as flow mappings without the closing brace.
const std::vector<std::string> grid_agents{
    "{type: ofs, grid: 5",
    "{type: ofs, grid: 5, feasible: pessimistic, fallback: sum, statistics: {type: window, length: 30}",
    "{type: ucb1, grid: 5, statistics: {type: discount, factor: 0.95}",
    "{type: primal_dual, grid: 5",
    "{type: penalty_ucb, grid: 5",
    "{type: epsilon_greedy, grid: 5, epsilon: 0.3",
    "{type: thompson, grid: 5",
    "{type: thompson, grid: 5, posterior: beta",
    "{type: random, grid: 5"};

Problem two_groups(std::size_t n_residuals) {
  Problem problem;
  problem.groups = {"A", "B"};
  problem.score_range = {0.0, 1.0};
  problem.reward_range = {0.0, 1.0};
  for (std::size_t m = 0; m < n_residuals; ++m) problem.residual_names.push_back("g" + std::to_string(m));
  problem.residual_ranges.assign(n_residuals, {-1.0, 1.0});
  problem.n_epochs = 1000000;
  return problem;
}

std::unique_ptr<Agent> make(const std::string& yaml, const Problem& problem) {
  Diagnostics diagnostics;
  const Catalog& catalog = test::catalog();
  const Node settings =
      validate(parse_yaml(yaml, "agent", diagnostics), component("type", catalog.agents.descriptions()), diagnostics);
  diagnostics.throw_if_any();
  auto agent = catalog.agents.make(settings.string("type"), settings, problem, diagnostics)->make(problem);
  diagnostics.throw_if_any();
  return agent;
}

/// World UT, by group.
double accepted(std::size_t g, double t) { return g == 0 ? 1 - t : (1 - t) * (1 - t); }
double worth(std::size_t g, double t) {
  const double succeeded = g == 0 ? (1 - t * t) / 2 : 1.0 / 3 - t * t + 2 * t * t * t / 3;
  return succeeded - 0.4 * accepted(g, t);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("arms of a threshold for each group are counted with the last group's threshold running fastest") {
  const ArmGrid arms = ArmGrid::per_group({0.1, 0.5, 0.9}, 2);
  CHECK(arms.size() == 9);
  const double grid[] = {0.1, 0.5, 0.9};
  std::vector<double> threshold(2);
  for (std::size_t arm = 0; arm < 9; ++arm) {
    arms.play(arm, threshold);
    CHECK(threshold == std::vector{grid[arm / 3], grid[arm % 3]});
    CHECK(arms.arm_of(threshold, 0) == arm);
  }
  CHECK_THROWS(arms.arm_of(std::vector{0.1, 0.2}, 0));
  const std::vector<double> law{0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.64};
  std::vector<double> of_group;
  arms.group_law(GroupId{0}, law, of_group);
  CHECK(of_group[0] == doctest::Approx(0.06));
  CHECK(of_group[2] == doctest::Approx(0.79));
  arms.group_law(GroupId{1}, law, of_group);
  CHECK(of_group[0] == doctest::Approx(0.12));
  CHECK(of_group[2] == doctest::Approx(0.73));
}

TEST_CASE("more combinations of thresholds than can be arms are refused with their number and a way out") {
  CHECK(ArmGrid::per_group({0.0, 1.0}, 16).size() == ArmGrid::most_arms);
  CHECK(make("{type: ucb1, grid: 256, scope: per_group}", two_groups(0))->arms().size() == 256);
  const std::string error = test::only_error("[{type: ofs, grid: 257, scope: per_group}]");
  CHECK(test::has(error, "scope = per_group"));
  CHECK(test::has(error, "257 thresholds for 2 groups"));
  CHECK(test::has(error, "257^2 = 66049"));
  CHECK(test::has(error, "at most 65536: a grid of at most 256 thresholds, or scope: common"));
  Problem many = two_groups(0);
  many.groups.assign(400, "g");
  CHECK_THROWS_WITH_AS(make("{type: random, grid: 1000, scope: per_group}", many),
                       doctest::Contains("1000^400 = more than 10^1200"), ScenarioError);
  CHECK_THROWS_WITH_AS(make("{type: random, grid: 2, scope: per_group}", many), doctest::Contains("fewer groups"),
                       ScenarioError);
}

TEST_CASE("what a threshold for each group does not go with is refused") {
  CHECK(test::has(test::only_error("[{type: active_accept, base: {type: ofs, grid: 5, scope: per_group}}]"),
                  "base.scope = per_group: gives each group a threshold of its own"));
  const std::string route = "route={stages: {one: {cost: 0.01}}}";
  const std::string drawn = "agents=[{type: random, grid: 5, scope: per_group}]";
  test::build_valid(test::ut_world("[]"), {route, drawn, "trace={level: applicants}"});
  test::build_valid(test::ut_world("[]"), {route, "agents=[{type: ofs, grid: 5, scope: per_group}]"});
}

TEST_CASE("arms that are combinations are not audited, and a scenario that asks for it is told so") {
  Diagnostics diagnostics;
  const Scenario scenario =
      test::build(test::ut_world("[{type: ofs, grid: 5, scope: per_group}, {type: ucb1, grid: [0.2, 0.6]}]"),
                  diagnostics, {"trace={arms: 10}"});
  REQUIRE(diagnostics.ok());
  REQUIRE(diagnostics.warnings().size() == 1);
  CHECK(test::has(diagnostics.warnings()[0], "keeps no audit of agent `ofs`"));
  const test::Scratch scratch;
  test::run_to(scratch.file("t.h5"), scenario, 1);
  const TraceReader trace(scratch.file("t.h5"));
  CHECK_FALSE(trace.has("ofs", "arms"));
  CHECK(trace.has("ucb1", "arms"));
  CHECK(learners_arms(scenario) == std::vector{0.0, 0.2, 0.25, 0.5, 0.6, 0.75, 1.0});
}

TEST_CASE("a horizon that ends before every combination was played once is pointed out") {
  const auto warnings = [](const std::string& agent) {
    Diagnostics diagnostics;
    test::build(test::ut_world("[" + agent + "]"), diagnostics);
    return diagnostics.warnings();
  };
  REQUIRE(warnings("{type: ofs, grid: 7, scope: per_group}").size() == 1);
  CHECK(test::has(warnings("{type: ofs, grid: 7, scope: per_group}")[0], "each of 49 combinations"));
  CHECK(warnings("{type: epsilon_greedy, grid: 7, scope: per_group}").size() == 1);
  CHECK(warnings("{type: ofs, grid: 6, scope: per_group}").empty());
  CHECK(warnings("{type: thompson, grid: 7, scope: per_group}").empty());
}

TEST_CASE("score models that weigh by propensities learn from thresholds drawn for each group") {
  const std::string table =
      "environment.population={type: tabular, file: applicants.csv, group: {column: region, in: {north: [north], "
      "south: [south]}}, label: {column: repaid, success: yes}}";
  const std::string model =
      "environment.score_model={type: retrained, base: {type: logistic_regression}, every: 4, loss: ipw}";
  for (const char* type : {"random", "epsilon_greedy", "thompson"})
    test::build_valid(
        test::ut_world("[]"),
        {table, model, std::string("agents=[{type: ") + type + ", grid: [0, 0.4, 0.6], scope: per_group}]"});
  CHECK(test::has(test::only_error("[{type: ofs, grid: [0, 0.4], scope: per_group}]", {table, model}),
                  "with probability 0"));
  CHECK(test::has(test::only_error("[{type: group_oracle, criterion: max_utility}]", {table, model, "feedback=full"}),
                  "with probability 0"));
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("with one group a threshold for each is one for all, to the bit") {
  Problem problem = two_groups(2);
  problem.groups = {"A"};
  for (const std::string& settings : grid_agents) {
    CAPTURE(settings);
    const auto one = make(settings + "}", problem), other = make(settings + ", scope: per_group}", problem);
    CHECK(other->decides_by_group());
    Rng rng(Seed{1}, Replication{0}, Stream::agent("a")), world(Seed{1}, Replication{0}, Stream{9});
    std::vector<double> played(1), same(1), at, law, other_at, other_law;
    ArmBeliefs beliefs, other_beliefs;
    for (std::uint32_t t = 0; t < 300; ++t) {
      for (auto& [agent, threshold] : {std::pair(one.get(), &played), std::pair(other.get(), &same)}) {
        rng.begin_epoch(t);
        agent->choose({t, 0.0}, rng, *threshold);
      }
      REQUIRE(played == same);
      REQUIRE(one->arm_probability() == other->arm_probability());
      one->group_law(GroupId{0}, at, law);
      other->group_law(GroupId{0}, other_at, other_law);
      REQUIRE(at == other_at);
      REQUIRE(law == other_law);
      const double reward = played[0] * (1.0 - played[0]) + 0.5 * world.uniform();
      const std::vector<double> residual{world.uniform() - played[0], t % 5 == 2 ? undefined : world.uniform() - 0.4};
      one->learn({t, 0.0, 0.0, played, reward, residual, {}, {}, {}, {}});
      other->learn({t, 0.0, 0.0, same, reward, residual, {}, {}, {}, {}});
    }
    one->beliefs(beliefs);
    other->beliefs(other_beliefs);
    CHECK(beliefs.count == other_beliefs.count);
    CHECK(beliefs.count.size() == other_beliefs.count.size());
  }
}

TEST_CASE("OFS with a threshold for each group settles on the best feasible pair of world UT") {
  const auto gap = [](double a, double b) { return accepted(0, a) - accepted(1, b); };
  const auto reward = [](double a, double b) { return (worth(0, a) + worth(1, b)) / 2; };
  const double tolerance = 0.1;
  double best = -1.0, best_a = 0.0, best_b = 0.0;
  for (int i = 0; i <= 10; ++i)
    for (int j = 0; j <= 10; ++j)
      if (std::abs(gap(i / 10.0, j / 10.0)) <= tolerance && reward(i / 10.0, j / 10.0) > best) {
        best_a = i / 10.0;
        best_b = j / 10.0;
        best = reward(best_a, best_b);
      }
  CHECK(best > 0.0675 + 0.03);  // the best feasible common threshold: KA-UT1
  const auto agent = make("{type: ofs, grid: 11, scope: per_group, radius: {type: ucb1, scale: 0.02}}", two_groups(2));
  Rng rng(Seed{1}, Replication{0}, Stream::agent("a"));
  std::vector<double> t(2);
  int on_best = 0;
  constexpr std::uint32_t n_epochs = 40000;
  for (std::uint32_t epoch = 0; epoch < n_epochs; ++epoch) {
    rng.begin_epoch(epoch);
    agent->choose({epoch, 0.0}, rng, t);
    const std::vector<double> residual{gap(t[0], t[1]) - tolerance, -gap(t[0], t[1]) - tolerance};
    agent->learn({epoch, 0.0, 0.0, t, reward(t[0], t[1]), residual, {}, {}, {}, {}});
    on_best += std::abs(t[0] - best_a) < 1e-9 && std::abs(t[1] - best_b) < 1e-9 ? 1 : 0;
  }
  CHECK(on_best > 0.95 * n_epochs);
}

TEST_CASE("without constraints UCB1 finds each group's own best threshold") {
  // Group A's scores are 0.1 above what they stand for: accepting is worth it from 0.5 on, in B from 0.4 on.
  const Scenario scenario =
      test::build_valid(test::ut_world("[{type: ucb1, grid: 11, scope: per_group}]"),
                        {"fidelity=mean_field", "horizon=20000",
                         "interventions=[{at: 0, set: environment.population.score_shift, to: {A: 0.1}}]"});
  const test::Recorder run = test::simulate(scenario);
  std::map<std::vector<double>, int> played;
  for (std::size_t t = 10000; t < 20000; ++t) ++played[run.threshold[t]];
  const auto most = std::ranges::max_element(played, {}, [](const auto& one) { return one.second; });
  CHECK(most->first == std::vector{0.5, 0.4});
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("thresholds drawn for each group accept scores as often as their laws say") {
  // The acceptance of a score less its propensity is a martingale difference; null: its sum over its standard deviation
  // is standard normal. 3 agents, 2 groups, 4 scores: 24 z tests at 1e-6 each.
  for (const std::string& settings : {std::string("{type: random, grid: 5"), std::string("{type: thompson, grid: 5"),
                                      std::string("{type: epsilon_greedy, grid: 5, epsilon: 0.4")}) {
    CAPTURE(settings);
    const auto agent = make(settings + ", scope: per_group}", two_groups(0));
    Rng rng(Seed{3}, Replication{0}, Stream::agent("a")), world(Seed{4}, Replication{0}, Stream{9});
    std::vector<double> threshold(2), at, probability;
    double surplus[2][4] = {}, variance[2][4] = {};
    for (std::uint32_t t = 0; t < 2000; ++t) {
      rng.begin_epoch(t);
      agent->choose({t, 0.0}, rng, threshold);
      double together = 1.0;
      for (std::size_t g = 0; g < 2; ++g) {
        agent->group_law(static_cast<GroupId>(g), at, probability);
        REQUIRE(at.size() == 5);
        CHECK(std::accumulate(probability.begin(), probability.end(), 0.0) == doctest::Approx(1.0).epsilon(1e-12));
        double below = 0.0;
        for (std::size_t k = 0; k < 4; ++k) {
          below += probability[k];
          surplus[g][k] += (threshold[g] <= at[k] ? 1.0 : 0.0) - below;
          variance[g][k] += below * (1.0 - below);
          if (threshold[g] == at[k]) together = std::min(together, probability[k]);
        }
      }
      CHECK(agent->arm_probability() <= together + 1e-5);  // of the pair: not above that of either alone
      const double reward = 0.3 * threshold[0] - 0.4 * threshold[1] + 0.4 + 0.2 * world.uniform();
      agent->learn({t, 0.0, 0.0, threshold, reward, {}, {}, {}, {}, {}});
    }
    for (std::size_t g = 0; g < 2; ++g)
      for (std::size_t k = 0; k < 4; ++k) {
        CHECK(variance[g][k] > 10.0);
        CHECK(std::abs(surplus[g][k]) < 4.9 * std::sqrt(variance[g][k]));
      }
  }
}

TEST_SUITE_END();
