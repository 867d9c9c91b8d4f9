#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

// What a path of the loop tells of where it goes and how fast. Paths: one value an epoch, finite.

/// x' = intercept + slope x + noise, by least squares on a path of n + 1 values.
struct AutoRegression {
  double slope = undefined;            ///< NaN: fewer than two steps, or none that is more than rounding
  double slope_corrected = undefined;  ///< (n slope + 1) / (n - 3); NaN for n <= 3
  double fixed_point = undefined;      ///< intercept / (1 - slope); NaN where slope = 1
  double half_life = undefined;        ///< epochs, ln 0.5 / ln slope; NaN outside 0 < slope < 1
  std::size_t n = 0;                   ///< steps
};
/// Least squares comes out low by about (1 + 3 slope) / n where there is noise (Marriott & Pope 1954,
/// doi:10.1093/biomet/41.3-4.390); slope_corrected solves for the slope that it would come from. Without noise the
/// plain slope is exact.
class AutoRegressionTally {
 public:
  void add(double x) noexcept;  ///< the path's next value
  std::size_t n_steps() const noexcept { return n_; }
  AutoRegression fit() const noexcept;

 private:
  double previous_ = undefined, mean_ = 0.0, next_mean_ = 0.0, squares_ = 0.0, products_ = 0.0;
  std::size_t n_ = 0;
};
AutoRegression fit_autoregression(std::span<const double> path);

/// Factor by which the distance of two runs from different starts on the same random numbers shrinks an epoch: exp of
/// the least-squares slope of ln distance. Distances from the first below `floor` on are left out (they are rounding);
/// NaN for fewer than two that are left.
double coupling_factor(std::span<const double> distance, double floor);

/// 1-Wasserstein distance of two clouds of equally many values: mean distance in sorted order. NaN for none.
double wasserstein_distance(std::vector<double> x, std::vector<double> y);

/// A series as means of batches of equal size, which doubles where there would be too many: memory does not grow with
/// the series. At least half of `most` (even, >= 2) are kept once there were as many values; a last batch that is not
/// full is left out.
class BatchedSeries {
 public:
  explicit BatchedSeries(std::size_t most) : most_(most) {}
  void add(double y);
  std::span<const double> means() const noexcept { return means_; }
  std::size_t batch_size() const noexcept { return size_; }

 private:
  std::size_t most_, size_ = 1, held_ = 0;
  double sum_ = 0.0;
  std::vector<double> means_;
};

/// z of the difference between the means of the first and the last part of a series, shares of it, each with the
/// standard error of its means of 10 batches: dependence that dies out within a batch is accounted for, longer one
/// makes z too large. NaN where a part has fewer than 10 values, or where neither varies and the means agree. Geweke
/// 1992 takes 0.1 and 0.5; halves are 0.5 and 0.5.
double geweke_z(std::span<const double> y, double first, double last);
/// Two-sided p-value of "both parts have one mean": the same, but with the t tails of so few batches (Welch).
double drift_p_value(std::span<const double> y, double first, double last);

/// Autocorrelation of the last half of a series at the scale of settled_from: the corrected AR(1) slope of its last 50
/// batch means of a hundredth of the series each. NaN where they do not vary; EXPECTs 100 values.
double settling_dependence(std::span<const double> y);
/// Above it, settled_from is not to be trusted: at 0.3 a stationary series is called unsettled from the start in at
/// most 3.4 % (simulated AR(1) with slopes up to 0.99, with and without white noise, from 500 values on); at 0.4 in 5.9
/// %.
inline constexpr double most_settling_dependence = 0.3;

/// The first of the starts 0, 1/10, ..., 5/10 of the series from which on its first tenth has the mean of its last half
/// (drift_p_value > alpha / 6); the size of the series where there is none.
std::size_t settled_from(std::span<const double> y, double alpha);

/// Noise and drift of a signal that R replications with common random numbers gave, after the stochastically extended
/// adversary of Sachs et al. 2022 (Chen et al. 2023, arXiv:2302.04552): drift far above noise / R asks for learners
/// that forget. Gathers epoch by epoch; memory does not grow with the horizon.
class DriftLedger {
 public:
  /// start: the mean before the first epoch; NaN: the first epoch does not count as a change.
  explicit DriftLedger(double start) : previous_mean_(start) {}
  /// One epoch's values, [n_replications >= 2], the same replications in each call.
  void add(std::span<const double> values);

  double noise() const noexcept { return noise_; }  ///< sum over epochs of the variance across replications
  double drift() const noexcept { return drift_; }  ///< sum of squared changes of the mean across replications
  /// drift less what chance adds to it, sum of var(change) / R: unbiased, may be negative.
  double drift_unbiased() const noexcept { return drift_ - chance_; }

 private:
  double previous_mean_, noise_ = 0.0, drift_ = 0.0, chance_ = 0.0;
  std::vector<double> previous_;
};

/// How often a learner's intervals hold what they are for.
struct IntervalCoverage {
  std::uint64_t held = 0, n = 0;  ///< intervals of arms that were played, n at most; held: |mean - expected| <= radius
};
/// count, mean, radius, expected: [n] each, as a trace's audit holds them (arms/*); arms never played or without an
/// interval (radius NaN or infinite) are left out.
IntervalCoverage interval_coverage(std::span<const double> count, std::span<const double> mean,
                                   std::span<const double> radius, std::span<const double> expected);

}  // namespace loopgate
