#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

/// What one signed residual (met iff <= limit_tolerance) did over the epochs of a run, fed one by one. NaN: an epoch in
/// which it was undefined; it counts as an epoch and as nothing else, and a spell goes on across it.
class ConstraintStatistics {
 public:
  /// average_over: epochs (>= 1) whose mean residual has to be <= limit_tolerance for the constraint to count as met.
  explicit ConstraintStatistics(std::uint32_t average_over);
  void add(double residual);

  std::uint64_t n_epochs() const noexcept { return n_epochs_; }
  std::uint64_t n_defined() const noexcept { return n_defined_; }
  std::uint64_t n_violations() const noexcept { return n_violations_; }
  double violation_frequency() const noexcept;   ///< violations / defined epochs [0, 1]; NaN: none defined
  double cumulative_violation() const noexcept;  ///< sum of the positive parts, which cannot cancel; NaN: none defined
  double mean_violation() const noexcept;        ///< the same per defined epoch
  double cumulative_residual() const noexcept;   ///< signed sum; NaN: none defined
  double mean_residual() const noexcept;         ///< the same per defined epoch
  double worst_excursion() const noexcept;       ///< largest residual's positive part; NaN: none defined
  double peak_cumulative() const noexcept;       ///< largest signed sum of a beginning of the run, at least 0
  double longest_spell() const noexcept;         ///< most defined epochs violated without a break; NaN: none defined
  /// Epochs until the mean of the last `average_over` defined residuals is first met, counted from 1. NaN: not yet
  /// (censored at n_epochs).
  double time_to_feasibility() const noexcept { return time_to_feasibility_; }

 private:
  void watch_average(double residual);

  std::vector<double> last_;  ///< ring of the last residuals
  std::uint64_t n_epochs_ = 0, n_defined_ = 0, n_violations_ = 0, spell_ = 0, longest_spell_ = 0;
  double violation_ = 0.0, residual_ = 0.0, worst_ = 0.0, peak_ = 0.0, last_sum_ = 0.0;
  double time_to_feasibility_ = undefined;
};

/// Largest of the residuals. NaN where one is, since it might be the largest, or where there are none.
double worst_residual(std::span<const double> residuals) noexcept;

// Times until something happens, some of which are only known to be longer (Kaplan & Meier 1958, doi:10.2307/2281868).
// times: [n] > 0; observed: [n], 0 where the time is censored: it had not happened by then.

/// Estimate of the share whose time is longer than `at`; beyond the last time as there. NaN: no times.
double survival(std::span<const double> times, std::span<const std::uint8_t> observed, double at);

/// Expected time up to `until`: the area under the survival curve. NaN: no times.
double restricted_mean_time(std::span<const double> times, std::span<const std::uint8_t> observed, double until);
/// Up to the last time seen.
double restricted_mean_time(std::span<const double> times, std::span<const std::uint8_t> observed);

/// n m - (n - 1) m_i, where m is the restricted mean up to the last time and m_i the same without time i: what each
/// contributes, whose spread is that of m (Andersen, Klein & Rosthoej 2003, doi:10.1093/biomet/90.1.15). The times
/// themselves where censored ones are all the longest. [n]
std::vector<double> restricted_mean_contributions(std::span<const double> times,
                                                  std::span<const std::uint8_t> observed);

}  // namespace loopgate
