#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/random/rng.hpp"

namespace loopgate {

// Intervals across replications. The replication is the unit: epochs of one run depend on each other, replications do
// not. x: one finite value a replication.

/// A mean with a confidence interval.
struct Estimate {
  double mean = undefined;                   ///< NaN: no values
  double low = undefined, high = undefined;  ///< NaN: fewer than two values, so nothing tells how far they spread
  std::size_t n = 0;                         ///< values
};

double mean(std::span<const double> x) noexcept;             ///< NaN for none
double sample_variance(std::span<const double> x) noexcept;  ///< divisor n - 1; NaN for fewer than two

/// Student's t interval. Exact for normal values; for skewed ones its coverage is off by O(n^-1/2) on each side.
/// level in (0, 1), such as 0.95.
Estimate t_interval(std::span<const double> x, double level);
/// The same from the mean and the sample variance of n >= 1 values; no interval for one.
Estimate t_interval(double mean, double variance, std::size_t n, double level);

/// Student's t interval after Hall's cubic transformation, which takes the skewness of the values out of t (Hall 1992,
/// J. R. Stat. Soc. B 54:221): that of t where the values are symmetric, and wrong half as often where they are skewed.
Estimate hall_interval(std::span<const double> x, double level);

/// Means of n_resamples samples of size n drawn from x with replacement.
std::vector<double> bootstrap_means(std::span<const double> x, std::size_t n_resamples, Rng& rng);

/// Acceleration of the mean, sum d^3 / (6 (sum d^2)^1.5), where d_i is what leaving x_i out takes from the jackknife
/// mean: a sixth of the skewness of the mean. 0 where all values are equal. Efron 1987, doi:10.2307/2289144.
double bca_acceleration(std::span<const double> x);

/// Bias-corrected and accelerated bootstrap interval of the mean (Efron 1987): follows the skewness of the values, and
/// never leaves their range. For 50 values and more: below 30 it is too short even for normal values, as bootstrap
/// intervals are, and with ten it errs on skewed ones as often as t (docs/inference.md has the shares).
Estimate bca_interval(std::span<const double> x, double level, std::size_t n_resamples, Rng& rng);
/// bca_interval of each sample, from numbers that go on where rng stands: samples of equal size meet the same
/// resamples, which are drawn once for many of them.
std::vector<Estimate> bca_intervals(std::span<const std::vector<double>> samples, double level, std::size_t n_resamples,
                                    const Rng& rng);

/// Resamples of every interval that is reported, and the numbers that draw them, of which there is one set for all
/// metrics and agents: an interval does not depend on what else is asked for. Efron & Tibshirani 1993 ask for 1,000.
inline constexpr std::size_t reported_resamples = 10000;
Rng interval_numbers(Seed seed) noexcept;

/// Independent values of a law of width `width` whose mean is then within half_width with probability >= level,
/// whatever the law. Hoeffding 1963, doi:10.2307/2282952.
std::size_t hoeffding_sample_size(double half_width, double width, double level);
double hoeffding_half_width(std::size_t n, double width, double level);

}  // namespace loopgate
