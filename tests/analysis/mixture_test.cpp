#include "analysis/mixture.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/random/rng.hpp"

using namespace loopgate;

namespace {

/// The best mixture under one constraint, by trying every single arm and every pair: the simplex has two rows then.
double best_by_pairs(const std::vector<double>& reward, const std::vector<double>& residual) {
  double best = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < reward.size(); ++i)
    for (std::size_t j = 0; j < reward.size(); ++j) {
      if (residual[i] > 0.0) continue;
      best = std::max(best, reward[i]);
      if (residual[j] <= 0.0) continue;
      const double w = -residual[i] / (residual[j] - residual[i]);  // of j, where the mean residual is 0
      best = std::max(best, (1.0 - w) * reward[i] + w * reward[j]);
    }
  return best;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a mixture may beat every feasible arm, at a price") {
  const std::vector<double> reward{1.0, 3.0, 0.0}, residual{-1.0, 1.0, -2.0};
  const Mixture mixture = best_mixture(reward, residual, 0.0);
  REQUIRE(mixture.exists());
  CHECK(mixture.value == doctest::Approx(2.0));
  CHECK(mixture.weight == std::vector<double>{0.5, 0.5, 0.0});
  CHECK(mixture.price[0] == doctest::Approx(1.0));
}

TEST_CASE("edges of mixtures") {
  const std::vector<double> one{0.3};
  CHECK(best_mixture(one, {}, 0.0).value == doctest::Approx(0.3));
  CHECK(best_mixture(std::vector<double>{-0.3, -0.2}, {}, 0.0).weight == std::vector<double>{0.0, 1.0});
  const Mixture none = best_mixture(one, std::vector<double>{0.1}, 0.0);
  CHECK_FALSE(none.exists());
  CHECK(std::isnan(none.value));
  // Each arm breaks one of two residuals, half of each satisfies both.
  const Mixture both = best_mixture(std::vector<double>{1.0, 2.0}, std::vector<double>{-0.1, 0.1, 0.1, -0.1}, 0.0);
  REQUIRE(both.exists());
  CHECK(both.value == doctest::Approx(1.5));
  // An arm without an outcome takes no part, however good it looks to the rest of the table.
  const Mixture partial = best_mixture(std::vector<double>{undefined, 0.2}, std::vector<double>{undefined, -0.1}, 0.0);
  CHECK(partial.weight == std::vector<double>{0.0, 1.0});
  CHECK_FALSE(best_mixture(std::vector<double>{undefined}, std::vector<double>{undefined}, 0.0).exists());
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("the simplex finds what trying all pairs finds, and its price is the slope of its value") {
  Rng rng(Seed{7}, Replication{0}, Stream::arrivals());
  for (std::uint32_t i = 0; i < 200; ++i) {
    CAPTURE(i);
    rng.begin_epoch(i);
    std::vector<double> reward, residual;
    for (int k = 0; k < 12; ++k) {
      reward.push_back(rng.uniform());
      residual.push_back(rng.uniform() - 0.3);
    }
    const Mixture mixture = best_mixture(reward, residual, 0.0);
    const double expected = best_by_pairs(reward, residual);
    REQUIRE(mixture.exists() == std::isfinite(expected));
    if (!mixture.exists()) continue;
    CHECK(mixture.value == doctest::Approx(expected).epsilon(1e-12));
    double total = 0.0, value = 0.0, mean = 0.0;
    for (std::size_t k = 0; k < reward.size(); ++k) {
      CHECK(mixture.weight[k] >= 0.0);
      total += mixture.weight[k];
      value += mixture.weight[k] * reward[k];
      mean += mixture.weight[k] * residual[k];
    }
    CHECK(total == doctest::Approx(1.0));
    CHECK(value == doctest::Approx(mixture.value));
    CHECK(mean <= 1e-12);
    const double slope = (best_mixture(reward, residual, 1e-7).value - mixture.value) / 1e-7;
    CHECK(mixture.price[0] == doctest::Approx(slope).epsilon(1e-5));
  }
}

TEST_CASE("no mixture of many arms under many residuals is improved by any arm at the prices") {
  Rng rng(Seed{8}, Replication{0}, Stream::arrivals());
  constexpr std::size_t n_arms = 51, n_residuals = 16;
  int solved = 0;
  for (std::uint32_t i = 0; i < 50; ++i) {
    CAPTURE(i);
    rng.begin_epoch(i);
    std::vector<double> reward(n_arms), residual(n_arms * n_residuals);
    for (double& r : reward) r = rng.uniform();
    for (double& g : residual) g = rng.uniform() - 0.6;
    const Mixture mixture = best_mixture(reward, residual, 0.0);
    if (!mixture.exists()) continue;
    ++solved;
    for (std::size_t m = 0; m < n_residuals; ++m) {
      double mean = 0.0;
      for (std::size_t k = 0; k < n_arms; ++k) mean += mixture.weight[k] * residual[k * n_residuals + m];
      CHECK(mean <= 1e-10);
      CHECK(std::abs(mean * mixture.price[m]) <= 1e-10);  // complementary slackness
    }
    for (std::size_t k = 0; k < n_arms; ++k) {  // dual feasibility: so the value is the optimum
      double priced = reward[k];
      for (std::size_t m = 0; m < n_residuals; ++m) priced -= mixture.price[m] * residual[k * n_residuals + m];
      CHECK(priced <= mixture.value + 1e-10);
    }
  }
  CHECK(solved > 25);
}

TEST_SUITE_END();
