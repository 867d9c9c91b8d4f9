#pragma once

#include <span>
#include <vector>

#include "analysis/intervals.hpp"

namespace loopgate {

/// What replications say on rate_low >= 0.8 rate_high for two groups, by the contrast rate_low - 0.8 rate_high of each
/// replication: linear in the rates, so that its mean is unbiased for that of the expected rates, as the mean of
/// ratios is not.
struct RateContrast {
  std::size_t low = 0, high = 0;  ///< groups
  double mean = undefined;        ///< of the contrast; NaN: no replication
  double t = undefined;  ///< (mean + limit_tolerance) / standard error; infinite where the contrast does not vary, NaN
                         ///< for fewer than two replications
  std::size_t n = 0;     ///< replications in which both rates are defined
};

/// The four-fifths rule over all ordered pairs of groups.
struct FourFifths {
  /// Every contrast's t is at least the 0.975 quantile of Student's t: all have to hold, so each at its own level is
  /// enough (intersection-union).
  bool met = false;
  /// Some t is below minus the quantile at violated_level. Of either, wrong with probability <= 0.025 for normal rates.
  bool violated = false;
  RateContrast worst;  ///< the contrast of smallest t, of equals of smallest mean
  /// Ratio of the mean rates of its groups, low at 0.975 and high at violated_level, so that interval and verdict agree
  /// (Fieller 1954, doi:10.1111/j.2517-6161.1954.tb00159.x). Ends NaN where the larger rate is not told from 0.
  Estimate ratio;
};

/// 1 - 0.025 / floor(G^2 / 4), G >= 2 groups: at a ratio of 0.8 so many contrasts can be 0 at once, where half of the
/// groups are at the highest rate and half at 0.8 of it, and the others are above.
double violated_level(std::size_t n_groups);

/// rates: [n_groups][n_replications] selection rates, NaN where nobody of the group came; EXPECTs two groups with a
/// rate at least. Groups that never have one are left out.
FourFifths judge_four_fifths(std::span<const std::vector<double>> rates);

}  // namespace loopgate
