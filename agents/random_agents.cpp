#include "agents/random_agents.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

#include "agents/arm_statistics.hpp"
#include "agents/factory.hpp"
#include "agents/grid.hpp"
#include "agents/posterior.hpp"
#include "agents/selector.hpp"
#include "core/error.hpp"
#include "core/random/samplers.hpp"
#include "core/scenario/group_values.hpp"

namespace loopgate {

namespace {

const Interval unit{0.0, 1.0};

/// Draws an arm of its grid in every epoch.
class ArmDrawer : public Agent {
 public:
  explicit ArmDrawer(ArmGrid arms) : arms_(std::move(arms)) {}

  bool randomised() const noexcept final { return true; }
  bool decides_by_group() const noexcept final { return arms_.by_group(); }
  void choice_law(std::vector<double>& threshold, std::vector<double>& probability) const final {
    LOOPGATE_EXPECT(!arms_.by_group());
    threshold = arms_.grid();
    arm_law(probability);
  }
  void group_law(GroupId g, std::vector<double>& threshold, std::vector<double>& probability) const final {
    if (!arms_.by_group()) return choice_law(threshold, probability);
    threshold = arms_.grid();
    std::vector<double> together;
    arm_law(together);
    arms_.group_law(g, together, probability);
  }

 protected:
  /// The law that the last choice was drawn from [n_arms], with sum 1. Overwritten.
  virtual void arm_law(std::vector<double>& probability) const = 0;

  ArmGrid arms_;
};

class EpsilonGreedy final : public ArmDrawer {
 public:
  EpsilonGreedy(const ArmGrid& arms, double epsilon)
      : ArmDrawer(arms),
        epsilon_(epsilon),
        statistics_(arms.size(), 1, {}),
        mean_(arms.size(), -std::numeric_limits<double>::infinity()),
        initial_(arms.size(), 1) {}

  void choose(const Observation&, Rng& rng, std::span<double> threshold) override {
    explored_first_ = !initial_.done();
    if (explored_first_) {
      arm_ = initial_.next(rng);
      probability_ = initial_.probability();
    } else {
      best_ = select_largest(mean_);
      const double n = static_cast<double>(arms_.size());
      arm_ = rng.uniform() < epsilon_ ? rng.below(static_cast<std::uint32_t>(arms_.size())) : best_;
      probability_ = epsilon_ / n + (arm_ == best_ ? 1.0 - epsilon_ : 0.0);
    }
    arms_.play(arm_, threshold);
  }
  void learn(const Feedback& feedback) override {
    if (std::isnan(feedback.reward)) return;
    const std::size_t arm = arms_.arm_of(feedback.threshold, arm_);
    statistics_.add(feedback.epoch, arm, {&feedback.reward, 1});
    mean_[arm] = statistics_.mean(0, arm);
  }
  std::vector<Parameter> parameters() const override { return {{"epsilon", unit, epsilon_, {}}}; }
  void set_parameter(std::size_t, double value) override { epsilon_ = value; }
  double arm_probability() const override { return probability_; }
  std::vector<double> arms() const override { return arms_.grid(); }
  std::vector<std::string> arm_streams() const override { return {"reward"}; }
  void beliefs(ArmBeliefs& out) const override {
    statistics_.copy(out.count, out.mean);
    out.radius.assign(arms_.size(), undefined);
  }

 protected:
  void arm_law(std::vector<double>& probability) const override {
    if (explored_first_) return initial_.law(arm_, probability);
    probability.assign(arms_.size(), epsilon_ / static_cast<double>(arms_.size()));
    probability[best_] += 1.0 - epsilon_;
  }

 private:
  double epsilon_;
  ArmStatistics statistics_;
  std::vector<double> mean_;  ///< [n_arms] of the rewards; -infinity where there were none
  InitialOrder initial_;
  std::size_t arm_ = 0, best_ = 0;
  bool explored_first_ = false;  ///< the last choice was of the initial order
  double probability_ = 1.0;
};

/// Keeps a posterior law of each arm's mean reward, on the reward range mapped to [0, 1].
template <class Law>
class Thompson final : public ArmDrawer {
 public:
  Thompson(const ArmGrid& arms, double variance, Interval reward_range)
      : ArmDrawer(arms),
        variance_(variance),
        range_(reward_range),
        count_(arms.size(), 0.0),
        sum_(arms.size(), 0.0),
        posterior_(arms.size(), law(0)) {}

