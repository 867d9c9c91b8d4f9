#include "agents/random_agents.hpp"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <numbers>

#include "agents/arm_statistics.hpp"
#include "agents/grid.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

/// Holds a maker of agents.
template <class Make>
class Factory final : public AgentFactory {
 public:
  explicit Factory(Make make) : make_(std::move(make)) {}
  std::unique_ptr<Agent> make(const Problem& problem) const override { return make_(problem); }

 private:
  Make make_;
};

template <class Make>
std::unique_ptr<AgentFactory> factory(Make make) {
  return std::make_unique<Factory<Make>>(std::move(make));
}

class EpsilonGreedy final : public Agent {
 public:
  EpsilonGreedy(std::vector<double> grid, double epsilon)
      : grid_(std::move(grid)), epsilon_(epsilon), statistics_(grid_.size(), 1, {}), initial_(grid_.size(), 1) {}

  void choose(const Observation&, Rng& rng, std::span<double> threshold) override {
    if (!initial_.done()) {
      arm_ = initial_.next(rng);
      probability_ = initial_.probability();
    } else {
      const std::size_t best = greedy();
      const double n = static_cast<double>(grid_.size());
      arm_ = rng.uniform() < epsilon_ ? rng.below(static_cast<std::uint32_t>(grid_.size())) : best;
      probability_ = epsilon_ / n + (arm_ == best ? 1.0 - epsilon_ : 0.0);
    }
    std::ranges::fill(threshold, grid_[arm_]);
  }
  void learn(const Feedback& feedback) override { statistics_.add(arm_, {&feedback.reward, 1}); }
  bool randomised() const noexcept override { return true; }
  double arm_probability() const override { return probability_; }

 private:
  std::size_t greedy() const noexcept {
    std::size_t best = 0;
    for (std::size_t k = 1; k < grid_.size(); ++k)  // an arm without a mean loses every comparison
      if (statistics_.mean(0, k) > statistics_.mean(0, best) || statistics_.count(0, best) == 0.0) best = k;
    return best;
  }

  std::vector<double> grid_;
  double epsilon_;
  ArmStatistics statistics_;
  InitialOrder initial_;
  std::size_t arm_ = 0;
  double probability_ = 1.0;
};

/// Posterior of one arm's mean reward, on the reward range mapped to [0, 1].
struct Posterior {
  bool gaussian;
  double a, b;  ///< mean and sd, or the two shape parameters of a beta law

  double draw(Rng& rng) const noexcept { return gaussian ? a + b * sample_normal(rng) : sample_beta(a, b, rng); }
  double density(double x) const {
    if (!gaussian) return boost::math::pdf(boost::math::beta_distribution<>(a, b), x);
    const double z = (x - a) / b;
    return std::exp(-0.5 * z * z) / (b * std::sqrt(2.0 * std::numbers::pi));
  }
  double cdf(double x) const {
    return gaussian ? normal_cdf((x - a) / b) : boost::math::cdf(boost::math::beta_distribution<>(a, b), x);
  }
  /// All but about e^-20 of each tail. A beta law's longer tail is taken as that of a gamma law.
  Interval bulk() const noexcept {
    constexpr double log_odds = 20.0;
    const double mean = gaussian ? a : a / (a + b), sd = gaussian ? b : std::sqrt(mean * (1.0 - mean) / (a + b + 1.0));
    const double reach = sd * std::sqrt(2.0 * log_odds);
    if (gaussian) return {mean - reach, mean + reach};
    const double longer = reach + log_odds / (a + b);
    return {std::max(1e-12, mean - (a > b ? longer : reach)), std::min(1.0 - 1e-12, mean + (b > a ? longer : reach))};
  }
};

class Thompson final : public Agent {
 public:
  Thompson(std::vector<double> grid, bool gaussian, double variance, Interval reward_range)
      : grid_(std::move(grid)),
        gaussian_(gaussian),
        variance_(variance),
        range_(reward_range),
        count_(grid_.size(), 0.0),
        sum_(grid_.size(), 0.0),
        posterior_(grid_.size()) {}

