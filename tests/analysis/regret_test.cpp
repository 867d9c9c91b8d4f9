#include "analysis/regret.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace loopgate;

using Values = std::vector<double>;

TEST_SUITE_BEGIN("unit");

TEST_CASE("regret sums what the comparator got more") {
  RegretTally regret(0.5);
  const Values reward{0.25, 0.75, undefined, 0.0}, at_state{0.5, 0.5, 0.5, undefined}, on_path{0.5, 1.0, 0.5, 0.25};
  for (std::size_t t = 0; t < reward.size(); ++t) regret.add(reward[t], {}, at_state[t], on_path[t]);
  CHECK(regret.external() == doctest::Approx(0.25 - 0.25));
  CHECK(regret.policy() == doctest::Approx(0.25 + 0.25 + 0.25));
  CHECK(regret.safe() == doctest::Approx(0.25 - 0.25 + 0.5));
  CHECK(regret.safe_positive() == doctest::Approx(0.25 + 0.5));
  CHECK(regret.steady_state_gap() == doctest::Approx(0.5 - 1.0 / 3));
}

TEST_CASE("safe regret takes the worse of lost reward and violation") {
  RegretTally regret(0.5);
  regret.add(0.4, Values{-0.1, 0.2}, undefined, undefined);             // max(.1, .2)
  regret.add(0.6, Values{-0.3, -0.2}, undefined, undefined);            // max(-.1, -.2)
  regret.add(0.5, Values{undefined, undefined}, undefined, undefined);  // left out: the larger is not known
  regret.add(undefined, Values{0.3, undefined}, undefined, undefined);  // does not count
  CHECK(regret.safe() == doctest::Approx(0.2 - 0.1 + 0.0));
  CHECK(regret.safe_positive() == doctest::Approx(0.2));
  CHECK(std::isnan(regret.external()));
  CHECK(std::isnan(regret.policy()));
}

TEST_CASE("regret of no epoch is undefined") {
  RegretTally regret(0.5);
  for (int i = 0; i < 2; ++i) {
    for (const double value :
         {regret.external(), regret.policy(), regret.safe(), regret.safe_positive(), regret.steady_state_gap()})
      CHECK(std::isnan(value));
    regret.add(undefined, {}, 0.5, 0.5);
  }
}

TEST_SUITE_END();
