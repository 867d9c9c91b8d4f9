#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/random/rng.hpp"
#include "tests/conformance/samples.hpp"

using namespace loopgate;
using test::guard_value;
using test::Guarded;
using test::Sample;

namespace {

/// What an agent played in made-up epochs, some without arrivals or with one group absent.
struct Played {
  std::vector<double> threshold, probability;
};

Played play(const Scenario& scenario, std::uint32_t n_epochs, double scale) {
  Problem problem = scenario.problem;
  problem.reward_range = {scale * problem.reward_range.low, scale * problem.reward_range.high};
  const auto agent = scenario.agents[0].factory->make(problem);
  REQUIRE(agent->needs() == FeedbackRegime::bandit);  // other regimes need rows here
  Rng own(Seed{1}, Replication{0}, Stream::agent("a")), world(Seed{1}, Replication{0}, Stream{9});
  Played played;
  for (std::uint32_t t = 0; t < n_epochs; ++t) {
    Guarded<double> threshold(problem.n_groups(), undefined, guard_value);
    own.begin_epoch(t);
    agent->choose({t, static_cast<double>(t)}, own, threshold.inside());
    CHECK(threshold.intact());
    for (const double x : threshold.inside()) CHECK(std::isfinite(x));
    played.threshold.insert(played.threshold.end(), threshold.inside().begin(), threshold.inside().end());
    played.probability.push_back(agent->arm_probability());
    const Interval range = scenario.problem.reward_range;
    Feedback feedback{};
    feedback.epoch = t;
    feedback.decided = feedback.now = t;
    feedback.threshold = threshold.inside();
    feedback.reward = t % 7 == 3 ? undefined : scale * (range.low + range.width() * world.uniform());
    std::vector<double> residual;
    for (const Interval& one : problem.residual_ranges)
      residual.push_back(t % 5 == 4 ? undefined : one.low + one.width() * world.uniform());
    feedback.residual = residual;
    agent->learn(feedback);
  }
  return played;
}

}  // namespace

TEST_SUITE_BEGIN("conformance");

TEST_CASE("every agent writes each threshold and nothing else and reproduces") {
  for (const Sample& sample : test::samples_of("agents")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    const Played first = play(scenario, 120, 1.0), second = play(scenario, 120, 1.0);
    CHECK(first.threshold == second.threshold);
    CHECK(first.probability == second.probability);
  }
}

TEST_CASE("the probability of what an agent played is above 0 and at most 1") {
  for (const Sample& sample : test::samples_of("agents")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    for (const double p : play(scenario, 120, 1.0).probability) {
      CHECK(p > 0.0);
      CHECK(p <= 1.0);
    }
  }
}

TEST_CASE("an agent that sees no constraint chooses alike when rewards and their range are scaled together") {
  // A power of two scales without rounding. Agents that weigh rewards against residuals do not have this property.
  for (const Sample& sample : test::samples_of("agents")) {
    if (sample.name == "primal_dual" || sample.name == "penalty_ucb") continue;
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    CHECK(play(scenario, 120, 4.0).threshold == play(scenario, 120, 1.0).threshold);
  }
}

TEST_SUITE_END();
