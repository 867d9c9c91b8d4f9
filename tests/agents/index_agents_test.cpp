// The index agents against a reference that is as slow and plain as their definitions: it keeps every round ever
// played and computes each bound anew from all of them.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "agents/bound_table.hpp"
#include "core/scenario/yaml.hpp"
#include "tests/support/worlds.hpp"

using namespace loopgate;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Settings {
  std::string type = "ofs", radius = "ucb1", memory = "stationary", feasible = "optimistic", fallback = "max";
  double scale = 0.3, confidence = 0.05, factor = 0.97, penalty = 2.0, step = 0.05, cap = 3.0;
  std::size_t n_arms = 7, length = 40;

  std::string yaml() const {
    std::string text = "{type: " + type + ", grid: " + std::to_string(n_arms) + ", radius: {type: " + radius +
                       ", scale: " + std::to_string(scale) + "}, statistics: {type: " + memory;
    if (memory == "window") text += ", length: " + std::to_string(length);
    if (memory == "discount") text += ", factor: " + std::to_string(factor);
    text += "}";
    if (type == "ofs") text += ", feasible: " + feasible + ", fallback: " + fallback;
    if (type == "primal_dual") text += ", step: " + std::to_string(step) + ", cap: " + std::to_string(cap);
    if (type == "penalty_ucb") text += ", penalty: " + std::to_string(penalty);
    return text + "}";
  }
};

class Reference {
 public:
  Reference(const Settings& settings, const Problem& problem) : settings_(settings), problem_(problem) {
    multiplier_.assign(problem.n_residuals(), 0.0);
  }

  void learn(std::size_t arm, double reward, const std::vector<double>& residual) {
    std::vector<double> values{reward};  // NaN: not known, but what else was seen counts
    double worst = 0.0;
    for (std::size_t m = 0; m < residual.size(); ++m) {
      values.push_back(residual[m]);
      if (std::isnan(residual[m])) continue;
      worst = std::max(worst, residual[m]);
      multiplier_[m] = std::clamp(multiplier_[m] + settings_.step * residual[m], 0.0, settings_.cap);
    }
    if (settings_.type == "penalty_ucb") values[0] -= settings_.penalty * worst;
    rounds_.push_back({arm, values});
  }

  /// True if `arm` may be played: the reference would, or its bounds and those of its choice differ by less than 1e-12.
  bool agrees(std::size_t arm) {
    for (std::size_t m = 0; m <= multiplier_.size(); ++m) {
      const double side = m == 0 || (settings_.type == "ofs" && settings_.feasible == "pessimistic") ? 1.0 : -1.0;
      bounds_.resize(1 + multiplier_.size());
      bounds_[m].clear();
      for (std::size_t k = 0; k < settings_.n_arms; ++k) bounds_[m].push_back(bound(m, k, side));
    }
    std::size_t best = 0;
    for (std::size_t k = 1; k < settings_.n_arms; ++k)
      if (order(k, best, 0.0) > 0) best = k;
    return arm == best || order(arm, best, 1e-12) == 0;
  }

 private:
  struct Round {
    std::size_t arm;
    std::vector<double> values;
  };

  double weight(std::size_t round) const {
    const std::size_t age = rounds_.size() - 1 - round;
    if (settings_.memory == "window") return age < settings_.length ? 1.0 : 0.0;
    return settings_.memory == "discount" ? std::pow(settings_.factor, static_cast<double>(age)) : 1.0;
  }

  double bound(std::size_t stream, std::size_t arm, double side) const {
    double n = 0.0, sum = 0.0, t = 0.0;
    for (std::size_t i = 0; i < rounds_.size(); ++i) {
      t += weight(i);
      if (rounds_[i].arm != arm || std::isnan(rounds_[i].values[stream])) continue;
      n += weight(i);
      sum += weight(i) * rounds_[i].values[stream];
    }
    if (n == 0.0) return side * infinity;
    double variance = 0.0;
    for (std::size_t i = 0; i < rounds_.size(); ++i)
      if (rounds_[i].arm == arm && !std::isnan(rounds_[i].values[stream]))
        variance += weight(i) * std::pow(rounds_[i].values[stream] - sum / n, 2) / n;
    return sum / n + side * radius(stream, n, variance, t);
  }

