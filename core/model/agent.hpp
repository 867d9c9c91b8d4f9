#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/constraint.hpp"
#include "core/model/exploration.hpp"
#include "core/model/parameter.hpp"
#include "core/model/utility.hpp"
#include "core/random/rng.hpp"
#include "core/types.hpp"

namespace loopgate {

class ApplicantLaw;
class Composition;

/// What an agent may see, in growing order. bandit: reward and residuals of the threshold it played. semi: also group,
/// score and decision of all, success of the accepted. full: also success of the rejected (oracles and tests).
enum class FeedbackRegime : std::uint8_t { bandit, semi, full };

/// What an agent is told before it starts: the rules of the game, nothing of the population.
struct Problem {
  std::vector<std::string> groups;          ///< [n_groups] names
  Interval score_range;                     ///< of the score model; ends may be infinite
  double score_tolerance = 0.0;             ///< see threshold.hpp
  Interval reward_range;                    ///< of an epoch's reward
  std::vector<std::string> residual_names;  ///< [n_residuals]
  std::vector<Interval> residual_ranges;    ///< [n_residuals]
  // Both ranges are those of the start: nobody is told of interventions to come, so until one happens an agent does
  // the same with it and without. After one on a utility, a tolerance or a floor, values may lie outside.
  std::uint32_t n_epochs = 0;  ///< decisions in a replication
  bool rates_suffice = true;   ///< no residual takes the outcomes of the rejected

  std::size_t n_groups() const noexcept { return groups.size(); }
  std::size_t n_residuals() const noexcept { return residual_names.size(); }
};

/// What an oracle knows: the law that applicants follow, the state that it is in and what the accepted are worth, now.
struct KnownWorld {
  const ApplicantLaw& law;
  const Composition& composition;
  Utility utility;
};

/// Before a decision.
struct Observation {
  std::uint32_t epoch;  ///< 0, 1, ...
  Time now;
  const KnownWorld* world = nullptr;  ///< full: lasts during the call; else null
};

/// What decisions of an epoch are worth and how far they are from the constraints, as both were at the decision: with
/// what semi feedback tells, a learner can judge thresholds that it did not play.
class Rules {
 public:
  virtual ~Rules() = default;
  /// What would be told as the reward of arrived applicants, accepted [n_groups] of them; succeeded and failed
  /// [n_groups]: of the accepted, those whose outcome is known. NaN: nobody arrived, or no outcome is known of some.
  virtual double reward(double arrived, std::span<const double> accepted, std::span<const double> succeeded,
                        std::span<const double> failed) const = 0;
  /// What would be told as the residuals [n_residuals] of arrived [n_groups], accepted [n_groups] of them. Only where
  /// Problem::rates_suffice, and with the part of a feedback that tells of rates.
  virtual void residuals(std::span<const double> arrived, std::span<const double> accepted,
                         std::span<double> out) const = 0;
};

/// What a feedback tells of its decision. Where outcomes take time, the rates come at the decision and the reward once
/// the last outcome is known, or never.
enum class FeedbackPart : std::uint8_t { whole, rates, reward };

/// After a decision, possibly late.
struct Feedback {
  std::uint32_t epoch;  ///< the decision's
  Time decided, now;
  std::span<const double> threshold;  ///< [n_groups] as played
  double reward;  ///< utility of the batch / arrivals, as far as it is known; NaN: nobody arrived, or not in this part
  std::span<const double> residual;        ///< [n_residuals] signed; NaN: undefined in this epoch, or not in this part
  std::span<const std::uint32_t> group;    ///< semi and full: [n] all applicants; bandit: empty
  std::span<const double> score;           ///< same
  std::span<const std::uint8_t> accepted;  ///< same
  std::span<const double> success;         ///< same: 1, 0, or NaN where rejected (semi)
  FeedbackPart part = FeedbackPart::whole;
  const Rules* rules = nullptr;  ///< semi and full: of the decision
  /// What came of its own exploring, for agents that explore: applicants, those below the threshold, and those of them
  /// who were accepted to learn. Fractional in mean_field; NaN for other agents.
  double arrived = undefined, below = undefined, explored = undefined;
};

/// What a learner holds of its arms, all [n_streams x n_arms]. Streams are what it averages: the reward first.
struct ArmBeliefs {
  std::vector<double> count;   ///< observations, discounted or windowed where the agent does so
  std::vector<double> mean;    ///< NaN where the count is 0
  std::vector<double> radius;  ///< half-width of its confidence interval now; infinite at count 0; NaN: it has none
};

/// Chooses thresholds online. One object serves one replication. choose is called once per epoch, learn once or, in
/// two parts, twice a decision.
class Agent {
 public:
  virtual ~Agent() = default;
  virtual FeedbackRegime needs() const noexcept { return FeedbackRegime::bandit; }
  /// Writes the threshold of each group (score units). rng is the agent's own stream, put to the start of this epoch.
  virtual void choose(const Observation& observation, Rng& rng, std::span<double> threshold) = 0;
  /// Feedback belongs to its decision, not to the last choice. Whatever the order in which decisions and their parts
  /// come, what has been learnt from the same feedback is the same but for rounding (1e-12).
  virtual void learn(const Feedback& feedback) = 0;

