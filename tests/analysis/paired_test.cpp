#include "analysis/paired.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/random/samplers.hpp"

using namespace loopgate;

namespace {

using Values = std::vector<double>;

double flip(const Values& d) {
  Rng rng(Seed{7}, Replication{0}, Stream::resampling());
  return sign_flip_p_value(d, 20000, rng);
}

/// Every sign pattern, one after the other.
double flip_by_enumeration(const Values& d) {
  double observed = 0.0;
  for (const double value : d) observed += value;
  std::size_t reached = 0;
  const std::size_t all = std::size_t{1} << d.size();
  for (std::size_t pattern = 0; pattern < all; ++pattern) {
    double sum = 0.0;
    for (std::size_t i = 0; i < d.size(); ++i) sum += (pattern >> i & 1U) != 0 ? d[i] : -d[i];
    if (std::abs(sum) >= std::abs(observed) - 1e-9) ++reached;
  }
  return static_cast<double>(reached) / static_cast<double>(all);
}

void check_near(const Values& seen, const Values& expected) {
  REQUIRE(seen.size() == expected.size());
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("sign-flip p-values of few differences are those counted by hand") {
  CHECK(flip({1, 2, 3}) == doctest::Approx(.25));
  CHECK(flip({-1, -2, -3}) == doctest::Approx(.25));
  CHECK(flip({1}) == 1.0);
  CHECK(flip({1, -1}) == 1.0);
  CHECK(flip({0, 0, 0}) == 1.0);
  CHECK(flip({.1, .2, .3, -.6}) == 1.0);  // 0 but for rounding
  CHECK(flip({2, 2, 2, 2, 2, 2}) == doctest::Approx(2.0 / 64));
  CHECK(std::isnan(flip({})));
}

TEST_CASE("sign-flip p-values equal an enumeration of all patterns and random patterns come near") {
  Rng rng(Seed{3}, Replication{0}, Stream::arrivals());
  for (const std::size_t n : {2U, 5U, 9U, 14U}) {
    Values d(n);
    for (double& value : d) value = std::round(4.0 * sample_normal(rng) + 1.0) / 10.0;  // with ties and zeros
    CAPTURE(n);
    CHECK(flip(d) == doctest::Approx(flip_by_enumeration(d)).epsilon(1e-12));
  }
  Values few(14), many(41);
  for (double& value : few) value = sample_normal(rng) + 0.3;
  std::ranges::copy(few, many.begin());  // 27 zeros more change no sum, but make the patterns random
  CHECK(std::abs(flip(many) - flip(few)) < 5.0 * std::sqrt(flip(few) / 20000));
  CHECK(flip(Values(60, 1.0)) == doctest::Approx(1.0 / 20001));
}

TEST_CASE("Holm and Benjamini-Hochberg adjust as published and keep the order") {
  check_near(holm(Values{.01, .03, .04, .20}), {.04, .09, .09, .20});
  check_near(benjamini_hochberg(Values{.01, .03, .04, .20}), {.04, .053333, .053333, .20});
  check_near(holm(Values{.20, .04, .01, .03}), {.20, .09, .04, .09});
  check_near(benjamini_hochberg(Values{.20, .04, .01, .03}), {.20, .053333, .04, .053333});
  check_near(holm(Values{.5, .6}), {1, 1});
  CHECK(holm(Values{}).empty());
}

TEST_CASE("pairing of variables correlated by 0.8 is worth five times the replications") {
  // x = a + b, y = a - b with orthogonal a, b: var(x) = var(y) = 1 and covariance var(a) - var(b) = 0.8.
  const double a = std::sqrt(0.9 * 3.0 / 4.0), b = std::sqrt(0.1 * 3.0 / 4.0);
  const Values x{a + b, a - b, -a + b, -a - b}, y{a - b, a + b, -a - b, -a + b};
  CHECK(sample_variance(x) == doctest::Approx(1.0));
  CHECK(variance_reduction_factor(x, y) == doctest::Approx(5.0));
  CHECK(variance_reduction_factor(x, Values{-(a - b), -(a + b), a + b, a - b}) < 1.0);
  CHECK(std::isinf(variance_reduction_factor(x, x)));
  CHECK(std::isnan(variance_reduction_factor(Values{1, 1}, Values{2, 2})));
  CHECK_THROWS_AS(paired_differences(Values{1, 2}, Values{1}), ContractViolation);
}

TEST_CASE("Welch's comparison is the known one") {
  // Means 5 and 9, variances 10 and 10 of n = 5 each: se 2, 8 degrees of freedom, t = -2.
  const WelchComparison w = welch(Values{1, 3, 5, 7, 9}, Values{5, 7, 9, 11, 13}, 0.95);
  CHECK(w.difference.mean == doctest::Approx(-4.0));
  CHECK(w.p == doctest::Approx(.080516).epsilon(1e-4));
  CHECK(w.difference.high == doctest::Approx(-4.0 + 2.306004 * 2.0).epsilon(1e-6));
  CHECK(welch(Values{1, 1}, Values{1, 1}, 0.95).p == 1.0);
  CHECK(welch(Values{1, 1}, Values{2, 2}, 0.95).p == 0.0);
  CHECK(std::isnan(welch(Values{1}, Values{1, 2, 3}, 0.95).p));
}

TEST_CASE("sign flips need more replications the more pairs of agents there are") {
  const auto least = [](std::size_t n_agents) { return least_replications(n_agents * (n_agents - 1) / 2, 0.05); };
  for (const auto& [n_agents, expected] :
       {std::pair{2U, 6U}, {3U, 7U}, {4U, 8U}, {5U, 9U}, {8U, 11U}, {12U, 12U}, {28U, 14U}, {100U, 18U}})
    CHECK(least(n_agents) == expected);
  CHECK(least_replications(1, 0.0625) == 5);  // 2^-4
  CHECK_THROWS_AS(least_replications(0, 0.05), ContractViolation);
  CHECK(least_sign_flip_p_value(10, 99) == std::exp2(-9));
  CHECK(least_sign_flip_p_value(41, 99) == 0.01);
  CHECK(least_sign_flip_p_value(10, 99) == flip(Values(10, 1.0)));
}

TEST_CASE("no verdict is given on few replications however clear they look") {
  CHECK(verdict(9, 1e-9, 0.05) == Verdict::too_few);
  CHECK(verdict(10, 0.05, 0.05) == Verdict::different);
  CHECK(verdict(10, 0.051, 0.05) == Verdict::undecided);
  CHECK(verdict(100, undefined, 0.05) == Verdict::undecided);
}

TEST_SUITE_END();