  double radius(std::size_t stream, double n, double variance, double t) const {
    const std::size_t residuals = settings_.type == "ofs" || settings_.type == "primal_dual" ? multiplier_.size() : 0;
    const double streams = static_cast<double>(settings_.n_arms * (1 + residuals));
    const double horizon = problem_.n_epochs, pi = std::numbers::pi;
    double b = stream == 0 ? problem_.reward_range.width() : problem_.residual_ranges[stream - 1].width();
    if (settings_.type == "penalty_ucb") {
      double worst = 0.0;
      for (const Interval& range : problem_.residual_ranges) worst = std::max(worst, range.high);
      b += settings_.penalty * worst;
    }
    const double log3 = std::log(3.0 * streams * horizon / settings_.confidence);
    if (settings_.radius == "ucb1") return settings_.scale * b * std::sqrt(std::log(std::max(t, 1.0)) / n);
    if (settings_.radius == "hoeffding")
      return settings_.scale * b * std::sqrt(std::log(2.0 * streams * horizon / settings_.confidence) / (2.0 * n));
    if (settings_.radius == "hoeffding_anytime")
      return settings_.scale * b *
             std::sqrt(std::log(pi * pi * streams * std::max(n * n, 1.0) / (3.0 * settings_.confidence)) / (2.0 * n));
    return settings_.scale * (std::sqrt(2.0 * variance * log3 / n) + 3.0 * b * log3 / n);
  }

  static int sign(double difference, double slack) {  // inf - inf is NaN: equal
    return difference > slack ? 1 : difference < -slack ? -1 : 0;
  }

  /// Positive where arm j is to be played rather than arm k.
  int order(std::size_t j, std::size_t k, double slack) const {
    const double reward = bounds_[0][j] - bounds_[0][k];
    if (settings_.type != "ofs") {
      double value = reward;
      for (std::size_t m = 0; settings_.type == "primal_dual" && m < multiplier_.size(); ++m)
        if (multiplier_[m] > 0.0) value -= multiplier_[m] * (bounds_[1 + m][j] - bounds_[1 + m][k]);
      return sign(value, slack);
    }
    const auto [worst_j, total_j] = violation(j);
    const auto [worst_k, total_k] = violation(k);
    const bool feasible_j = worst_j <= slack, feasible_k = worst_k <= slack;
    if (feasible_j != feasible_k) return feasible_j ? 1 : -1;
    if (feasible_j) {
      const int first = sign(reward, slack);
      return first != 0 ? first : sign(worst_k - worst_j, slack);
    }
    const int first = sign(settings_.fallback == "max" ? worst_k - worst_j : total_k - total_j, slack);
    return first != 0 ? first : sign(reward, slack);
  }

  std::pair<double, double> violation(std::size_t k) const {
    double worst = -infinity, total = 0.0;
    for (std::size_t m = 0; m < multiplier_.size(); ++m) {
      const double residual = bounds_[1 + m][k];
      worst = std::max(worst, residual);
      total += std::max(0.0, residual);
    }
    return {worst, total};
  }

  Settings settings_;
  Problem problem_;
  std::vector<Round> rounds_;
  std::vector<double> multiplier_;
  std::vector<std::vector<double>> bounds_;  ///< [1 + n_residuals][n_arms], now
};

/// Rewards and residuals of a world whose feasible thresholds come and go (never, always, some), on a coarse grid so
/// that ties happen; some are undefined, and one residual of one threshold always is.
class Feedbacks {
 public:
  explicit Feedbacks(std::uint32_t seed) : rng_(Seed{seed}, Replication{0}, Stream{9}) {}

