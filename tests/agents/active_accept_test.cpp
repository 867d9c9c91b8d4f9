#include "agents/active_accept.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/trace/applicant_rows.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

using Kind = ExplorationRule::Kind;

std::unique_ptr<Agent> make(const Scenario& scenario) { return scenario.agents[0].factory->make(scenario.problem); }

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("chances below the threshold follow their formulas") {
  CHECK(ExplorationRule{Kind::logistic, 0.1, 10.0}.chance(0.3, 0.5, 1.0) == doctest::Approx(0.119203).epsilon(1e-5));
  CHECK(ExplorationRule{Kind::selective, 0.1, 10.0}.chance(0.3, 0.5, 1.0) == doctest::Approx(1.0 / 3.0));
  CHECK(ExplorationRule{Kind::selective, 0.1, 10.0}.chance(0.5, 0.5, 1.0) == doctest::Approx(1.0));
  const ExplorationRule uncertain{Kind::uncertainty, 0.1, 10.0};
  CHECK(uncertain.chance(0.2, 0.9, 0.8) == doctest::Approx(0.5));  // 0.8 < 0.8 N(1, 1)
  CHECK(uncertain.chance(0.6, 0.9, 0.3) == doctest::Approx(0.158655).epsilon(1e-5));
}

TEST_CASE("the limit of uncertainty falls by a question and rises without") {
  VariableUncertainty limit(0.01);
  CHECK(limit.theta() == 1.0);
  limit.learn(0.0, std::log(0.6) / std::log(1.01));  // to 0.6
  VariableUncertainty asked = limit, silent = limit;
  asked.learn(1.0, 0.0);
  silent.learn(0.0, 1.0);
  CHECK(asked.theta() == doctest::Approx(0.594).epsilon(1e-12));
  CHECK(silent.theta() == doctest::Approx(0.606).epsilon(1e-12));
}

TEST_CASE("a budget scales chances to what may be spent and forgets by applicants") {
  ExplorationBudget budget(0.1, 1.0);  // remembers the last batch alone
  CHECK(budget.scale() == doctest::Approx(0.1));
  budget.spend(100.0, 4.0);  // 0.04 at scale 0.1: full chances would spend 0.4
  CHECK(budget.scale() == doctest::Approx(0.25));
  budget.spend(100.0, 1.0);  // 0.04 at full chances is within the budget
  CHECK(budget.scale() == 1.0);
  ExplorationBudget slow(0.1, 4.0), twice(0.1, 4.0);
  slow.spend(2.0, 0.0);
  twice.spend(1.0, 0.0);
  twice.spend(1.0, 0.0);
  CHECK(slow.scale() == doctest::Approx(twice.scale()).epsilon(1e-12));
  CHECK(slow.scale() == doctest::Approx(0.1 / (0.75 * 0.75)));
}

TEST_CASE("the law of an exploring agent is the chance that a score is accepted with") {
  const Scenario scenario = test::build_valid(test::ut_world(
      "[{type: active_accept, base: {type: random, grid: [0.4, 0.8]}, rule: {type: logistic}, budget: 1, grid: 11}]"));
  const auto agent = make(scenario);
  Rng rng(Seed{1}, Replication{0}, Stream::agent("a"));
  rng.begin_epoch(0);
  std::vector<double> threshold(2), at, probability;
  agent->choose({0, 0.0}, rng, threshold);
  agent->choice_law(at, probability);
  AcceptPropensity propensity;
  propensity.set(at, probability, 0.0);
  const auto chance = [](double score, double limit) {
    return score >= limit ? 1.0 : 1.0 / (1.0 + std::exp(10.0 * (limit - std::floor(10.0 * score + 1e-9) / 10.0)));
  };
  for (const double score : {0.0, 0.05, 0.39, 0.4, 0.65, 0.8, 1.0}) {
    CAPTURE(score);
    CHECK(propensity(0, score) == doctest::Approx(0.5 * chance(score, 0.4) + 0.5 * chance(score, 0.8)).epsilon(1e-12));
    if (score < threshold[0])
      CHECK(agent->exploration()[0](score, 0.0) == doctest::Approx(chance(score, threshold[0])));
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("expected outcomes of exploring are those of the mean field and both keep to the budget") {
  const Scenario scenario = test::build_valid(
      test::ut_world("[{type: active_accept, base: {type: fixed, threshold: 0.4}, budget: 0.05, window: 2000}]"),
      {"fidelity=mean_field", "horizon=60"});
  const test::Recorder run = test::simulate(scenario);
  for (std::size_t t = 0; t < run.reward.size(); ++t) {
    CHECK(run.reward[t] == doctest::Approx(run.expected_reward[t]).epsilon(1e-12));
    CHECK(run.residual[t][0] == doctest::Approx(run.expected_residual[t][0]).epsilon(1e-12));
  }
  // World UT at threshold 0.4 accepts 0.6 and 0.36 of the groups, and the budget more.
  const double share = (run.accepted.back()[0] + run.accepted.back()[1]) / 500.0;
  CHECK(share == doctest::Approx(0.48 + 0.05).epsilon(1e-3));
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("exploring accepts alike in every fidelity") {
  // Null: over r = 200 replications of one epoch with 500 applicants each, accepted and succeeded of each group have
  // the means that mean_field gives. 8 z tests (2 fidelities x 2 groups x 2 counts), variance at most n p (1 - p) of
  // each group; alpha = 1e-5 in all: |z| < 4.9. The wrong law explores a tenth more.
  const std::string agent =
      "[{type: active_accept, base: {type: fixed, threshold: 0.5}, budget: 1, rule: {type: logistic, slope: 5}}]";
  const auto scenario = [&](const std::string& fidelity, const std::string& slope) {
    return test::build_valid(test::ut_world(agent), {"fidelity=" + fidelity, "horizon=1", "replications=200",
                                                     "environment.arrivals={type: batch, size: 500}",
                                                     "agents.active_accept.rule.slope=" + slope});
  };
  const test::Recorder mean = test::simulate(scenario("mean_field", "5"));
  const auto largest = [&](const std::string& fidelity, const std::string& slope) {
    const Scenario drawn = scenario(fidelity, slope);
    std::vector<double> sum(4, 0.0);
    for (std::uint32_t r = 0; r < 200; ++r) {
      const test::Recorder run = test::simulate(drawn, r);
      for (std::size_t g = 0; g < 2; ++g) {
        sum[g] += run.accepted[0][g];
        sum[2 + g] += run.succeeded[0][g];
      }
    }
    double z = 0.0;
    for (std::size_t i = 0; i < 4; ++i) {
      const double expected = i < 2 ? mean.accepted[0][i] : mean.succeeded[0][i - 2];
      const double sd = std::sqrt(200.0 * expected * (1.0 - expected / 500.0));  // binomial of all 500 applicants
      z = std::max(z, std::abs(sum[i] - 200.0 * expected) / sd);
    }
    return z;
  };
  for (const char* fidelity : {"individuals", "counts"}) {
    CAPTURE(fidelity);
    CHECK(largest(fidelity, "5") < 4.9);
    CHECK(largest(fidelity, "4") > 4.9);
  }
}

TEST_SUITE_END();
