#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "agents/posterior.hpp"
#include "core/random/samplers.hpp"

using namespace loopgate;

namespace {

constexpr double stated_error = 1e-6;

/// P(X > Y) of beta laws with whole parameters, as a finite sum (Miller 2014, "Formulas for Bayesian A/B testing").
double first_larger(const BetaLaw& x, const BetaLaw& y) {
  const auto log_beta = [](double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); };
  double total = 0.0;
  for (double i = 0.0; i < x.a; ++i)
    total += std::exp(log_beta(y.a + i, x.b + y.b) - std::log(x.b + i) - log_beta(1.0 + i, x.b) - log_beta(y.a, y.b));
  return total;
}

template <class Law>
double total_probability(const std::vector<Law>& laws) {
  double total = 0.0;
  for (std::size_t k = 0; k < laws.size(); ++k) total += probability_largest(laws, k);
  return total;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("one of two normal draws is the larger with its known probability") {
  for (const double sd : {0.5, 0.05, 0.005, 1e-4, 1e-9, 1e-17})  // also where one law is a step to the other
    for (const double mean : {0.2, 0.45, 0.5, 0.62, 3.0}) {
      const std::vector<NormalLaw> laws{{0.5, 0.15}, {mean, sd}};
      CAPTURE(sd);
      CAPTURE(mean);
      const double expected = normal_cdf((0.5 - mean) / std::hypot(0.15, sd));
      CHECK(std::abs(probability_largest(laws, 0) - expected) < stated_error);
      CHECK(std::abs(probability_largest(laws, 1) - (1.0 - expected)) < stated_error);
    }
}

TEST_CASE("one of two beta draws is the larger with its known probability") {
  const std::vector<BetaLaw> laws{{1, 1}, {1, 50}, {50, 1}, {3, 4}, {400, 300}, {2, 4000}, {1, 1000}};
  for (const BetaLaw& x : laws)
    for (const BetaLaw& y : laws) {
      CAPTURE(x.a);
      CAPTURE(y.a);
      CHECK(std::abs(probability_largest(std::vector{x, y}, 0) - first_larger(x, y)) < stated_error);
    }
}

TEST_CASE("a lone law is surely the largest and equal laws are equally often") {
  CHECK(probability_largest(std::vector<NormalLaw>{{0.0, 1.0}}, 0) == doctest::Approx(1.0).epsilon(1e-8));
  CHECK(std::abs(probability_largest(std::vector<NormalLaw>(200, {0.3, 0.1}), 7) - 1.0 / 200) < stated_error);
  CHECK(std::abs(probability_largest(std::vector<BetaLaw>(51, {7.0, 3.0}), 7) - 1.0 / 51) < stated_error);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("some law is the largest") {
  Rng rng(Seed{5}, Replication{0}, Stream{9});
  for (int trial = 0; trial < 100; ++trial) {
    const std::size_t n = 1 + rng.below(60);
    const double spread = std::pow(10.0, -3.0 * rng.uniform());
    std::vector<NormalLaw> normal;
    std::vector<BetaLaw> beta;
    for (std::size_t k = 0; k < n; ++k) {
      normal.push_back({spread * rng.uniform(), 0.5 * std::pow(1.0 + rng.below(5000), -0.5)});
      const double successes = rng.below(100), failures = rng.below(300);
      beta.push_back({1.0 + successes, 1.0 + failures});
    }
    CAPTURE(trial);
    CHECK(std::abs(total_probability(normal) - 1.0) < static_cast<double>(n) * stated_error);
    CHECK(std::abs(total_probability(beta) - 1.0) < static_cast<double>(n) * stated_error);
  }
}

TEST_SUITE_END();