  void draw(std::size_t t, double s, double& reward, std::vector<double>& residual) {
    const double shift[] = {-1.0, 0.0, 0.0, 1.0};
    reward = rng_.uniform() < 0.05 ? undefined : std::round(4.0 * (s * (1.0 - s) + rng_.uniform() - 0.5)) / 4.0;
    for (std::size_t m = 0; m < residual.size(); ++m) {
      const double noise = std::round(4.0 * (rng_.uniform() - 0.5)) / 8.0;
      residual[m] = (m % 2 == 0 ? s - 0.5 : 0.4 - s) + shift[t / 60 % 4] + noise;
      if (rng_.uniform() < 0.1 || (m == 1 && s == 0.5)) residual[m] = undefined;
    }
  }

 private:
  Rng rng_;
};

Problem problem_with(std::size_t n_residuals) {
  Problem problem;
  problem.groups = {"A", "B"};
  problem.score_range = {0.0, 1.0};
  problem.reward_range = {-1.0, 1.0};
  problem.n_epochs = 480;
  for (std::size_t m = 0; m < n_residuals; ++m) {
    problem.residual_names.push_back("g" + std::to_string(m));
    problem.residual_ranges.push_back({-1.75, m == 2 ? -0.75 : 1.75});
  }
  return problem;
}

/// Rounds that the agent and the reference agreed on; the agent's choice is what is played.
std::size_t agreed(const Settings& settings, const Settings& believed, std::size_t n_residuals, std::uint32_t seed) {
  const Problem problem = problem_with(n_residuals);
  Diagnostics diagnostics;
  const Catalog& catalog = test::catalog();
  const Node node = validate(parse_yaml(settings.yaml(), "agent", diagnostics),
                             component("type", catalog.agents.descriptions()), diagnostics);
  const auto agent = catalog.agents.make(settings.type, node, problem, diagnostics)->make(problem);
  REQUIRE(diagnostics.ok());
  Reference reference(believed, problem);
  Feedbacks feedbacks(seed);
  Rng rng(Seed{seed}, Replication{0}, Stream::agent("a"));
  std::vector<double> threshold(2), residual(n_residuals);
  std::size_t same = 0;
  for (std::uint32_t t = 0; t < problem.n_epochs; ++t) {
    rng.begin_epoch(t);
    agent->choose({t, 0.0}, rng, threshold);
    const auto arm = static_cast<std::size_t>(std::lround(threshold[0] * static_cast<double>(settings.n_arms - 1)));
    same += t < settings.n_arms || reference.agrees(arm) ? 1 : 0;  // each arm is played once first
    double reward;
    feedbacks.draw(t, threshold[0], reward, residual);
    agent->learn({t, 0.0, 0.0, threshold, reward, residual, {}, {}, {}, {}});
    reference.learn(arm, reward, residual);
  }
  return same;
}

const std::vector<std::string> radii{"ucb1", "hoeffding", "hoeffding_anytime", "empirical_bernstein"};
const std::vector<std::string> memories{"stationary", "window", "discount"};

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("OFS plays what its definition says") {
  std::uint32_t seed = 1;
  for (const std::string& radius : radii)
    for (const std::string& memory : memories)
      for (const char* feasible : {"optimistic", "pessimistic"})
        for (const char* fallback : {"max", "sum"})
          for (const std::size_t n_residuals : {0, 1, 3}) {
            Settings settings;
            settings.radius = radius;
            settings.memory = memory;
            settings.feasible = feasible;
            settings.fallback = fallback;
            settings.n_arms = 2 + seed % 6;
            CAPTURE(settings.yaml());
            CAPTURE(n_residuals);
            CHECK(agreed(settings, settings, n_residuals, seed++) == 480);
          }
}

TEST_CASE("the other index agents play what their definitions say") {
  std::uint32_t seed = 1000;
  for (const char* type : {"ucb1", "primal_dual", "penalty_ucb"})
    for (const std::string& radius : radii)
      for (const std::string& memory : memories) {
        Settings settings;
        settings.type = type;
        settings.radius = radius;
        settings.memory = memory;
        settings.n_arms = 2 + seed % 6;
        CAPTURE(settings.yaml());
        CHECK(agreed(settings, settings, 3, seed++) == 480);
      }
}