  void choose(const Observation&, Rng& rng, std::span<double> threshold) override {
    if (const double coin = pending_success_; !std::isnan(coin)) {
      // The beta posterior counts whole successes: a reward in [0, 1] counts as one with that probability.
      sum_[arm_] += rng.uniform() < coin ? 1.0 : 0.0;
      pending_success_ = undefined;
    }
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < grid_.size(); ++k) {
      posterior_[k] = posterior(k);
      const double draw = posterior_[k].draw(rng);
      if (draw > best) {
        best = draw;
        arm_ = k;
      }
    }
    std::ranges::fill(threshold, grid_[arm_]);
  }

  void learn(const Feedback& feedback) override {
    if (std::isnan(feedback.reward)) return;
    const double unit = (feedback.reward - range_.low) / range_.width();
    count_[arm_] += 1.0;
    if (gaussian_) sum_[arm_] += unit;
    else pending_success_ = unit;
  }

  bool randomised() const noexcept override { return true; }

  /// Integral of the played arm's density times the chance that every other arm draws less, by adaptive Gauss-Kronrod
  /// with a relative tolerance of 1e-5. Below the bulk of any rival the integrand is nothing; the rival whose bulk
  /// starts last has the steepest rise, so its bulk is a segment of its own.
  double arm_probability() const override {
    const Posterior& played = posterior_[arm_];
    const Interval bulk = played.bulk();
    Interval last{bulk.low, bulk.low};
    for (std::size_t k = 0; k < posterior_.size(); ++k)
      if (const Interval other = posterior_[k].bulk(); k != arm_ && other.low > last.low) last = other;
    std::vector<const Posterior*> rivals;  // the others are surely below
    for (std::size_t k = 0; k < posterior_.size(); ++k)
      if (k != arm_ && posterior_[k].bulk().high > last.low) rivals.push_back(&posterior_[k]);
    const auto integrand = [&](double x) {
      double value = played.density(x);
      for (const Posterior* rival : rivals) {
        if (value < 1e-18) return 0.0;
        value *= rival->cdf(x);
      }
      return value;
    };
    const double middle = std::min(last.high, bulk.high);
    const auto integral = [&integrand](double from, double to) {
      constexpr unsigned most_halvings = 10;
      constexpr double tolerance = 1e-5;
      return from < to ? boost::math::quadrature::gauss_kronrod<double, 15>::integrate(integrand, from, to,
                                                                                       most_halvings, tolerance)
                       : 0.0;
    };
    return std::clamp(integral(last.low, middle) + integral(middle, bulk.high), 0.0, 1.0);
  }

 private:
  Posterior posterior(std::size_t k) const noexcept {
    if (!gaussian_) return {false, 1.0 + sum_[k], 1.0 + count_[k] - sum_[k]};
    return {true, count_[k] > 0.0 ? sum_[k] / count_[k] : 0.5, std::sqrt(variance_ / (count_[k] + 1.0))};
  }

  std::vector<double> grid_;
  bool gaussian_;
  double variance_;
  Interval range_;
  std::vector<double> count_, sum_;  ///< [n_arms] rounds, and rewards on [0, 1] (beta: successes)
  std::vector<Posterior> posterior_;
  std::size_t arm_ = 0;
  double pending_success_ = undefined;
};

class RandomArm final : public Agent {
 public:
  explicit RandomArm(std::vector<double> grid) : grid_(std::move(grid)) {}
  void choose(const Observation&, Rng& rng, std::span<double> threshold) override {
    std::ranges::fill(threshold, grid_[rng.below(static_cast<std::uint32_t>(grid_.size()))]);
  }
  void learn(const Feedback&) override {}
  bool randomised() const noexcept override { return true; }
  double arm_probability() const override { return 1.0 / static_cast<double>(grid_.size()); }

 private:
  std::vector<double> grid_;
};

class Fixed final : public Agent {
 public:
  explicit Fixed(std::vector<double> threshold) : threshold_(std::move(threshold)) {}
  void choose(const Observation&, Rng&, std::span<double> threshold) override {
    std::ranges::copy(threshold_, threshold.begin());
  }
  void learn(const Feedback&) override {}

