#include "analysis/constraint_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/tolerance.hpp"
#include "core/error.hpp"

namespace loopgate {

ConstraintStatistics::ConstraintStatistics(std::uint32_t average_over) : last_(average_over, 0.0) {
  LOOPGATE_EXPECT(average_over >= 1);
}

void ConstraintStatistics::add(double residual) {
  ++n_epochs_;
  if (std::isnan(residual)) return;
  if (is_violated(residual)) {
    ++n_violations_;
    violation_ += residual;
    longest_spell_ = std::max(longest_spell_, ++spell_);
    worst_ = std::max(worst_, residual);
  } else {
    spell_ = 0;
  }
  residual_ += residual;
  peak_ = std::max(peak_, residual_);
  if (std::isnan(time_to_feasibility_)) watch_average(residual);
  ++n_defined_;
}

void ConstraintStatistics::watch_average(double residual) {
  double& oldest = last_[n_defined_ % last_.size()];
  last_sum_ += residual - oldest;
  oldest = residual;
  // The running sum is off by rounding; the exact one decides where that could matter.
  const double size = static_cast<double>(last_.size());
  if (n_defined_ + 1 < last_.size() || is_violated(0.5 * last_sum_ / size)) return;
  last_sum_ = std::accumulate(last_.begin(), last_.end(), 0.0);
  if (!is_violated(last_sum_ / size)) time_to_feasibility_ = static_cast<double>(n_epochs_);
}

double ConstraintStatistics::violation_frequency() const noexcept {
  return n_defined_ > 0 ? static_cast<double>(n_violations_) / static_cast<double>(n_defined_) : undefined;
}
double ConstraintStatistics::cumulative_violation() const noexcept { return n_defined_ > 0 ? violation_ : undefined; }
double ConstraintStatistics::mean_violation() const noexcept {
  return n_defined_ > 0 ? violation_ / static_cast<double>(n_defined_) : undefined;
}
double ConstraintStatistics::cumulative_residual() const noexcept { return n_defined_ > 0 ? residual_ : undefined; }
double ConstraintStatistics::mean_residual() const noexcept {
  return n_defined_ > 0 ? residual_ / static_cast<double>(n_defined_) : undefined;
}
double ConstraintStatistics::worst_excursion() const noexcept { return n_defined_ > 0 ? worst_ : undefined; }
double ConstraintStatistics::peak_cumulative() const noexcept { return n_defined_ > 0 ? peak_ : undefined; }
double ConstraintStatistics::longest_spell() const noexcept {
  return n_defined_ > 0 ? static_cast<double>(longest_spell_) : undefined;
}

double worst_residual(std::span<const double> residuals) noexcept {
  if (residuals.empty() || std::ranges::any_of(residuals, [](double one) { return std::isnan(one); })) return undefined;
  return std::ranges::max(residuals);
}

namespace {

/// Calls step(time, survival before it) at each observed time, in order; returns the survival at the end.
template <class Step>
double walk(std::span<const double> times, std::span<const std::uint8_t> observed, double until, Step step) {
  LOOPGATE_EXPECT(times.size() == observed.size());
  std::vector<double> events;
  for (std::size_t i = 0; i < times.size(); ++i)
    if (observed[i] != 0 && times[i] <= until) events.push_back(times[i]);
  std::ranges::sort(events);
  double alive = 1.0;
  for (std::size_t i = 0; i < events.size();) {
    const double at = events[i];
    const auto died = std::ranges::count(events, at);
    const auto at_risk = std::ranges::count_if(times, [at](double time) { return time >= at; });
    step(at, alive);
    alive *= 1.0 - static_cast<double>(died) / static_cast<double>(at_risk);
    i += static_cast<std::size_t>(died);
  }
  return alive;
}

}  // namespace

double survival(std::span<const double> times, std::span<const std::uint8_t> observed, double at) {
  return times.empty() ? undefined : walk(times, observed, at, [](double, double) {});
}

double restricted_mean_time(std::span<const double> times, std::span<const std::uint8_t> observed, double until) {
  if (times.empty()) return undefined;
  double area = 0.0, from = 0.0;
  const double alive = walk(times, observed, until, [&](double at, double before) {
    area += before * (at - from);
    from = at;
  });
  return area + alive * (until - from);
}

double restricted_mean_time(std::span<const double> times, std::span<const std::uint8_t> observed) {
  return times.empty() ? undefined : restricted_mean_time(times, observed, std::ranges::max(times));
}

std::vector<double> restricted_mean_contributions(std::span<const double> times,
                                                  std::span<const std::uint8_t> observed) {
  const std::size_t n = times.size();
  const double all = restricted_mean_time(times, observed);
  std::vector<double> contributions(n, all);
  for (std::size_t i = 0; n > 1 && i < n; ++i) {
    std::vector<double> others(times.begin(), times.end());
    std::vector<std::uint8_t> seen(observed.begin(), observed.end());
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    seen.erase(seen.begin() + static_cast<std::ptrdiff_t>(i));
    const double without = restricted_mean_time(others, seen, std::ranges::max(times));
    contributions[i] = static_cast<double>(n) * all - static_cast<double>(n - 1) * without;
  }
  return contributions;
}

}  // namespace loopgate
