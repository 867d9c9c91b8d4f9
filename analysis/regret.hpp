#pragma once

#include <span>

#include "analysis/epoch_tally.hpp"

namespace loopgate {

/// What one agent lost against a comparator in one replication, fed epoch by epoch. Rewards are expected ones, per
/// applicant and epoch; an epoch in which a reward is NaN is left out of what needs it. Each number is NaN where no
/// epoch counts. Negative regret is possible, above all where an agent violates constraints: state it beside the
/// cumulative violation.
class RegretTally {
 public:
  /// comparator: what the best feasible fixed threshold is worth in the long run, r* below.
  explicit RegretTally(double comparator) noexcept : comparator_(comparator) {}

  /// reward, residual [n_residuals] (where one is NaN the epoch counts nothing in safe regret): the agent's. at_state:
  /// what the comparator would get at the agent's own state; NaN: not known. on_path: what it gets in this epoch where
  /// it has been held from the start.
  void add(double reward, std::span<const double> residual, double at_state, double on_path) noexcept;

  /// Sum of at_state - reward: the population is taken as the agent has made it.
  double external() const noexcept { return external_.total(); }
  /// Sum of on_path - reward: the population reacts to the comparator. Arora, Dekel & Tewari 2012, arXiv 1206.6400.
  double policy() const noexcept { return policy_.total(); }
  /// Sum of max(r* - reward, largest residual).
  double safe() const noexcept { return safe_.total(); }
  /// Sum of its positive parts: what a good epoch cannot make up for.
  double safe_positive() const noexcept { return safe_positive_.total(); }
  /// r* - mean reward; read it on a tail.
  double steady_state_gap() const noexcept { return gap_.value(); }

 private:
  double comparator_;
  RunningMean external_, policy_, safe_, safe_positive_, gap_;
};

}  // namespace loopgate
