#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "core/random/samplers.hpp"
#include "core/scenario/yaml.hpp"
#include "tests/support/worlds.hpp"

using namespace loopgate;

namespace {

/// One agent on a grid 0, 1, ..., without constraints, and the rounds it went through.
class Table {
 public:
  Table(const std::string& settings, std::uint32_t n_epochs) : rng_(Seed{1}, Replication{0}, Stream::agent("a")) {
    problem_.groups = {"A", "B"};
    problem_.score_range = {0.0, 1.0};
    problem_.reward_range = {0.0, 1.0};
    problem_.n_epochs = n_epochs;
    Diagnostics diagnostics;
    const Catalog& catalog = test::catalog();
    const Node node = validate(parse_yaml(settings, "agent", diagnostics),
                               component("type", catalog.agents.descriptions()), diagnostics);
    REQUIRE(diagnostics.ok());
    agent_ = catalog.agents.make(node.string("type"), node, problem_, diagnostics)->make(problem_);
    REQUIRE(diagnostics.ok());
  }

  /// Plays a round and returns the arm; reward(arm) is what it is told.
  std::size_t play(const std::function<double(std::size_t)>& reward) {
    std::vector<double> threshold(2);
    rng_.begin_epoch(epoch_);
    agent_->choose({epoch_, static_cast<double>(epoch_)}, rng_, threshold);
    probability = agent_->arm_probability();
    const auto arm = static_cast<std::size_t>(threshold[0]);
    Feedback feedback{};
    feedback.epoch = epoch_++;
    feedback.threshold = threshold;
    feedback.reward = reward(arm);
    agent_->learn(feedback);
    return arm;
  }

  double probability = undefined;  ///< of the arm of the last round

 private:
  Problem problem_;
  std::unique_ptr<Agent> agent_;
  Rng rng_;
  std::uint32_t epoch_ = 0;
};

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("Thompson sampling of two normal posteriors logs the exact probability of its choice") {
  // P(N(m1, v1) > N(m2, v2)) = Phi((m1 - m2) / sqrt(v1 + v2)), v = 0.25 / (n + 1), m = 0.5 before the first reward.
  Table table("{type: thompson, grid: [0, 1]}", 4000);
  double n[] = {0, 0}, sum[] = {0, 0};
  for (int t = 0; t < 4000; ++t) {
    const double variance = 0.25 / (n[0] + 1) + 0.25 / (n[1] + 1);
    const double difference = (n[1] > 0 ? sum[1] / n[1] : 0.5) - (n[0] > 0 ? sum[0] / n[0] : 0.5);
    const auto reward = [](std::size_t arm) { return arm == 0 ? 0.4 : 0.7; };
    const std::size_t arm = table.play(reward);
    const double z = (arm == 1 ? difference : -difference) / std::sqrt(variance);
    CHECK(table.probability == doctest::Approx(normal_cdf(z)).epsilon(1e-6));
    n[arm] += 1;
    sum[arm] += reward(arm);
  }
}

TEST_CASE("Thompson sampling of two beta posteriors logs the exact probability of its choice") {
  // Arm 0 always succeeds and arm 1 always fails, so their posteriors are Beta(a, 1) and Beta(1, b) with a = 1 + n_0
  // and b = 1 + n_1: P(X_0 > X_1) = 1 - a Gamma(a) Gamma(b + 1) / Gamma(a + b + 1).
  Table table("{type: thompson, grid: [0, 1], posterior: beta}", 200);
  double a = 1, b = 1;
  for (int t = 0; t < 200; ++t) {
    const double first = 1 - std::exp(std::log(a) + std::lgamma(a) + std::lgamma(b + 1) - std::lgamma(a + b + 1));
    const std::size_t arm = table.play([](std::size_t k) { return k == 0 ? 1.0 : 0.0; });
    CHECK(table.probability == doctest::Approx(arm == 0 ? first : 1 - first).epsilon(1e-5));
    (arm == 0 ? a : b) += 1;
  }
}

TEST_CASE("epsilon greedy plays every arm once in a random order and then the best or any") {
  Table table("{type: epsilon_greedy, grid: [0, 1, 2, 3], epsilon: 0.2}", 60);
  const auto reward = [](std::size_t arm) { return 0.1 * static_cast<double>(arm); };
  std::size_t seen = 0;
  for (const double left : {4.0, 3.0, 2.0, 1.0}) {
    seen |= std::size_t{1} << table.play(reward);
    CHECK(table.probability == doctest::Approx(1.0 / left));
  }
  CHECK(seen == 15);
  for (int t = 0; t < 50; ++t) {
    const std::size_t arm = table.play(reward);
    CHECK(table.probability == doctest::Approx(arm == 3 ? 0.85 : 0.05));
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("the regret of UCB1 keeps its bound and that of random play does not") {
  // Bernoulli arms 0.6 and 0.4. The expected regret is at most 8 ln T / d + (1 + pi^2 / 3) d (Auer et al. 2002, theorem
  // 1): 397 at T = 20,000; one run exceeds it with a probability far below 1e-5, since its sd is about 25. Random play
  // has 2,000 in expectation, sd 14.
  constexpr int n_rounds = 20000;
  const double gap = 0.2;
  const double bound = 8 * std::log(n_rounds) / gap + (1 + std::numbers::pi * std::numbers::pi / 3) * gap;
  const auto regret = [&](const std::string& agent) {
    Table table(agent, n_rounds);
    Rng coin(Seed{9}, Replication{0}, Stream{9});
    double lost = 0.0;
    for (int t = 0; t < n_rounds; ++t)
      lost += gap * static_cast<double>(table.play(
                        [&](std::size_t arm) { return coin.uniform() < (arm == 0 ? 0.6 : 0.4) ? 1.0 : 0.0; }));
    return lost;
  };
  const double ucb1 = regret("{type: ucb1, grid: [0, 1], radius: {type: ucb1, scale: 1.4142135623730951}}");
  CHECK(ucb1 < bound);
  CHECK(ucb1 > 10 * gap);  // it does explore: more than ten plays of the worse arm
  CHECK(regret("{type: random, grid: [0, 1]}") > bound);
}

TEST_SUITE_END();
