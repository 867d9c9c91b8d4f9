#include "analysis/regret.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/types.hpp"

using namespace loopgate;

using Values = std::vector<double>;

TEST_SUITE_BEGIN("unit");

TEST_CASE("regret sums what the comparator got more") {
  CHECK(cumulative_regret(Values{0.5, 0.5, 0.25}, Values{0.25, 0.75, 0.0}) == doctest::Approx(0.25));
  CHECK(cumulative_regret(Values{0.5, 0.5}, Values{undefined, 0.75}) == doctest::Approx(-0.25));
  CHECK(std::isnan(cumulative_regret(Values{0.5}, Values{undefined})));
  CHECK(std::isnan(cumulative_regret({}, {})));
}

TEST_CASE("safe regret takes the worse of lost reward and violation") {
  const Values reward{0.4, 0.6, 0.5}, residual{-0.1, 0.2, -0.3, -0.2, undefined, undefined};
  // epoch 0: max(.1, .2); epoch 1: max(-.1, -.2); epoch 2: max(0, nothing)
  CHECK(safe_regret(0.5, reward, residual, SafePart::whole) == doctest::Approx(0.2 - 0.1 + 0.0));
  CHECK(safe_regret(0.5, reward, residual, SafePart::positive) == doctest::Approx(0.2));
  CHECK(safe_regret(0.5, reward, {}, SafePart::whole) == doctest::Approx(0.0));
  CHECK(std::isnan(safe_regret(0.5, Values{undefined}, Values{0.1}, SafePart::whole)));
  CHECK(std::isnan(safe_regret(0.5, {}, {}, SafePart::whole)));
}

TEST_CASE("the steady-state gap looks at the tail only") {
  const Values reward{0.0, 0.4, undefined, 0.6};
  CHECK(steady_state_gap(0.55, reward, 1) == doctest::Approx(0.05));
  CHECK(std::isnan(steady_state_gap(0.5, reward, 4)));
}

TEST_SUITE_END();
