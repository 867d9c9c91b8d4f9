#include "analysis/oracle.hpp"

#include <doctest/doctest.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "tests/support/runs.hpp"
#include "tests/support/source_dir.hpp"

using namespace loopgate;

namespace {

const OracleSettings at_rest{}, over_horizon{Objective::horizon, Fidelity::mean_field, 1, {}};
const std::string learner = "[{type: ofs, grid: 11}]";

Scenario ut(const std::string& constraints, const std::string& more = "", const std::string& agents = learner) {
  std::string yaml = test::ut_world(agents, more);
  const std::string parity = "{demographic_parity: {tolerance: 0.1}}";
  yaml.replace(yaml.find(parity), parity.size(), constraints);
  return test::build_valid(yaml);
}

OracleResult oracle(const Scenario& scenario, const OracleSettings& settings = at_rest) {
  return sweep_thresholds(scenario, learners_arms(scenario), settings);
}

/// A world in which one group's mean pulls itself: score ~ N(mean, 1), mean' = (1 - rate) mean + rate (base + gain a).
Scenario pulled(const std::string& base, const std::string& rate, const std::string& gain) {
  return test::build_valid(
      "scenario: pulled\nseed: 1\nhorizon: 100\nenvironment:\n  population:\n    type: parametric\n    groups:\n"
      "      - {name: A, share: 0.5, score: {law: normal, mean: " +
      base + ", sd: 1}}\n      - {name: B, share: 0.5, score: {law: normal, mean: " + base +
      ", sd: 1}}\n    success: {law: logistic, slope: 1, midpoint: 0}\n  arrivals: {type: batch, size: 10}\n"
      "  dynamics: [{type: score_mean, rate: " +
      rate + ", gain: " + gain + "}]\nagents: [{type: ofs, grid: [-8, 0, 8]}]\n");
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the best feasible thresholds of world UT are the known ones") {
  const Scenario parity = ut("{demographic_parity: {tolerance: 0.1}}");  // KA-UT1
  for (const OracleSettings& settings : {at_rest, over_horizon}) {
    const OracleResult found = oracle(parity, settings);
    REQUIRE(found.sweep.size() == 11);
    REQUIRE(found.best == 1);
    CHECK(found.sweep[1].threshold == doctest::Approx(0.1));
    CHECK(found.sweep[1].reward == doctest::Approx(0.0675));
    CHECK(found.unconstrained == 4);
    CHECK(found.sweep[4].reward == doctest::Approx(0.126));
    CHECK(found.sweep[4].worst_residual() == doctest::Approx(0.14));
    CHECK_FALSE(found.least_violating);
    // The feasible arms are two runs, not an interval.
    REQUIRE(found.feasible.size() == 2);
    CHECK(found.feasible[0].first == 0);
    CHECK(found.feasible[0].last == 1);
    CHECK(found.feasible[1].first == 9);
    CHECK(found.feasible[1].last == 10);
    CHECK(std::isnan(found.sweep[4].spectral_radius));  // nothing moves
    // KA-UT5
    REQUIRE(found.mixture.exists());
    CHECK(found.mixture.value == doctest::Approx(0.072333).epsilon(1e-5));
    CHECK(found.mixture.weight[1] == doctest::Approx(6.0 / 7));
    CHECK(found.mixture.weight[2] == doctest::Approx(1.0 / 7));
    CHECK(found.mixture.price[0] + found.mixture.price[1] == doctest::Approx(0.483333).epsilon(1e-5));
  }
  const OracleResult ceiling = oracle(ut("{demographic_parity: {tolerance: 0.1}, service_rate: {ceiling: 0.7}}"));
  REQUIRE(ceiling.best == 9);  // KA-UT2
  CHECK(ceiling.sweep[9].reward == doctest::Approx(0.030167).epsilon(1e-5));
  const OracleResult nothing =
      oracle(ut("{demographic_parity: {tolerance: 0.1}, service_rate: {floor: 0.3, ceiling: 0.7}}"));
  CHECK(nothing.feasible.empty());
  CHECK_FALSE(nothing.best);
  REQUIRE(nothing.least_violating == 2);
  CHECK(nothing.sweep[2].worst_residual() == doctest::Approx(0.06));
  CHECK(nothing.sweep[2].summed_violation() == doctest::Approx(0.08));
}

TEST_CASE("a fine grid comes near the continuous optimum of world UT") {
  std::vector<double> grid;
  for (int k = 0; k <= 20000; ++k) grid.push_back(k / 20000.0);
  const OracleResult found = sweep_thresholds(ut("{demographic_parity: {tolerance: 0.1}}"), grid, at_rest);  // KA-UT1
  REQUIRE(found.best);
  CHECK(std::abs(found.sweep[*found.best].threshold - 0.112702) < 6e-5);
  CHECK(found.sweep[*found.best].reward == doctest::Approx(0.072698).epsilon(3e-4));
  REQUIRE(found.feasible.size() == 2);
  CHECK(std::abs(found.sweep[found.feasible[1].first].threshold - 0.887298) < 6e-5);
}

TEST_CASE("world UT has its known error rates at threshold 0.4") {  // KA-UT3, gap and reward as the oracle has them
  const OracleResult found = oracle(ut("{demographic_parity: {tolerance: 0}}"));
  CHECK(found.sweep[4].worst_residual() == doctest::Approx(0.24));
  CHECK(found.sweep[4].reward == doctest::Approx(0.126));
}

TEST_CASE("shares come to rest where acceptance ratios put them") {  // KA-UT4
  const Scenario scenario = ut("{demographic_parity: {tolerance: 0.1}}",
                               "  dynamics: [{type: acceptance_ratio, rate: 0.2}]\n", "[{type: ofs, grid: [0.4, 2]}]");
  const OracleResult found = oracle(scenario);
  REQUIRE(found.sweep[0].state.size() == 2);
  CHECK(found.sweep[0].state[0] == doctest::Approx(0.625));
  CHECK(found.sweep[0].spectral_radius == doctest::Approx(0.8));
  CHECK(found.sweep[0].others.empty());
  CHECK(found.n_starts == 5);
  // Where nobody is accepted nothing moves: every share is a state of rest.
  CHECK(found.sweep[1].state[0] == doctest::Approx(0.5));
  CHECK(found.sweep[1].spectral_radius == doctest::Approx(1.0));
  CHECK_FALSE(found.sweep[1].others.empty());

  // The horizon's mean over p = .5, .525, .545, ...: the reward is linear in the share.
  const OracleResult run = oracle(scenario, over_horizon);
  double p = 0.5, reward = 0.0;
  for (int t = 0; t < 40; ++t) {
    reward += (p * 0.18 + (1 - p) * 0.072) / 40;  // U_A and U_B at t = .4
    p = 0.8 * p + 0.2 * 0.625;
  }
  CHECK(run.sweep[0].reward == doctest::Approx(reward));
  CHECK(run.tail_end == 40);
  CHECK(run.sweep[0].reward_now == doctest::Approx(0.126));
}

TEST_CASE("several states of rest are found and told apart") {
  // mean' = (1 - rate) mean + rate (-4 + 8 Phi(mean)): rests at 0 (slope 8 phi(0) = 3.19 > 1: repels) and near +-4.
  const OracleResult found = oracle(pulled("-4", "0.5", "8"));
  const ArmOutcome& middle = found.sweep[1];
  REQUIRE(middle.state.size() == 2);
  CHECK(middle.state[0] == doctest::Approx(-4).epsilon(1e-3));
  CHECK(middle.state[0] == doctest::Approx(-4 + 8 * 0.5 * std::erfc(-middle.state[0] / std::sqrt(2))).epsilon(1e-11));
  CHECK(middle.spectral_radius < 1.0);
  REQUIRE(middle.others.size() == 3);  // each group low or high
  bool both_high = false;
  for (const Equilibrium& other : middle.others) {
    CHECK(other.spectral_radius < 1.0);
    both_high = both_high || (other.state[0] > 3.9 && other.state[1] > 3.9);
  }
  CHECK(both_high);
}

TEST_CASE("a loop that does not come to rest has no number") {
  // mean' = 3 - 6 Phi(mean): slope -6 phi(0) = -2.39 at the fixed point 0, so it swings between two means.
  const OracleResult found = oracle(pulled("3", "1", "-6"));
  CHECK(found.sweep[1].verdict == Feasibility::undecided);
  CHECK(std::isnan(found.sweep[1].reward));
  CHECK(found.sweep[1].period == 2);
  CHECK(found.sweep[0].verdict == Feasibility::feasible);
  CHECK(found.best != 1);
  CHECK(found.mixture.weight[1] == 0.0);
  const OracleResult run = oracle(pulled("3", "1", "-6"), over_horizon);  // over a horizon there is one
  CHECK(run.sweep[1].verdict == Feasibility::feasible);
}

TEST_CASE("groups may die out") {
  // A score table so coarse that the upper arms reject two of three groups: their shares fall by 0.8 an epoch to 0.
  const Scenario scenario = test::build_valid(
      "scenario: three\nseed: 1\nhorizon: 10\nenvironment:\n  population:\n    type: score_table\n    groups:\n"
      "      - {name: a, share: 0.2, scores: [1], mass: [1], success: [0.9]}\n"
      "      - {name: b, share: 0.5, scores: [2], mass: [1], success: [0.8]}\n"
      "      - {name: c, share: 0.3, scores: [3], mass: [1], success: [0.7]}\n"
      "  arrivals: {type: batch, size: 10}\n  dynamics: [{type: acceptance_ratio, rate: 0.2}]\n"
      "agents: [{type: ofs, grid: [1, 2, 3, 4]}]\n");
  const OracleResult found = oracle(scenario);
  const double state[][3] = {{1 / 3.0, 1 / 3.0, 1 / 3.0}, {0, 0.5, 0.5}, {0, 0, 1}, {0.2, 0.5, 0.3}};
  const double reward[] = {0.6, 0.5, 0.4, 0.0};
  for (std::size_t k = 0; k < 4; ++k) {
    CAPTURE(k);
    REQUIRE(found.sweep[k].state.size() == 3);
    for (std::size_t g = 0; g < 3; ++g) CHECK(std::abs(found.sweep[k].state[g] - state[k][g]) < 1e-9);
    CHECK(found.sweep[k].reward == doctest::Approx(reward[k]));
    CHECK(found.sweep[k].spectral_radius == doctest::Approx(k < 3 ? 0.8 : 1.0).epsilon(1e-6));
  }
}

TEST_CASE("the arms are those of all learners once") {
  const Scenario scenario =
      ut("{demographic_parity: {tolerance: 0.1}}", "",
         "[{type: ofs, grid: [0.2, 0.4]}, {type: ucb1, grid: [0.1, 0.4]}, {type: fixed, threshold: 0.9}]");
  CHECK(learners_arms(scenario) == std::vector<double>{0.1, 0.2, 0.4});
}

TEST_CASE("the rule that looks best today may not be best in the long run") {
  // Who is rejected comes again: group B grows, and the rate of 0.48 at today's best threshold falls below the floor.
  const Scenario scenario =
      ut("{service_rate: {floor: 0.45}}", "  dynamics: [{type: acceptance_share, rate: 0.1, gain: -3}]\n");
  const OracleResult found = oracle(scenario);
  REQUIRE(found.myopic == 4);
  REQUIRE(found.best == 3);
  CHECK(found.sweep[4].verdict == Feasibility::infeasible);
  CHECK(found.sweep[4].residual_now[0] == doctest::Approx(0.45 - 0.48));
  for (const ArmOutcome& arm : found.sweep) {
    const double t = arm.threshold, a = 1 - t, b = (1 - t) * (1 - t);
    const double p = std::exp(-3 * a) / (std::exp(-3 * a) + std::exp(-3 * b));  // where shares rest, from equal ones
    CHECK(arm.state[0] == doctest::Approx(p));
    CHECK(arm.spectral_radius == doctest::Approx(0.9).epsilon(1e-6));
    CHECK(arm.residual[0] == doctest::Approx(0.45 - p * a - (1 - p) * b));
  }
}

TEST_CASE("COMPAS deciles have the known table and best thresholds") {
  const Scenario scenario =
      load_scenario(test::source_dir() + "/scenarios/compas_deciles.yaml",
                    {"environment.dynamics=[]", "constraints.service_rate={floor: 0}"}, test::catalog());
  const OracleResult found = oracle(scenario);
  REQUIRE(found.sweep.size() == 11);
  const double table[][4] = {{4, -0.2451, 0.5216, 0.1878}, {5, -0.2385, 0.6207, 0.1925}, {9, -0.0477, 0.9475, 0.0919}};
  for (const auto& [decile, gap, rate, reward] : table) {
    const ArmOutcome& arm = found.sweep[static_cast<std::size_t>(10 - decile)];
    CHECK(arm.threshold == 11 - decile);
    CHECK(std::abs(arm.residual[0] + 0.05 - gap) < 6e-5);
    CHECK(std::abs(arm.residual[2] + rate) < 6e-5);
    CHECK(std::abs(arm.reward - reward) < 6e-5);
    CHECK(arm.reward_now == doctest::Approx(arm.reward));
  }
  CHECK(found.sweep[*found.unconstrained].threshold == 6);  // decile 5
  CHECK(found.sweep[*found.best].threshold == 2);           // decile 9
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("replications by counts agree with the expected counts") {
  // Without dynamics every epoch's expected outcome is the same, so intervals are of width 0 and the seed is fresh.
  const Scenario still = ut("{demographic_parity: {tolerance: 0.1}}");
  const OracleSettings by_counts{Objective::horizon, Fidelity::counts, 2, {}};
  const OracleResult same = oracle(still, by_counts);
  CHECK(same.seed == oracle_seed(still.seed));
  CHECK(same.seed != still.seed);
  CHECK(same.n_replications == 2);
  CHECK(same.best == 1);
  CHECK(same.sweep[1].reward_half_width < 1e-12);

  // Null: the mean-field value is the replications' mean, up to a bias of order 1 / batch. Shares move; batch 10^6, 40
  // replications of 200 epochs; 18 two-sided t tests, alpha 1e-5 in all. A value off by 0.0001 is
  // rejected for the arms whose groups differ in worth.
  Scenario moving =
      ut("{demographic_parity: {tolerance: 0.1}}", "  dynamics: [{type: acceptance_share, rate: 0.2, gain: 2}]\n");
  moving = test::build_valid(moving.text, {"environment.arrivals.size=1000000", "replications=40", "horizon=200"});
  const boost::math::students_t law(39);
  const double half = boost::math::quantile(law, 0.975), limit = boost::math::quantile(complement(law, 1e-5 / 36));
  for (const Objective objective : {Objective::horizon, Objective::stationary}) {
    const OracleResult drawn = oracle(moving, {objective, Fidelity::counts, 2, {}});
    const OracleResult expected = oracle(moving, {objective, Fidelity::mean_field, 1, {}});
    if (objective == Objective::stationary) {
      CHECK(drawn.tail_begin == 100);  // 0.8^100 of the way is left
      CHECK(drawn.tail_end == 200);
    }
    for (std::size_t k = 1; k < 10; ++k) {
      CAPTURE(k);
      const double sd = drawn.sweep[k].reward_half_width / half;  // of the mean
      const double off = drawn.sweep[k].reward - expected.sweep[k].reward;
      CHECK(std::abs(off) < limit * sd);
      if (k < 8) CHECK(std::abs(off + 1e-4) > limit * sd);
    }
  }
}

TEST_CASE("an arm whose residual is too near to 0 for its interval is called unsure") {
  // The tolerance is the mean-field residual of the middle arm, so its interval must hold 0 in most runs: not a test of
  // a law, but of the flag's meaning, arm by arm.
  const std::string dynamics = "  dynamics: [{type: acceptance_share, rate: 0.2, gain: 2}]\n";
  const Scenario scenario = ut("{service_rate: {floor: 0.5}}", dynamics, "[{type: ofs, grid: [0.2, 0.407, 0.8]}]");
  const OracleResult drawn = oracle(scenario, {Objective::stationary, Fidelity::counts, 1, {}});
  for (const ArmOutcome& arm : drawn.sweep) {
    const double low = arm.residual[0] - arm.residual_half_width[0],
                 high = arm.residual[0] + arm.residual_half_width[0];
    CHECK(arm.unsure == (low <= drawn.tolerance && high > drawn.tolerance));
  }
  CHECK_FALSE(drawn.sweep[0].unsure);
  CHECK_FALSE(drawn.sweep[2].unsure);
}

TEST_SUITE_END();
