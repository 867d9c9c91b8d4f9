#pragma once

#include <span>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

/// The best way to divide time between arms when constraints need to hold on average only.
struct Mixture {
  std::vector<double> weight;  ///< [n_arms] share of the time, sums to 1, at most n_residuals + 1 above 0; empty: none
  double value = undefined;    ///< its mean reward; NaN: no mixture is feasible
  std::vector<double> price;   ///< [n_residuals] reward gained per unit by which a residual's bound is relaxed, >= 0

  bool exists() const noexcept { return !weight.empty(); }
};

/// max sum_k w_k reward_k subject to sum_k w_k residual_km <= tolerance for each m, sum_k w_k = 1, w >= 0, solved by
/// the two-phase simplex method (Dantzig's rule, Bland's after a degenerate step, so that it ends). reward [n_arms];
/// residual [n_arms x n_residuals]; an arm whose reward is NaN takes no part. Exact to rounding: pivots below 1e-12
/// count as 0, so values should be of order 1.
Mixture best_mixture(std::span<const double> reward, std::span<const double> residual, double tolerance);

}  // namespace loopgate