 private:
  std::vector<double> threshold_;
};

std::vector<Key> grid_and(std::vector<Key> more) {
  std::vector<Key> keys = grid_keys();
  for (Key& key : more) keys.push_back(std::move(key));
  return keys;
}

const Interval positive{0.0, std::numeric_limits<double>::infinity(), true};

}  // namespace

Description describe_epsilon_greedy() {
  return {"epsilon_greedy",
          "best mean reward so far, or with probability epsilon any threshold",
          grid_and({defaulted("epsilon", number({0.0, 1.0}), "0.1", "probability of exploring")}),
          "argmax_k R_k with probability 1 - epsilon, else uniform",
          "Auer, Cesa-Bianchi & Fischer 2002, doi:10.1023/A:1013689704352",
          "Feedback: bandit. Sees no constraint. Plays each threshold once first."};
}

std::unique_ptr<AgentFactory> make_epsilon_greedy(const Node& settings, const Problem& problem,
                                                  Diagnostics& diagnostics) {
  return factory([grid = make_grid(settings, problem, diagnostics), epsilon = settings.number("epsilon")](
                     const Problem&) { return std::make_unique<EpsilonGreedy>(grid, epsilon); });
}

Description describe_thompson() {
  return {"thompson",
          "the threshold whose reward, drawn from its posterior, is the largest",
          grid_and({defaulted("posterior", choice({"gaussian", "beta"}), "gaussian",
                              "law of an arm's mean reward, on the reward range mapped to [0, 1]"),
                    defaulted("variance", number(positive), "0.25", "gaussian: variance of one reward on [0, 1]")}),
          "gaussian: N(mean_k, variance / (n_k + 1)); beta: Beta(1 + S_k, 1 + F_k) after a Bernoulli(reward) draw",
          "Agrawal & Goyal 2012 (beta), 2013 (gaussian)",
          "Feedback: bandit. Sees no constraint. The logged probability is a numerical integral (relative error about "
          "1e-5); with beta it costs about 50 times as much."};
}

std::unique_ptr<AgentFactory> make_thompson(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  return factory([grid = make_grid(settings, problem, diagnostics),
                  gaussian = settings.string("posterior") == "gaussian",
                  variance = settings.number("variance")](const Problem& p) {
    return std::make_unique<Thompson>(grid, gaussian, variance, p.reward_range);
  });
}

Description describe_random() {
  return {"random",    "a threshold drawn evenly from the grid in every epoch",
          grid_keys(), "",
          "",          "Feedback: none used. A control."};
}

std::unique_ptr<AgentFactory> make_random(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  return factory(
      [grid = make_grid(settings, problem, diagnostics)](const Problem&) { return std::make_unique<RandomArm>(grid); });
}

Description describe_fixed() {
  return {"fixed",
          "the same threshold in every epoch",
          {required("threshold", one_of({number(), dictionary_of(number())}),
                    "one for all groups, or one per group by name")},
          "",
          "",
          "Feedback: none used."};
}

std::unique_ptr<AgentFactory> make_fixed(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  const Node& given = settings.at("threshold");
  std::vector<double> threshold(problem.n_groups(), undefined);
  if (given.kind == Node::Kind::scalar) {
    std::ranges::fill(threshold, given.number());
  } else {
    for (const auto& [name, value] : given.entries) {
      const auto g = std::ranges::find(problem.groups, name) - problem.groups.begin();
      if (g == std::ssize(problem.groups))
        diagnostics.error(value, "no such group" + did_you_mean(name, problem.groups));
      else threshold[static_cast<std::size_t>(g)] = value.number();
    }
    for (std::size_t g = 0; g < threshold.size(); ++g)
      if (std::isnan(threshold[g]))
        diagnostics.error(given.mark, given.path, "has no threshold for group `" + problem.groups[g] + "`");
  }
  return factory([threshold](const Problem&) { return std::make_unique<Fixed>(threshold); });
}

}  // namespace loopgate
