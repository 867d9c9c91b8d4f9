#pragma once

#include <span>
#include <vector>

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// What one common threshold is expected to give, at any state of the scenario's world, which no intervention changes.
/// A group whose score law moves is looked up in a Chebyshev interpolant of its own over the means met so far, which is
/// checked against the law itself (Trefethen 2013, Approximation Theory and Approximation Practice): quadrature in each
/// of a million epochs would take seconds to minutes.
class HeldReward {
 public:
  /// The scenario outlives it. EXPECTs a world that interventions do not change.
  HeldReward(const Scenario& scenario, double threshold);

  /// Expected utility per applicant; state [n_states] as scenario.states names it. Exact where no score law moves; else
  /// within 1e-11 of the largest utility of one applicant, or exact where no interpolant comes that near, or where more
  /// moves of the laws than their means.
  double at(std::span<const double> state);

 private:
  /// Worth of an applicant of one group as a function of the mean of its score law.
  struct Worth {
    double low = 1.0, high = 0.0;     ///< means covered; none yet
    std::vector<double> coefficient;  ///< of Chebyshev polynomials on [low, high]; empty: ask the law
  };

  double exact(GroupId g, double mean);
  double exact(GroupId g) const;
  double worth(GroupId g, double mean);
  void cover(GroupId g, double mean);

  const Scenario& scenario_;
  bool plain_;               ///< only shares and score means move
  double least_, accuracy_;  ///< least: the least accepted score
  Composition composition_;
  std::vector<double> shares_;   ///< [n_groups] scratch; the start's where no rule moves them
  std::vector<double> means_;    ///< [n_groups] same
  std::vector<double> settled_;  ///< [n_groups] worth of groups whose law stays; NaN: it moves
  std::vector<Worth> moving_;    ///< [n_groups]
};

}  // namespace loopgate