  void choose(const Observation& observation, Rng& rng, std::span<double> threshold) override {
    absorb(observation.epoch, rng);
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < arms_.size(); ++k) {
      const double draw = posterior_[k].draw(rng);
      if (draw > best) {
        best = draw;
        arm_ = k;
      }
    }
    arms_.play(arm_, threshold);
  }

  void learn(const Feedback& feedback) override {
    if (std::isnan(feedback.reward)) return;
    const std::size_t arm = arms_.arm_of(feedback.threshold, arm_);
    told_.push_back({feedback.epoch, arm, (feedback.reward - range_.low) / range_.width()});
  }

  double arm_probability() const override { return probability_largest(posterior_, arm_); }
  double probability_error() const noexcept override { return 1e-6; }  // of probability_largest
  double propensity_error() const noexcept override { return 1e-5; }
  std::vector<double> arms() const override { return arms_.grid(); }
  std::vector<std::string> arm_streams() const override { return {"reward"}; }
  /// Of the posteriors as they are; rewards told since the last choice are not yet in them.
  void beliefs(ArmBeliefs& out) const override {
    out.count = count_;
    out.mean.clear();
    for (std::size_t k = 0; k < arms_.size(); ++k)
      out.mean.push_back(count_[k] > 0.0 ? range_.low + range_.width() * sum_[k] / count_[k] : undefined);
    out.radius.assign(arms_.size(), undefined);
  }

 protected:
  void arm_law(std::vector<double>& probability) const override {
    probabilities_largest(posterior_, probability);
    const double total =
        std::accumulate(probability.begin(), probability.end(), 0.0);  // 1 but for the integrals' error
    for (double& p : probability) p /= total;
  }

 private:
  static constexpr bool whole_successes = std::is_same_v<Law, BetaLaw>;

  /// A beta posterior counts whole successes: a reward in [0, 1] counts as one with that probability, and one that an
  /// intervention on the utility took out of that range as its nearest end.
  ///
  /// The coin of a decision is the first number of the epoch after it, whenever its reward comes.
  void absorb(std::uint32_t epoch, Rng& rng) {
    double coin = undefined;
    if constexpr (whole_successes) coin = epoch > 0 ? rng.uniform() : undefined;
    for (const Told& one : told_) {
      count_[one.arm] += 1.0;
      if constexpr (whole_successes)
        sum_[one.arm] += (one.epoch + 1 == epoch ? coin : late_coin(one.epoch, rng)) < one.unit_reward ? 1.0 : 0.0;
      else sum_[one.arm] += one.unit_reward;
      posterior_[one.arm] = law(one.arm);
    }
    told_.clear();
  }
  static double late_coin(std::uint32_t epoch, Rng rng) {
    rng.begin_epoch(epoch + 1);
    return rng.uniform();
  }

  Law law(std::size_t k) const {
    if constexpr (whole_successes) return {1.0 + sum_[k], 1.0 + count_[k] - sum_[k]};
    else return {count_[k] > 0.0 ? sum_[k] / count_[k] : 0.5, std::sqrt(variance_ / (count_[k] + 1.0))};
  }

  double variance_;
  Interval range_;
  std::vector<double> count_, sum_;  ///< [n_arms] rounds, and rewards on [0, 1] (beta: successes)
  std::vector<Law> posterior_;
  std::size_t arm_ = 0;
  struct Told {
    std::uint32_t epoch;
    std::size_t arm;
    double unit_reward;
  };
  std::vector<Told> told_;  ///< rewards that are not yet in the posterior
};

class RandomArm final : public ArmDrawer {
 public:
  using ArmDrawer::ArmDrawer;
  void choose(const Observation&, Rng& rng, std::span<double> threshold) override {
    arms_.play(rng.below(static_cast<std::uint32_t>(arms_.size())), threshold);
  }
  void learn(const Feedback&) override {}
  double arm_probability() const override { return 1.0 / static_cast<double>(arms_.size()); }

