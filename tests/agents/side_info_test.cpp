#include "agents/side_info.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/run/evaluate.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

constexpr std::uint32_t n_epochs = 60;
const std::vector<double> grid{0.1, 0.3, 0.6, 0.8};
const std::string grid_text = "[0.1, 0.3, 0.6, 0.8]";

/// World UT in small batches, where utility and tolerance change and groups may be absent.
Scenario world(const std::string& agent, const std::vector<std::string>& more = {}) {
  std::vector<std::string> overrides{
      "feedback=semi",
      "horizon=" + std::to_string(n_epochs),
      "environment.arrivals={type: poisson, mean: 12}",
      "agents=[" + agent + "]",
      "constraints={demographic_parity: {tolerance: 0.1}, service_rate: {floor: 0.3}, equal_opportunity: {tolerance: "
      "0.1, told: false}}",
      "interventions=[{at: 20, set: environment.utility.failure, to: -0.7}, {at: 25, set: "
      "constraints.demographic_parity.tolerance, to: 0.3}]"};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return test::build_valid(test::ut_world("[]"), overrides);
}

struct Learnt {
  test::Recorder run;
  ArmBeliefs beliefs;
};

Learnt learn(const Scenario& scenario) {
  Learnt out;
  auto agent = scenario.agents[0].factory->make(scenario.problem);
  const Agent& learner = *agent;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation simulation(scenario, std::move(agent), scenario.fidelity, scenario.seed, Replication{0}, out.run);
  simulation.run(stop, progress);
  learner.beliefs(out.beliefs);
  return out;
}

/// What is known of a stream of an arm from playing it.
struct Sums {
  double count = 0.0, sum = 0.0;
  void add(double x) {
    if (std::isnan(x)) return;
    count += 1.0;
    sum += x;
  }
};

struct Setting {
  std::string agent;                ///< without the closing brace
  std::uint32_t delay = 0;          ///< of outcomes
  std::uint32_t window = n_epochs;  ///< the last epochs that count
  bool per_group = false;
  double penalty = 0.0;  ///< taken off rewards; then there are no other streams
};

/// Holds what a learner knows of each arm against a run of its own in which the arm is always played: no decision moves
/// this world, so the applicants are the same.
void check_arms(const Setting& setting) {
  CAPTURE(setting.agent);
  CAPTURE(setting.delay);
  const std::size_t n_arms = setting.per_group ? grid.size() * grid.size() : grid.size();
  const std::size_t n_residuals = 3;  // parity both ways, service
  const std::vector<std::string> late{
      "environment.outcomes={delay: {law: fixed, time: " + std::to_string(setting.delay) + "}}"};
  const Learnt learner = learn(world(
      setting.agent + ", grid: " + grid_text + ", side_info: true" + (setting.per_group ? ", scope: per_group}" : "}"),
      setting.delay > 0 ? late : std::vector<std::string>{}));
  REQUIRE(learner.beliefs.count.size() == n_arms * (setting.penalty > 0.0 ? 1 : 1 + n_residuals));
  bool more_than_played = false;
  for (std::size_t k = 0; k < n_arms; ++k) {
    CAPTURE(k);
    const std::vector<double> arm{grid[setting.per_group ? k / grid.size() : k],
                                  grid[setting.per_group ? k % grid.size() : k]};
    const test::Recorder played = test::simulate(
        world("{type: fixed, threshold: {A: " + std::to_string(arm[0]) + ", B: " + std::to_string(arm[1]) + "}}"));
    REQUIRE(played.arrived == learner.run.arrived);
    std::vector<Sums> known(1 + n_residuals);
    double n_played = 0.0;
    for (std::uint32_t t = n_epochs - setting.window; t < n_epochs; ++t) {
      const std::vector<double>& threshold = learner.run.threshold[t];
      const bool waits = learner.run.accepted[t][0] + learner.run.accepted[t][1] > 0.0;
      double worst = 0.0;
      for (std::size_t m = 0; m < n_residuals; ++m) {
        known[1 + m].add(played.residual[t][m]);
        worst = std::fmax(worst, played.residual[t][m]);
      }
      if (waits && t + setting.delay >= n_epochs) continue;
      if (threshold == arm) n_played += 1.0;
      if (threshold[0] <= arm[0] && threshold[1] <= arm[1]) known[0].add(played.reward[t] - setting.penalty * worst);
    }
    for (std::size_t s = 0; s < learner.beliefs.count.size() / n_arms; ++s) {
      CAPTURE(s);
      const double count = learner.beliefs.count[s * n_arms + k], mean = learner.beliefs.mean[s * n_arms + k];
      REQUIRE(known[s].count > 0.0);
      CHECK(count == known[s].count);
      // Sums in the order of the epochs are the same to the bit.
      if (setting.delay == 0 && setting.window == n_epochs) CHECK(mean == known[s].sum / known[s].count);
      else CHECK(mean == doctest::Approx(known[s].sum / known[s].count).epsilon(1e-12));
    }
    more_than_played = more_than_played || known[0].count > n_played + 5.0;
  }
  CHECK(more_than_played);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the reward of a decision is told from the outcomes that are known") {
  const Scenario scenario = test::build_valid(test::ut_world("[]"), {"agents=[{type: fixed, threshold: 0}]"});
  const DecisionRules rules(scenario, scenario.start, {0.6, -0.4}, {});
  const std::vector<double> accepted{4, 2}, succeeded{3, 0}, failed{1, 2}, some{1, 0}, none{0, 0};
  CHECK(rules.reward(10, accepted, succeeded, failed) == doctest::Approx((3 * 0.6 - 3 * 0.4) / 10));
  CHECK(rules.reward(10, accepted, some, failed) == doctest::Approx(0.6 * (0.25 * 0.6 - 0.75 * 0.4)));
  CHECK(std::isnan(rules.reward(10, accepted, none, none)));
  CHECK(rules.reward(10, none, none, none) == 0.0);
  CHECK(std::isnan(rules.reward(0, none, none, none)));
}

