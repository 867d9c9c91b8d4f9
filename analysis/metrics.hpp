#pragma once

#include <cstddef>
#include <span>

#include "core/types.hpp"

namespace loopgate {

// Group fairness of counts. A rate keeps its two counts, so that what is undefined can still be reported.

/// A fraction of two counts or sums.
struct Ratio {
  double numerator = 0.0;
  double denominator = 0.0;
  double value() const noexcept { return denominator > 0.0 ? numerator / denominator : undefined; }
};

/// Counts of one group over some epochs; fractional under mean_field. 0 <= succeeded <= accepted, qualified <= arrived.
/// succeeded: accepted and successful. qualified: would succeed if accepted, a potential outcome.
struct GroupCounts {
  double arrived = 0.0, accepted = 0.0, succeeded = 0.0, qualified = 0.0;

  double true_positives() const noexcept { return succeeded; }
  double false_positives() const noexcept { return accepted - succeeded; }
  double false_negatives() const noexcept { return qualified - succeeded; }
  double true_negatives() const noexcept { return arrived - accepted - qualified + succeeded; }
};

Ratio selection_rate(const GroupCounts& counts) noexcept;             ///< accepted / arrived
Ratio applicant_qualification_rate(const GroupCounts&) noexcept;      ///< qualified / arrived
Ratio true_positive_rate(const GroupCounts& counts) noexcept;         ///< of the qualified, the accepted share
Ratio false_positive_rate(const GroupCounts& counts) noexcept;        ///< of the unqualified, the accepted share
Ratio positive_predictive_value(const GroupCounts& counts) noexcept;  ///< of the accepted, the qualified share
Ratio negative_predictive_value(const GroupCounts& counts) noexcept;  ///< of the rejected, the unqualified share
Ratio accuracy(const GroupCounts& counts) noexcept;                   ///< decisions that equal the potential outcome

/// How far a quantity differs between groups, over the groups where it is defined. NaN with fewer than two of them.
struct Spread {
  double gap = undefined;               ///< largest minus smallest, >= 0
  double ratio = undefined;             ///< smallest / largest; NaN where the largest is 0
  std::size_t highest = 0, lowest = 0;  ///< the worst pair: groups, the first ones of ties; valid where gap is defined
};
Spread spread(std::span<const double> by_group) noexcept;  ///< [n_groups], NaN: undefined

/// Selection rates whose ratio is at least this raise no presumption of adverse impact (29 CFR 1607.4 D).
inline constexpr double four_fifths = 0.8;

/// Largest of the gaps of true and of false positive rates (Hardt, Price & Srebro 2016, arXiv 1610.02413); NaN where
/// either is.
double equalised_odds_gap(double true_positive_gap, double false_positive_gap) noexcept;
/// Their mean (Bellamy et al. 2018, arXiv 1810.01943).
double average_odds_gap(double true_positive_gap, double false_positive_gap) noexcept;

/// A group's share of the accepted over its share of the applicants, with the selection rate of all as denominator;
/// 1: represented as it applies. NaN where nobody came or was accepted.
Ratio representation_ratio(const GroupCounts& group, const GroupCounts& all) noexcept;

/// Applicants with similar scores: how many, their mean score, their share of successes.
struct CalibrationBin {
  double n = 0.0, mean_score = 0.0, success_rate = 0.0;
};
/// Expected calibration error, sum of n |success_rate - mean_score| / sum of n (Naeini, Cooper & Hauskrecht 2015).
/// Empty bins count nothing; NaN where all are empty.
double calibration_error(std::span<const CalibrationBin> bins) noexcept;
/// The same with signs, > 0 where scores are too low.
double calibration_in_the_large(std::span<const CalibrationBin> bins) noexcept;

}  // namespace loopgate