 protected:
  void arm_law(std::vector<double>& probability) const override {
    probability.assign(arms_.size(), 1.0 / static_cast<double>(arms_.size()));
  }
};

class Fixed final : public Agent {
 public:
  explicit Fixed(std::vector<double> threshold) : threshold_(std::move(threshold)) {}
  void choose(const Observation&, Rng&, std::span<double> threshold) override {
    std::ranges::copy(threshold_, threshold.begin());
  }
  void learn(const Feedback&) override {}
  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all;
    for (std::size_t g = 0; g < threshold_.size(); ++g)
      all.push_back({"threshold", {}, threshold_[g], static_cast<GroupId>(g)});
    return all;
  }
  void set_parameter(std::size_t g, double value) override { threshold_[g] = value; }

 private:
  std::vector<double> threshold_;  ///< [n_groups]
};

const Interval positive{0.0, std::numeric_limits<double>::infinity(), true};

Description describe_epsilon_greedy() {
  return {"epsilon_greedy",
          "best mean reward so far, or with probability epsilon any threshold",
          arm_keys({defaulted("epsilon", number(unit), "0.1", "probability of exploring")}),
          "argmax_k R_k with probability 1 - epsilon, else uniform",
          "Auer, Cesa-Bianchi & Fischer 2002, doi:10.1023/A:1013689704352",
          "Feedback: bandit. Sees no constraint. Plays each threshold once first."};
}

std::unique_ptr<AgentFactory> make_epsilon_greedy(const Node& settings, const Problem& problem,
                                                  Diagnostics& diagnostics) {
  const ArmGrid arms = make_arms(settings, problem, diagnostics);
  check_initial_order(settings, arms, 1, problem, diagnostics);
  return factory([arms, epsilon = settings.number("epsilon")](const Problem&) {
    return std::make_unique<EpsilonGreedy>(arms, epsilon);
  });
}

Description describe_thompson() {
  return {"thompson",
          "the threshold whose reward, drawn from its posterior, is the largest",
          arm_keys({defaulted("posterior", choice({"gaussian", "beta"}), "gaussian",
                              "law of an arm's mean reward, on the reward range mapped to [0, 1]"),
                    defaulted("variance", number(positive), "0.25", "gaussian: variance of one reward on [0, 1]")}),
          "gaussian: N(mean_k, variance / (n_k + 1)); beta: Beta(1 + S_k, 1 + F_k) after a Bernoulli(reward) draw",
          "Agrawal & Goyal 2012 (beta), 2013 (gaussian)",
          "Feedback: bandit. Sees no constraint. Logged probabilities are numerical integrals: that of an arm is off "
          "by less than 1e-6, a propensity by less than 1e-5, as the trace says (absolute_error)."};
}

std::unique_ptr<AgentFactory> make_thompson(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  return factory([arms = make_arms(settings, problem, diagnostics),
                  gaussian = settings.string("posterior") == "gaussian",
                  variance = settings.number("variance")](const Problem& p) -> std::unique_ptr<Agent> {
    if (gaussian) return std::make_unique<Thompson<NormalLaw>>(arms, variance, p.reward_range);
    return std::make_unique<Thompson<BetaLaw>>(arms, variance, p.reward_range);
  });
}

Description describe_random() {
  return {"random",   "a threshold drawn evenly from the grid in every epoch",
          arm_keys(), "",
          "",         "Feedback: none used. A control."};
}

std::unique_ptr<AgentFactory> make_random(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  return factory(
      [arms = make_arms(settings, problem, diagnostics)](const Problem&) { return std::make_unique<RandomArm>(arms); });
}

Description describe_fixed() {
  return {"fixed",
          "the same threshold in every epoch",
          {required("threshold", group_values_schema(), "one for all groups, or one per group by name")},
          "",
          "",
          "Feedback: none used."};
}

std::unique_ptr<AgentFactory> make_fixed(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  const auto threshold = group_values(settings.at("threshold"), problem.groups, "threshold", diagnostics);
  return factory([threshold](const Problem&) { return std::make_unique<Fixed>(threshold); });
}

}  // namespace

void register_random_agents(Catalog& catalog) {
  catalog.agents.add(describe_epsilon_greedy(), make_epsilon_greedy);
  catalog.agents.add(describe_thompson(), make_thompson);
  catalog.agents.add(describe_random(), make_random);
  catalog.agents.add(describe_fixed(), make_fixed);
}

}  // namespace loopgate
