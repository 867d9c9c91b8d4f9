#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "environments/score_models/replay_learner.hpp"

using namespace loopgate;

namespace {

LabelledPoint label(double success, std::uint32_t type = 0) { return {type, Provenance::observed, 1.0, success, 1.0}; }

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a gradient step of the log loss moves half its rate along the features at 0") {  // KA-LOGIT
  GradientSum gradient(2);
  std::vector<double> w{0.0, 0.0};
  const std::vector<double> x{1.0, 2.0};
  gradient.add_dot(w, x, label(1.0));
  gradient.step(0.1, 0.0, 1, w);
  CHECK(w[0] == doctest::Approx(0.05).epsilon(1e-12));
  CHECK(w[1] == doctest::Approx(0.1).epsilon(1e-12));
  gradient.step(0.1, 0.5, 1, w);  // nothing is left of it but the penalty, which leaves the intercept alone
  CHECK(w[0] == doctest::Approx(0.05).epsilon(1e-12));
  CHECK(w[1] == doctest::Approx(0.095).epsilon(1e-12));
}

TEST_CASE("the cosine of two vectors and its slope") {  // KA-UER
  const std::vector<double> w{1.0, 0.0}, x{3.0, 4.0};
  std::vector<double> slope(2);
  CHECK(cosine(w, x, slope) == doctest::Approx(0.6).epsilon(1e-12));
  CHECK(slope[0] == doctest::Approx(0.0));
  CHECK(slope[1] == doctest::Approx(0.8).epsilon(1e-12));
}

TEST_CASE("current labels are learnt by direction and old ones by the whole product") {  // KA-UER
  const std::vector<double> x{3.0, 4.0};
  std::vector<double> by_direction{1.0, 0.0}, by_product{1.0, 0.0};
  GradientSum gradient(2);
  gradient.add_cosine(1.0, by_direction, x, label(0.0));
  gradient.step(1.0, 0.0, 1, by_direction);
  CHECK(by_direction[0] == doctest::Approx(1.0));
  CHECK(by_direction[1] == doctest::Approx(-0.645656 * 0.8).epsilon(1e-6));
  gradient.add_dot(by_product, x, label(0.0));
  gradient.step(1.0, 0.0, 1, by_product);
  CHECK(by_product[0] == doctest::Approx(1.0 - 0.952574 * 3.0).epsilon(1e-6));
  CHECK(by_product[1] == doctest::Approx(-0.952574 * 4.0).epsilon(1e-6));
}

TEST_CASE("distillation pulls a score towards the old one and rests there") {
  const std::vector<double> x{1.0, 1.0};
  std::vector<double> w{0.0, 0.0};
  GradientSum gradient(2);
  gradient.add_distillation(2.0, 0.75, w, x);
  gradient.step(0.1, 0.0, 1, w);
  CHECK(w[0] == doctest::Approx(0.1 * 2.0 * 0.25));
  w = {std::log(3.0), 0.0};
  gradient.add_distillation(2.0, 0.75, w, x);
  gradient.step(0.1, 0.0, 1, w);
  CHECK(w[0] == doctest::Approx(std::log(3.0)).epsilon(1e-12));
}

TEST_CASE("a reservoir keeps all while there is room and never more") {
  Rng rng(Seed{3}, Replication{0}, Stream::replay());
  Reservoir few(5);
  for (std::uint32_t i = 0; i < 40; ++i) {
    few.offer(label(0.0, i), rng);
    CHECK(few.points().size() == std::min<std::size_t>(i + 1, 5));
  }
}

TEST_CASE("a balanced buffer keeps as many of each group and outcome") {
  Rng rng(Seed{3}, Replication{0}, Stream::replay());
  ReplayBuffer balanced(10, 2);
  for (std::uint32_t i = 0; i < 200; ++i) balanced.offer(label(i % 10 == 0 ? 1.0 : 0.0, i), i % 4 == 0 ? 1 : 0, rng);
  CHECK(balanced.size() == 10);
  std::vector<int> held(4, 0);
  balanced.each([&](const LabelledPoint& point) { ++held[(point.type % 4 == 0 ? 2 : 0) + (point.positive > 0.0)]; });
  CHECK(held == std::vector<int>{3, 3, 2, 2});
  for (int i = 0; i < 50; ++i) CHECK(balanced.any(rng).type < 200);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("a reservoir holds each of 40 points equally often") {
  // Null: every point is kept with probability 1/8. n = 4000 independent reservoirs of 5; the largest of 40
  // standardised counts; alpha = 1e-5 by Bonferroni over two-sided normal tails: |z| < 5.16 (2 Phi(-5.16) 40 = 1e-5).
  constexpr std::size_t n = 4000, n_points = 40, capacity = 5;
  const auto largest = [](bool wrong) {
    std::vector<double> kept(n_points, 0.0);
    for (std::uint32_t r = 0; r < n; ++r) {
      Rng rng(Seed{4}, Replication{r}, Stream::replay());
      Reservoir reservoir(capacity);
      for (std::uint32_t i = 0; i < n_points; ++i) {
        if (wrong && i >= capacity && rng.uniform() < 0.25) continue;  // the wrong law: later points are passed over
        reservoir.offer(label(0.0, i), rng);
      }
      for (const LabelledPoint& point : reservoir.points()) kept[point.type] += 1.0;
    }
    const double p = static_cast<double>(capacity) / n_points, sd = std::sqrt(n * p * (1.0 - p));
    double z = 0.0;
    for (const double count : kept) z = std::max(z, std::abs(count - n * p) / sd);
    return z;
  };
  CHECK(largest(false) < 5.16);
  CHECK(largest(true) > 5.16);
}

TEST_SUITE_END();
