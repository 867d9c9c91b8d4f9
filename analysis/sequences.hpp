#pragma once

#include <cstddef>
#include <span>

#include "analysis/intervals.hpp"
#include "core/types.hpp"

namespace loopgate {

// Anytime-valid statements on one run, epoch by epoch: they hold at all epochs at once with probability 1 - alpha, so
// that one may look, stop and go on at will. Values lie in a known interval; each has a mean given the past, and what
// is covered is the running average of these means, which may drift with the loop. Howard, Ramdas, McAuliffe & Sekhon
// 2021, doi:10.1214/20-AOS1991.

/// Tuning of the normal mixture that is nearly narrowest at intrinsic time v_opt (after n values of width w: n w^2 /
/// 4).
double normal_mixture_rho(double v_opt, double alpha);
/// Two-sided: |sum of (value - its mean)| exceeds this at some intrinsic time v with probability <= alpha.
double normal_mixture_boundary(double v, double rho, double alpha);
/// One-sided, by polynomial stitching (their theorem 1, with s = 1.4, eta = 2): crossed with probability <= alpha. v
/// below v_min counts as v_min. scale: 0 for sub-Gaussian sums; the values' width for empirical variances v.
double stitched_boundary(double v, double v_min, double scale, double alpha);

/// A confidence sequence for the running average of conditional means, from nothing but the values' range: the normal
/// mixture with intrinsic time n width^2 / 4. Constant memory.
class MixtureSequence {
 public:
  /// range: finite, low < high. n_opt: values after which it is to be narrowest, such as the horizon.
  MixtureSequence(Interval range, double alpha, std::size_t n_opt);
  void add(double value);  ///< EXPECTs it in the range
  Estimate estimate() const;

 private:
  Interval range_;
  double alpha_, rho_, sum_ = 0.0;
  std::size_t n_ = 0;
};

/// The same with the values' own variance as intrinsic time (empirical Bernstein: their theorem 4): far narrower for
/// values that vary little for their range, such as a violation that is mostly 0.
class BernsteinSequence {
 public:
  BernsteinSequence(Interval range, double alpha);
  void add(double value);
  Estimate estimate() const;

 private:
  Interval range_;
  double alpha_, sum_ = 0.0, squares_ = 0.0;  ///< squares: of each value less the mean of those before
  std::size_t n_ = 0;
};

/// Lower confidence bound of a *constant* mean of values in [0, 1] by the predictable-mixture empirical Bernstein
/// martingale; the upper one is 1 - the lower one of 1 - x. Under drift use the sequences above. start_mean predicts
/// the first value. Never below 0; 0 for no values. Waudby-Smith & Ramdas 2024, theorem 2, doi:10.1093/jrsssb/qkad009.
double predictable_mixture_lower(std::span<const double> x, double alpha, double start_mean);

/// Evidence against "the mean of d given the past is never above 0", d in [-1, 1]: prod (1 + lambda_i d_i), with bets
/// lambda_i in [0, 0.5] that may depend on d_0..d_{i-1} only. It exceeds 1 / alpha ever with probability <= alpha, so
/// that replications may be added until it does. 1 for no values.
double e_value(std::span<const double> d, std::span<const double> lambda);

}  // namespace loopgate
