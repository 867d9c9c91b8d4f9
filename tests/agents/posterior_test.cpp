#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "agents/posterior.hpp"
#include "core/random/samplers.hpp"

using namespace loopgate;

namespace {

constexpr double stated_error = 1e-6, stated_error_of_sums = 1e-5;

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

/// Up to 60 laws of each kind, some near to each other.
std::pair<std::vector<NormalLaw>, std::vector<BetaLaw>> some_laws(Rng& rng) {
  const std::size_t n = 1 + rng.below(60);
  const double spread = std::pow(10.0, -3.0 * rng.uniform());
  std::vector<NormalLaw> normal;
  std::vector<BetaLaw> beta;
  for (std::size_t k = 0; k < n; ++k) {
    normal.push_back({spread * rng.uniform(), 0.5 * std::pow(1.0 + rng.below(5000), -0.5)});
    const double successes = rng.below(100), failures = rng.below(300);
    beta.push_back({1.0 + successes, 1.0 + failures});
  }
  return {normal, beta};
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

TEST_CASE("of tens of thousands of laws all are the largest with their known probabilities") {
  // n laws N(0, 1), n laws N(1/2, 1/4) and one N(3, 1/2): integrals of closed forms in one dimension.
  constexpr std::size_t n = 32767;
  std::vector<NormalLaw> laws(n, {0.0, 1.0});
  laws.insert(laws.end(), n, {0.5, 0.25});
  laws.push_back({3.0, 0.5});
  const auto chance = [&](const NormalLaw& own, double n_first, double n_second, double n_last) {
    double total = 0.0;
    constexpr double step = 1e-3;
    for (double x = 0.0; x < 9.0; x += step) {
      const double z = (x - own.mean) / own.sd;
      total += step * std::exp(-z * z / 2) / (own.sd * std::sqrt(2 * std::numbers::pi)) *
               std::pow(normal_cdf(x), n_first) * std::pow(normal_cdf((x - 0.5) / 0.25), n_second) *
               std::pow(normal_cdf((x - 3.0) / 0.5), n_last);
    }
    return total;
  };
  std::vector<double> probability;
  probabilities_largest(laws, probability);
  REQUIRE(probability.size() == laws.size());
  const double first = std::accumulate(probability.begin(), probability.begin() + n, 0.0);
  const double second = std::accumulate(probability.begin() + n, probability.end() - 1, 0.0);
  CHECK(std::abs(first - n * chance(laws[0], n - 1, n, 1)) < stated_error_of_sums);
  CHECK(std::abs(second - n * chance(laws[n], n, n - 1, 1)) < stated_error_of_sums);
  CHECK(std::abs(probability.back() - chance(laws.back(), n, n, 0)) < stated_error_of_sums);
  CHECK(std::abs(first + second + probability.back() - 1.0) < stated_error_of_sums);
  CHECK(first > 0.1);
  CHECK(probability.back() > 0.01);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("all at once laws are the largest as each on its own is") {
  Rng rng(Seed{6}, Replication{0}, Stream{9});
  for (int trial = 0; trial < 100; ++trial) {
    const auto [normal, beta] = some_laws(rng);
    CAPTURE(trial);
    std::vector<double> of_normal, of_beta;
    probabilities_largest(normal, of_normal);
    probabilities_largest(beta, of_beta);
    for (std::size_t k = 0; k < normal.size(); ++k) {
      CHECK(std::abs(of_normal[k] - probability_largest(normal, k)) < 2 * stated_error);
      CHECK(std::abs(of_beta[k] - probability_largest(beta, k)) < 2 * stated_error);
    }
    CHECK(std::abs(std::accumulate(of_normal.begin(), of_normal.end(), 0.0) - 1.0) < stated_error_of_sums);
    CHECK(std::abs(std::accumulate(of_beta.begin(), of_beta.end(), 0.0) - 1.0) < stated_error_of_sums);
  }
}

TEST_CASE("some law is the largest") {
  Rng rng(Seed{5}, Replication{0}, Stream{9});
  for (int trial = 0; trial < 100; ++trial) {
    const auto [normal, beta] = some_laws(rng);
    CAPTURE(trial);
    CHECK(std::abs(total_probability(normal) - 1.0) < static_cast<double>(normal.size()) * stated_error);
    CHECK(std::abs(total_probability(beta) - 1.0) < static_cast<double>(normal.size()) * stated_error);
  }
}

TEST_SUITE_END();
