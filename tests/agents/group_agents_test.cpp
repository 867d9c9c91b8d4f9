#include "agents/group_agents.hpp"

#include <doctest/doctest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>

#include "tests/support/row_recorder.hpp"

using namespace loopgate;

namespace {

const std::string criteria[] = {"max_utility", "demographic_parity", "equal_opportunity", "equalised_odds"};

Scenario world(const std::string& agent, const std::vector<std::string>& more = {}) {
  std::vector<std::string> overrides{
      "feedback=full", "agents=[" + agent + "]",
      "constraints={demographic_parity: {tolerance: 0}, equalised_odds: {tolerance: 0}}"};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return test::build_valid(test::ut_world("[]"), overrides);
}

std::string oracle(const std::string& criterion) { return "{type: group_oracle, criterion: " + criterion + "}"; }

/// Scores that cannot meet a rate without chance.
const std::string few =
    "environment.population={type: score_table, groups: [{name: A, share: 0.6, scores: [0.1, 0.4, 0.8], mass: [1, 3, "
    "2], "
    "success: [0.2, 0.5, 0.9]}, {name: B, share: 0.4, scores: [0.2, 0.6], mass: [5, 3], success: [0.1, 0.7]}]}";

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("oracles meet their criterion in expectation in every fidelity and are worth what is known") {  // KA-G1
  const double known[] = {0.126, 0.119656, 0.121825};
  for (const char* fidelity : {"individuals", "counts", "mean_field"}) {
    for (std::size_t c = 0; c < 4; ++c) {
      CAPTURE(fidelity);
      CAPTURE(criteria[c]);
      const Scenario scenario = world(oracle(criteria[c]), {std::string("fidelity=") + fidelity, "horizon=3"});
      const test::Recorder run = test::simulate(scenario);
      // Residuals: the parity of selection rates both ways, then of true and of false positive rates.
      const std::vector<double>& residual = run.expected_residual[2];
      if (c == 1) CHECK(std::abs(residual[0]) < 1e-9);
      if (c >= 2) CHECK(std::abs(residual[2]) < 1e-9);
      if (c == 3) CHECK(std::abs(residual[4]) < 1e-9);
      CHECK(std::abs(residual[c == 1 ? 2 : 0]) > 0.01);  // and meets no other
      if (c < 3) CHECK(std::abs(run.expected_reward[2] - known[c]) < 2e-6);
      else CHECK(run.expected_reward[2] < known[2]);
    }
  }
}

TEST_CASE("an oracle follows the law as it moves and what the accepted are worth") {
  const Scenario scenario =
      world(oracle("max_utility"), {"horizon=10",
                                    "interventions=[{at: 3, set: environment.utility.failure, to: -0.6}, "
                                    "{at: 6, set: environment.population.score_shift, to: {A: 0.1}}]"});
  const test::Recorder run = test::simulate(scenario);
  // Worth it from P(success) = -failure / (success - failure) on; A's scores are 0.1 higher in the end.
  CHECK(std::abs(run.threshold[2][0] - 0.4) < 2e-3);
  CHECK(std::abs(run.threshold[5][0] - 0.5) < 2e-3);
  CHECK(std::abs(run.threshold[9][0] - 0.6) < 2e-3);
  CHECK(std::abs(run.threshold[9][1] - 0.5) < 2e-3);
}

TEST_CASE("a policy that weighs successes against failures is refused where there is nothing to weigh") {
  Diagnostics diagnostics;
  test::build(
      test::ut_world("[]"), diagnostics,
      {"feedback=full", "environment.utility={success: 1, failure: 0.5}", "agents=[" + oracle("max_utility") + "]"});
  REQUIRE(diagnostics.errors().size() == 1);
  CHECK(diagnostics.errors()[0].find("success > 0 > failure") != std::string::npos);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("chance at the cut accepts with the logged propensity") {
  // Null: each applicant of a level is accepted with its propensity. alpha = 1e-5 over at most 5 levels, twice.
  constexpr double alpha = 1e-5 / 10;
  for (const char* criterion : {"demographic_parity", "equalised_odds"}) {
    CAPTURE(criterion);
    const Scenario scenario = world(oracle(criterion), {few, "horizon=100"});
    const std::vector<ApplicantType> types = scenario.law->types();
    const test::RowRecorder run = test::run_rows(scenario, 0);
    std::vector<double> n(types.size()), accepted(types.size());
    for (const auto& row : run.kept) {
      n[row.type] += 1.0;
      accepted[row.type] += row.accepted ? 1.0 : 0.0;
    }
    const auto agent = scenario.agents[0].factory->make(scenario.problem);
    const Composition start = scenario.law->start();
    const KnownWorld all{*scenario.law, start, scenario.start.utility};
    Rng rng(Seed{1}, Replication{0}, Stream{9});
    std::vector<double> threshold(2);
    agent->choose({0, 0.0, &all}, rng, threshold);
    AcceptPropensity propensity;
    set_propensity(*agent, 2, scenario.problem.score_tolerance, propensity);
    bool between = false;
    for (std::size_t k = 0; k < types.size(); ++k) {
      CAPTURE(k);
      const double p = propensity(types[k].group, types[k].score);
      if (p == 0.0 || p == 1.0) {
        CHECK(accepted[k] == p * n[k]);
        continue;
      }
      between = true;
      const boost::math::binomial law(n[k], p);
      const double below = boost::math::cdf(law, accepted[k]);
      CHECK(std::min(below, 1.0 - below) > alpha / 2);
      const boost::math::binomial wrong(n[k], p > 0.5 ? p - 0.05 : p + 0.05);
      const double off = boost::math::cdf(wrong, accepted[k]);
      CHECK(std::min(off, 1.0 - off) < alpha / 2);  // a chance that is another by 0.05 is rejected
    }
    CHECK(between);
  }
}

TEST_CASE("learners come close to the oracle that knows the law") {
  for (const std::string& criterion : criteria) {
    CAPTURE(criterion);
    const auto late = [&](const std::string& agent) {
      const test::Recorder run = test::simulate(world(agent, {"horizon=400", "feedback=full"}));
      double mean = 0.0;
      for (std::size_t t = 300; t < 400; ++t) mean += run.expected_reward[t] / 100;
      return mean;
    };
    const double known = late(oracle(criterion));
    const double learnt = late("{type: group_learner, grid: 51, criterion: " + criterion + "}");
    CHECK(learnt > known - 0.004);
    const double blind = late("{type: group_learner, grid: 51, prior_weight: 1e9, criterion: " + criterion + "}");
    CHECK(blind < known - 0.05);  // one that believes everyone to succeed, whatever it sees, accepts all
  }
}

TEST_SUITE_END();
