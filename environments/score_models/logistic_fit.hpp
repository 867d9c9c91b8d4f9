#pragma once

#include <span>
#include <vector>

#include "core/model/dataset.hpp"

namespace loopgate {

/// How rows of data become terms of a linear score: a leading 1, numeric features standardised by the mean and sd of
/// chosen rows, one-hot features as they are, constant ones dropped by a scale of 0.
class Design {
 public:
  Design(const Dataset& data, const std::vector<std::size_t>& standard_rows);
  /// [chosen.size() x (n_features + 1)] row-major.
  std::vector<double> rows(const Dataset& data, const std::vector<std::size_t>& chosen) const;

 private:
  std::vector<double> mean_, scale_;  ///< [n_features]
};

/// Minimises sum_i (total_i ln(1 + e^{z_i}) - positive_i z_i) + l2 / 2 |w|^2, z = x w, the intercept w_0 free: with
/// total 1 and positive 0 or 1 the log loss of one label, with sums of weights that of many. x [n x w.size()] row-major
/// with a leading 1; total [n] >= 0; positive [n], which may leave [0, total]. w: the start, then the minimum. Newton
/// steps, halved until the objective falls; false where they do not come to rest, and then w means nothing.
bool fit_logistic(std::span<const double> x, std::span<const double> total, std::span<const double> positive, double l2,
                  std::span<double> w);

/// 1 / (1 + exp(-x w)): [n].
std::vector<double> logistic_scores(std::span<const double> x, std::span<const double> w);

}  // namespace loopgate
