#include "analysis/held_reward.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/run/evaluate.hpp"
#include "core/run/recorded_run.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

Scenario moving(const std::string& law, const std::string& gain) {
  return test::build_valid(
      "scenario: moving\nseed: 1\nhorizon: 10\nenvironment:\n  population:\n    type: parametric\n    groups:\n"
      "      - {name: a, share: 0.3, score: " +
      law + "}\n      - {name: b, share: 0.7, score: {law: uniform, low: 0, high: 1}}\n" +
      "    success: {law: logistic, slope: 2, midpoint: 0.5}\n  arrivals: {type: batch, size: 10}\n"
      "  utility: {success: 2, failure: -3}\n  dynamics: [{type: acceptance_share, rate: 0.1, gain: " +
      gain + "}]\nagents: [{type: fixed, threshold: 0.4}]\n");
}

Scenario pulled(const std::string& law, const std::string& gain) {
  return test::build_valid(
      "scenario: pulled\nseed: 1\nhorizon: 10\nenvironment:\n  population:\n    type: parametric\n    groups:\n"
      "      - {name: a, share: 0.3, score: {law: " +
      law + "}}\n      - {name: b, share: 0.7, score: {law: " + law +
      "}}\n    success: {law: logistic, slope: 2, midpoint: 0.5}\n  arrivals: {type: batch, size: 10}\n  utility: "
      "{success: 2, failure: -3}\n"
      "  dynamics: [{type: acceptance_share, rate: 0.1, gain: 1}, {type: score_mean, rate: 0.1, gain: " +
      gain + "}]\nagents: [{type: fixed, threshold: 0.4}]\n");
}

double by_law(const Scenario& scenario, std::span<const double> state, double threshold) {
  Composition now = scenario.law->start();
  set_recorded_state(scenario, state.first(2), state, now);
  LawAnswers answers(*scenario.law);
  const std::vector<double> thresholds(2, threshold);
  std::vector<double> rate(2), residual;
  return expected_outcome(scenario, scenario.start, answers, now, thresholds, rate, residual);
}

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("a held threshold is worth what the law says at states met in any order") {
  struct World {
    std::string law, gain;
    double low, high;
  };
  for (const World& world : {World{"logit_normal, mean: 0.2, sd: 1.3", "0.5", -4.0, 4.0},
                             World{"normal, mean: 0.3, sd: 0.4", "0.5", -2.0, 3.0},
                             World{"beta, mean: 0.4, precision: 5", "0.2", 0.01, 0.99}}) {
    CAPTURE(world.law);
    const Scenario scenario = pulled(world.law, world.gain);
    REQUIRE(scenario.states.size() == 4);
    std::mt19937 random(7);
    std::uniform_real_distribution<double> share(0.0, 1.0), mean(world.low, world.high);
    for (const double threshold : {-0.1, 0.35, 0.8, 1.5}) {
      HeldReward held(scenario, threshold);
      double largest = 0.0, off = 0.0;
      for (int i = 0; i < 60; ++i) {
        const double p = share(random);
        const std::vector<double> state{p, 1.0 - p, mean(random), mean(random)};
        const double exact = by_law(scenario, state, threshold);
        off = std::max(off, std::abs(held.at(state) - exact));
        largest = std::max(largest, std::abs(by_law(scenario, state, threshold + 1e-6) - exact));
      }
      CHECK(off <= 3e-11);
      if (threshold > 0.0 && threshold < 1.0) CHECK(largest > 3e-11);  // a threshold off by a millionth is seen
    }
  }
}

TEST_CASE("a held threshold is worth exactly what the law says where score laws stay") {
  const Scenario scenario = moving("{law: beta, mean: 0.4, precision: 5}", "1");
  HeldReward held(scenario, 0.4);
  for (const double p : {0.0, 0.3, 0.77, 1.0}) {
    const std::vector<double> state{p, 1.0 - p};
    CHECK(held.at(state) == by_law(scenario, state, 0.4));
  }
}

TEST_SUITE_END();
