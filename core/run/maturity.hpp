#pragma once

#include <span>
#include <vector>

#include "core/model/outcomes.hpp"
#include "core/model/score_learning.hpp"
#include "core/model/utility.hpp"
#include "core/random/rng.hpp"
#include "core/run/seen_applicants.hpp"
#include "core/types.hpp"

namespace loopgate {

/// What is known of a decision's outcomes in the end, and when.
struct Maturity {
  Time delay = 0.0;           ///< until the last of its outcomes is known, or is known to be lost
  double reward = undefined;  ///< as the known outcomes tell it; NaN: nobody arrived, or all outcomes are lost
  /// Successes and failures of accepted applicants that are lost; whole numbers but in mean_field.
  double lost_successes = 0.0, lost_failures = 0.0;
};

/// Draws when a decision's last outcome is known and which are lost, from a stream of its own, by epoch.
///
/// Only the last outcome matters, since the reward is told as a whole: the longest of n independent delays has the law
/// F^n, so it is drawn from one uniform U as the time that is exceeded with probability 1 - U^(1/n), exactly, for any n
/// and in every fidelity; nothing needs the delays of single applicants. In the limit of infinitely many applicants the
/// last outcome of an unbounded law would never come; mean_field therefore takes the median of that law, U = 1/2, for
/// the scenario's own batch.
///
/// A lost outcome is one of which it is only known at its time that it will never be known. Of a accepted, m are not
/// lost and s of these succeed; the reward is that of all, with the share of successes taken from those:
/// (a / arrived) (failure + (success - failure) s / m). Outcomes are lost whatever they are, so given a, the true
/// successes and m >= 1 its mean is the true reward, and it stays in the range of rewards.
class MaturityDraw {
 public:
  /// outcomes outlives the draw.
  MaturityDraw(const Outcomes& outcomes, Fidelity fidelity, Seed seed, Replication replication,
               Stream stream = Stream::outcomes(), Stream later_parts = Stream::outcome_parts(0)) noexcept
      : outcomes_(outcomes),
        fidelity_(fidelity),
        rng_(seed, replication, stream),
        parts_rng_(seed, replication, later_parts) {}

  /// accepted > 0, of whom succeeded succeed; reward: the true one. lost: probability that an outcome is [0, 1).
  /// by_type: the same people where it matters to a score model who they are, from whom the lost outcomes are taken;
  /// else null.
  Maturity draw(std::uint32_t epoch, double accepted, double succeeded, double arrived, const Utility& utility,
                double lost, double reward, TypeTally* by_type = nullptr);
  /// Takes away the outcomes that the last draw lost: which ones of the accepted is drawn evenly, so that each is lost
  /// on its own with one probability, given how many are. all: of the same decision, every accepted one's known.
  void lose(const Maturity& drawn, SeenApplicants& all);

  /// What draw is made of, where those accepted at one decision of a stage are accepted for good part by part: how long
  /// after its acceptance the last outcome of part 0, 1, ... is known, of n > 0 outcomes; and the reward of all parts.
  /// by_type: as in draw.
  Time last_known(std::uint32_t epoch, std::uint32_t part, double n);
  double known_reward(std::uint32_t epoch, double accepted, double succeeded, double arrived, const Utility& utility,
                      double lost, TypeTally* by_type = nullptr);

  /// Of good known successes and bad known failures among accepted of arrived; NaN where no outcome is known.
  static double reward_of(double good, double bad, double accepted, double arrived, const Utility& utility) noexcept;

 private:
  double delay(double n, Rng& rng) const noexcept;
  void lose_some(double succeeded, double failed, double lost, TypeTally* by_type, Maturity& out);
  double lose_of(double n, double lost);                      ///< of n outcomes
  double lose_of_each(std::span<double> known, double lost);  ///< takes them away; gives their sum

  const Outcomes& outcomes_;
  Fidelity fidelity_;
  Rng rng_, parts_rng_;
};

/// Rewards on their way: what an agent will be told of earlier decisions.
class PendingRewards {
 public:
  struct One {
    std::uint32_t epoch;
    Time decided;
    double reward;
    std::vector<double> threshold;  ///< [n_groups] as played
    SeenApplicants seen;            ///< where the agent is told of them
    Utility utility;                ///< at the decision
  };
  /// Gives the place where it is kept.
  std::uint32_t keep(std::uint32_t epoch, Time decided, double reward, std::span<const double> threshold,
                     SeenApplicants seen = {}, Utility utility = {});
  const One& at(std::uint32_t place) const { return all_[place]; }
  void drop(std::uint32_t place) { free_.push_back(place); }

 private:
  std::vector<One> all_;
  std::vector<std::uint32_t> free_;
};

}  // namespace loopgate
