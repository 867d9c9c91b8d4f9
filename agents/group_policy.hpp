#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/model/exploration.hpp"
#include "core/model/utility.hpp"

namespace loopgate {

/// One group's law of score and outcome, cut into levels of the score: level i holds scores in [score_i, score_i+1).
struct ScoreLevels {
  std::vector<double> score;      ///< [n] increasing
  std::vector<double> mass;       ///< [n] >= 0, parts of the group, with a sum of at most 1
  std::vector<double> succeeded;  ///< [n] in [0, mass]: part of the group that is in the level and would succeed
  double tolerance = 0.0;         ///< of the scores: core/model/threshold.hpp
};

/// What threshold rules can reach in one group, with chance between them: the concave hull of the parts (accepted,
/// accepted and successful) of the group over all cuts. In other units it is the hull of the group's ROC curve.
class GroupCurve {
 public:
  explicit GroupCurve(const ScoreLevels& levels);

  /// Cuts and the probability of each: the levels from the cut on are accepted. n_levels: nobody is.
  using Mixture = std::vector<std::pair<std::uint32_t, double>>;

  struct Vertex {
    double accepted, succeeded;  ///< parts of the group
    std::uint32_t cut;           ///< the first level that is accepted
  };
  std::span<const Vertex> vertices() const noexcept { return vertices_; }  ///< from nobody to everyone
  double success_total() const noexcept { return vertices_.back().succeeded; }
  double failure_total() const noexcept { return vertices_.back().accepted - vertices_.back().succeeded; }

  double succeeded_at(double accepted) const noexcept;  ///< the most that a part accepted can hold
  double accepted_at(double succeeded) const noexcept;  ///< the least that must be accepted for it
  /// Largest true positive rate at a false positive rate; both totals > 0.
  double true_positive_at(double false_positive) const noexcept;

  Mixture accepting(double accepted) const;
  /// Rates of a point on the curve or below it, at or above the diagonal: a chance between the two points of the curve
  /// whose rates differ by as much as these (our own choice among the chords through the point). Both totals > 0.
  Mixture with_rates(double true_positive, double false_positive) const;

 private:
  std::vector<Vertex> vertices_;
};

enum class Criterion : std::uint8_t { max_utility, demographic_parity, equal_opportunity, equalised_odds };

/// How one group is decided: accepted at or above the threshold, below it by chance.
struct GroupRule {
  double threshold;
  Exploration below;
};

/// The best rule of each group [n_groups] under a criterion, in one epoch. weight [n_groups] >= 0: the groups' parts of
/// all applicants. max_utility: each on its own, the larger acceptance of equals. demographic_parity: equal selection
/// rates (Liu et al. 2018, arXiv 1803.04383). equal_opportunity: equal true positive rates; equalised_odds: equal true
/// and false positive rates (Hardt, Price & Srebro 2016, arXiv 1610.02413). Groups with no one of the kind that a rate
/// speaks of do not bind the others. Where utility.success > 0 > utility.failure does not hold there is nothing to
/// weigh: everyone or nobody is accepted, whichever is worth more.
std::vector<GroupRule> best_rules(Criterion criterion, std::span<const ScoreLevels> levels,
                                  std::span<const double> weight, const Utility& utility);

}  // namespace loopgate