TEST_CASE("a reference of other settings is found out") {
  const auto differs = [](auto change) {
    Settings settings, believed;
    settings.memory = believed.memory = "discount";
    change(believed);
    return agreed(settings, believed, 3, 7) < 470;
  };
  CHECK(differs([](Settings& s) { s.scale = 0.25; }));
  CHECK(differs([](Settings& s) { s.factor = 0.96; }));
  CHECK(differs([](Settings& s) { s.fallback = "sum"; }));
  CHECK(differs([](Settings& s) { s.feasible = "pessimistic"; }));
  CHECK(differs([](Settings& s) { s.memory = "window"; }));
  CHECK(differs([](Settings& s) { s.radius = "hoeffding"; }));
}

TEST_CASE("a discounted past stays right where its unit is set back") {
  ArmStatistics statistics(2, 1, {Memory::Type::discount, 0, 0.25});
  const Radius radius({RadiusRule::Type::ucb1, 1.0, 0.05}, 2.0, 1000.0);
  BoundTable table(2, radius, {1.0}, Feasible::optimistic);
  const double value = 0.5;
  for (std::uint32_t t = 0; t < 1000; ++t) {  // 0.25^1000 is far below the smallest double
    table.update(statistics.add(t, t < 100 ? 0 : 1, {&value, 1}), statistics);
    const double age = t - 99.0,
                 expected = t < 100 ? 4.0 / 3 * (1 - std::pow(0.25, t + 1)) : 4.0 / 3 * std::pow(0.25, age);
    const ArmBounds bounds = table.bounds(statistics);
    CAPTURE(t);
    if (t > 99 + 420) {
      CHECK(statistics.count(0, 0) == 0.0);
      CHECK(bounds.reward[0] == infinity);
    } else if (t < 99 + 150) {
      CHECK(statistics.count(0, 0) == doctest::Approx(expected).epsilon(1e-12));
      const double level = std::sqrt(std::log(statistics.rounds()));
      CHECK(bounds.reward[0] == doctest::Approx(0.5 + level / std::sqrt(expected)).epsilon(1e-12));
    }
  }
  CHECK(statistics.count(0, 1) == doctest::Approx(4.0 / 3).epsilon(1e-12));
  CHECK(statistics.mean(0, 1) == doctest::Approx(0.5).epsilon(1e-12));
}

TEST_CASE("selections of many arms resolve ties by their rules") {
  Rng rng(Seed{11}, Replication{0}, Stream{9});
  for (int trial = 0; trial < 20000; ++trial) {
    const std::size_t n = 1 + rng.below(12), n_residuals = rng.below(4);
    std::vector<double> reward(n), residual(n * n_residuals);
    const double values[] = {-infinity, -0.5, -0.0, 0.0, 0.25, infinity};
    for (double& x : reward) x = values[1 + rng.below(5)];
    for (double& x : residual) x = values[rng.below(6)];
    const ArmBounds bounds{reward, residual};
    for (const Fallback fallback : {Fallback::max, Fallback::sum}) {
      const auto key = [&](std::size_t k) {  // larger is better
        double worst = -infinity, total = 0.0;
        for (std::size_t m = 0; m < n_residuals; ++m) {
          worst = std::max(worst, residual[m * n + k]);
          total += std::max(0.0, residual[m * n + k]);
        }
        if (worst <= 0.0) return std::tuple(1, reward[k], -worst);
        return std::tuple(0, fallback == Fallback::max ? -worst : -total, reward[k]);
      };
      std::size_t expected = 0;
      for (std::size_t k = 1; k < n; ++k)
        if (key(k) > key(expected)) expected = k;
      CAPTURE(trial);
      REQUIRE(select_feasible(bounds, fallback) == expected);
    }
    REQUIRE(select_largest(reward) == static_cast<std::size_t>(std::ranges::max_element(reward) - reward.begin()));
  }
}

TEST_SUITE_END();
