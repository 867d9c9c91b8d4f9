#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/runs.hpp"

using namespace loopgate;
using doctest::Approx;

namespace {

Scenario beta_world(const std::string& success) {
  return test::build_valid(
      "scenario: beta\nseed: 1\nhorizon: 1\nenvironment:\n  population:\n    type: parametric\n    groups:\n"
      "      - {name: a, share: 0.5, score: {law: beta, mean: 0.4, precision: 5}}\n"
      "      - {name: b, share: 0.5, score: {law: beta, mean: 0.4, precision: 5}}\n    success: " +
      success + "\n  arrivals: {type: batch, size: 10}\nagents: [{type: fixed, threshold: 0}]\n");
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the success of beta scores is right though their density has poles") {
  const auto respond = [](const Scenario& scenario, double mean, double threshold) {
    Composition now = scenario.law->start();
    now.set_score_mean(GroupId{0}, mean);
    return scenario.law->respond(now, GroupId{0}, threshold);
  };
  const Scenario logistic = beta_world("{law: logistic, slope: 2, midpoint: 0.5}"), score = beta_world("{law: score}");
  for (const double mean : {0.01, 0.1, 0.3, 0.5}) {
    CAPTURE(mean);
    // A score law mirrored at 1/2 under a success rule that is symmetric about it.
    CHECK(respond(logistic, mean, 0.0).accepted_success + respond(logistic, 1 - mean, 0.0).accepted_success ==
          Approx(1.0).epsilon(1e-10));
    const Response above = respond(logistic, mean, 0.8), below = respond(logistic, 1 - mean, 0.2);
    CHECK(respond(logistic, 1 - mean, 0.0).accepted_success - below.accepted_success ==
          Approx(above.acceptance - above.accepted_success).epsilon(1e-9));
    for (const double m : {mean, 1 - mean}) CHECK(respond(score, m, 0.0).accepted_success == Approx(m).epsilon(1e-12));
  }
  // Precision 5, mean 0.4: density 12 s (1 - s)^2; E[s; s >= 1/2] = 12 (1/3 - 1/2 + 1/5 - 1/24 + 1/32 - 1/160).
  CHECK(respond(score, 0.4, 0.5).accepted_success ==
        Approx(12 * (1.0 / 3 - 0.5 + 0.2 - 1.0 / 24 + 1.0 / 32 - 1.0 / 160)).epsilon(1e-12));
}

TEST_SUITE_END();
