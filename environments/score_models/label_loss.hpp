#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace loopgate {

/// What a model minimises that learns from outcomes of the accepted alone. Of n applicants, A_i = 1 iff accepted, y_i
/// the outcome, e_i the probability of acceptance clipped from below at M, Y_i = A_i y_i, and l(y) the loss of a score:
/// naive: sum A l(y) / sum A. ipw: sum (A / e) l(y) / n. self_normalised_ipw: sum (A / e) l(y) / sum (A / e).
/// implicit: sum [(Y / e) l(1) + (1 - Y / e) l(0)] / n (Saito et al. 2020, arXiv 1909.03601), which takes a rejection
/// for a failure and mends it through e; its weights may be negative.
enum class LabelLoss : std::uint8_t { naive, ipw, self_normalised_ipw, implicit };

/// Weighted labels of like applicants: their loss is positive l(1) + (total - positive) l(0).
struct WeightedLabels {
  double total = 0.0, positive = 0.0;
};

/// Sums of weighted labels by type, from which every loss follows.
class LabelSums {
 public:
  LabelSums(LabelLoss loss, std::size_t n_types) : loss_(loss), total_(n_types, 0.0), positive_(n_types, 0.0) {}

  /// Outcomes of applicants of one type at one propensity e > 0 (for naive any): counts, fractional in mean_field.
  void add_observed(std::size_t type, double arrived, double accepted, double succeeded, double propensity);
  /// Labels that were made up for rejected applicants, whom add_observed has counted among the arrived. Their weight
  /// is 1.
  void add_pseudo(std::size_t type, double labels, double positive);
  void add(const LabelSums& other);
  /// Weighs all that was added by factor >= 0.
  void scale(double factor);

  std::span<const double> total() const noexcept { return total_; }        ///< [n_types]
  std::span<const double> positive() const noexcept { return positive_; }  ///< [n_types]
  /// The loss itself: success, failure [n_types] are l(1) and l(0) of each type's score. NaN where nothing was added.
  double mean(std::span<const double> success, std::span<const double> failure) const;
  /// By this the sums are multiplied so that they estimate the summed loss of all applicants (naive: of the accepted).
  double fit_scale() const noexcept { return loss_ == LabelLoss::self_normalised_ipw ? applicants_ / weight_ : 1.0; }
  double observed() const noexcept { return observed_; }  ///< accepted applicants
  /// (sum w)^2 / sum w^2 over labels; NaN where there are none.
  double effective_sample_size() const noexcept;

 private:
  double normaliser() const noexcept;

  LabelLoss loss_;
  std::vector<double> total_, positive_;
  double applicants_ = 0.0, observed_ = 0.0;
  double weight_ = 0.0, squares_ = 0.0;  ///< of labels: sum w, sum w^2
};

/// Weighted labels of applicants, as LabelSums adds them.
WeightedLabels weigh(LabelLoss loss, double arrived, double accepted, double succeeded, double propensity) noexcept;

}  // namespace loopgate