  /// What interventions can change of the agent, and a change of it: parameters()[i] takes a value of its range.
  virtual std::vector<Parameter> parameters() const { return {}; }
  virtual void set_parameter(std::size_t /*i*/, double /*value*/) {}

  virtual bool randomised() const noexcept { return false; }
  /// Probability with which the last choose played what it played [0, 1]. Meaningful for randomised agents only.
  virtual double arm_probability() const { return 1.0; }
  /// Randomised agents: the law that the last choice was drawn from, thresholds of all groups increasing [n] and their
  /// probabilities [n] with sum 1. Both are overwritten. May be dear: asked for only where applicants are logged or a
  /// score model weighs them. Agents that explore: sums up to a score give the whole chance of being accepted with it,
  /// so a probability may be below 0 where that chance falls.
  virtual void choice_law(std::vector<double>& threshold, std::vector<double>& probability) const {
    threshold.clear();
    probability.clear();
  }

  /// Largest absolute error of arm_probability, and of sums of choice_law or group_law; 0: they are exact.
  virtual double probability_error() const noexcept { return 0.0; }
  virtual double propensity_error() const noexcept { return 0.0; }

  /// Agents whose thresholds or rules differ by group: the same law for each group on its own, and choice_law may not
  /// be asked for. Others have one for all, and this is it.
  virtual bool decides_by_group() const noexcept { return false; }
  virtual void group_law(GroupId /*g*/, std::vector<double>& threshold, std::vector<double>& probability) const {
    choice_law(threshold, probability);
  }

  /// Agents that accept some of those below their threshold: fixed.
  virtual bool explores() const noexcept { return false; }
  /// Such agents: how the last choice explores in each group [n_groups], or in all of them [1].
  virtual std::span<const Exploration> exploration() const { return {}; }

  /// Learners on a grid: its thresholds and the names of the streams [n_streams], both fixed; empty for other agents.
  /// The thresholds are the arms [n_arms], which the trace can audit, unless it decides by group and plays combinations
  /// of them.
  virtual std::vector<double> arms() const { return {}; }
  virtual std::vector<std::string> arm_streams() const { return {}; }
  virtual void beliefs(ArmBeliefs& out) const { out = {}; }
  /// What the streams would average for an arm of this expected reward and these expected residuals: out [n_streams].
  virtual void stream_values(double reward, std::span<const double> residual, std::span<double> out) const {
    for (std::size_t s = 0; s < out.size(); ++s) out[s] = s == 0 ? reward : residual[s - 1];
  }
};

/// The thresholds [n_arms] of the arms that the trace can audit; empty for agents without such.
inline std::vector<double> audited_arms(const Agent& agent) {
  return agent.decides_by_group() ? std::vector<double>{} : agent.arms();
}

/// Makes fresh agents for a problem, one for each replication.
class AgentFactory {
 public:
  virtual ~AgentFactory() = default;
  virtual std::unique_ptr<Agent> make(const Problem& problem) const = 0;
};

}  // namespace loopgate