TEST_CASE("side information is refused where nobody may see applicants or where it does not say enough") {
  const std::string agent = "[{type: ofs, grid: 5, side_info: true}]";
  CHECK(test::has(test::only_error(agent, {}),
                  "needs semi feedback (group, score and decision of every applicant, success of the "
                  "accepted), and the scenario grants bandit"));
  CHECK(
      test::has(test::only_error(agent, {"feedback=semi", "fidelity=counts"}), "fidelity counts draws no applicants"));
  CHECK(test::has(test::only_error(agent, {"feedback=full", "constraints={equal_opportunity: {tolerance: 0.1}}"}),
                  "side_info = true: works out what other thresholds would have been told"));
  CHECK(test::has(
      test::only_error("[{type: active_accept, base: {type: ucb1, grid: 5, side_info: true}}]", {"feedback=semi"}),
      "base.side_info = true: counts whom thresholds accept"));
  CHECK(test::has(test::only_error(agent, {"feedback=semi", "route={stages: {one: {cost: 0.01}}}"}),
                  "agents of a route are told"));
  test::build_valid(test::ut_world("[]"), {"feedback=full", "agents=" + agent});
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("side information gives every arm what playing it on the same applicants would have given") {
  for (const std::uint32_t delay : {0U, 2U}) {
    check_arms({"{type: ofs", delay});
    check_arms({"{type: primal_dual", delay});
    check_arms({"{type: ofs", delay, n_epochs, true});
    check_arms({"{type: penalty_ucb, penalty: 2", delay, n_epochs, false, 2.0});
  }
  check_arms({"{type: ofs, statistics: {type: window, length: 25}", 0, 25});
  check_arms({"{type: ofs, statistics: {type: window, length: 25}", 2, 25});
}

TEST_CASE("a discount fades what side information tells of all arms alike") {
  const Learnt plain = learn(world("{type: ofs, grid: " + grid_text + ", side_info: true}"));
  const Learnt all =
      learn(world("{type: ofs, grid: " + grid_text + ", side_info: true, statistics: {type: discount, factor: 1}}"));
  CHECK(plain.run.threshold == all.run.threshold);
  CHECK(plain.beliefs.mean == all.beliefs.mean);
  const Learnt faded =
      learn(world("{type: ofs, grid: " + grid_text + ", side_info: true, statistics: {type: discount, factor: 0.9}}"));
  const double whole = (1.0 - std::pow(0.9, n_epochs)) / 0.1;  // service rates are known of every epoch with arrivals
  for (std::size_t k = 0; k < grid.size(); ++k)
    CHECK(faded.beliefs.count[3 * grid.size() + k] == doctest::Approx(whole).epsilon(1e-9));
}

TEST_CASE("learners lose less on world UT where they learn of thresholds they did not play") {
  // Every replication has the same applicants with and without. The best threshold is worth 0.126. OFS can earn more
  // than its best feasible threshold by violating the constraint, so it is judged by its violations.
  constexpr std::uint32_t n_replications = 10;
  const auto lost = [](const std::string& agent, std::uint32_t r) {
    const test::Recorder run = test::simulate(
        test::build_valid(test::ut_world("[]"),
                          {"feedback=semi", "horizon=400", "environment.arrivals.size=100", "agents=[" + agent + "]"}),
        r);
    double regret = 0.0, violation = 0.0;
    for (std::size_t t = 0; t < run.reward.size(); ++t) {
      regret += 0.126 - run.expected_reward[t];
      violation += std::max({0.0, run.expected_residual[t][0], run.expected_residual[t][1]});
    }
    return std::pair(regret, violation);
  };
  const std::string radius = ", radius: {type: ucb1, scale: 0.2}";
  double regret = 0.0, with_side_info = 0.0, violation = 0.0, violation_with = 0.0;
  for (std::uint32_t r = 0; r < n_replications; ++r) {
    regret += lost("{type: ucb1, grid: 41" + radius + "}", r).first;
    with_side_info += lost("{type: ucb1, grid: 41, side_info: true" + radius + "}", r).first;
    violation += lost("{type: ofs, grid: 41" + radius + "}", r).second;
    violation_with += lost("{type: ofs, grid: 41, side_info: true" + radius + "}", r).second;
  }
  // With these seeds 123 and 83, and 375 and 154.
  CHECK(with_side_info < 0.8 * regret);
  CHECK(violation_with < 0.8 * violation);
}

TEST_SUITE_END();
