#include "analysis/loop_dynamics.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/convergence.hpp"
#include "analysis/paired.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr std::size_t n_batches = 10;

/// Least squares of y on x; NaN where x does not vary.
double fitted_slope(std::span<const double> x, std::span<const double> y) {
  const double x_mean = mean(x), y_mean = mean(y);
  double products = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    products += (x[i] - x_mean) * (y[i] - y_mean);
    squares += (x[i] - x_mean) * (x[i] - x_mean);
  }
  return squares > 0.0 ? products / squares : undefined;
}

/// Means of n_batches batches of equal size from the end of a part; none where it is too short.
std::vector<double> batches_of(std::span<const double> part) {
  const std::size_t size = part.size() / n_batches;
  return size == 0 ? std::vector<double>{} : batch_means(part.last(size * n_batches), size);
}

/// Batch means of the first and of the last part of a series.
std::pair<std::vector<double>, std::vector<double>> both_ends(std::span<const double> y, double first, double last) {
  LOOPGATE_EXPECT(first > 0.0 && last > 0.0 && first + last <= 1.0);
  const auto size = [&](double share) { return static_cast<std::size_t>(share * static_cast<double>(y.size())); };
  return {batches_of(y.first(size(first))), batches_of(y.last(size(last)))};
}

}  // namespace

void AutoRegressionTally::add(double x) noexcept {
  if (!std::isnan(previous_)) {
    const double n = static_cast<double>(++n_), off = previous_ - mean_;
    mean_ += off / n;
    next_mean_ += (x - next_mean_) / n;
    squares_ += off * (previous_ - mean_);
    products_ += off * (x - next_mean_);
  }
  previous_ = x;
}

AutoRegression AutoRegressionTally::fit() const noexcept {
  constexpr double rounding = 1e-12;
  AutoRegression out;
  out.n = n_;
  const double n = static_cast<double>(n_);
  if (n_ < 2 || !(std::sqrt(squares_ / n) > rounding * (1.0 + std::abs(mean_)))) return out;
  const double b = products_ / squares_;
  out.slope = b;
  if (n_ > 3) out.slope_corrected = (n * b + 1.0) / (n - 3.0);
  if (b != 1.0) out.fixed_point = (next_mean_ - b * mean_) / (1.0 - b);
  if (b > 0.0 && b < 1.0) out.half_life = std::log(0.5) / std::log(b);
  return out;
}

AutoRegression fit_autoregression(std::span<const double> path) {
  AutoRegressionTally tally;
  for (const double x : path) tally.add(x);
  return tally.fit();
}

double coupling_factor(std::span<const double> distance, double floor) {
  LOOPGATE_EXPECT(floor >= 0.0);
  std::vector<double> time, logarithm;
  for (const double d : distance) {
    if (!(d > floor)) break;
    time.push_back(static_cast<double>(time.size()));
    logarithm.push_back(std::log(d));
  }
  return time.size() < 2 ? undefined : std::exp(fitted_slope(time, logarithm));
}

void BatchedSeries::add(double y) {
  sum_ += y;
  if (++held_ < size_) return;
  if (means_.size() == most_) {
    for (std::size_t i = 0; i < most_ / 2; ++i) means_[i] = 0.5 * (means_[2 * i] + means_[2 * i + 1]);
    means_.resize(most_ / 2);
    size_ *= 2;
    if (held_ < size_) return;
  }
  means_.push_back(sum_ / static_cast<double>(size_));
  sum_ = 0.0;
  held_ = 0;
}

double wasserstein_distance(std::vector<double> x, std::vector<double> y) {
  LOOPGATE_EXPECT(x.size() == y.size());
  std::ranges::sort(x);
  std::ranges::sort(y);
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::abs(x[i] - y[i]);
  return x.empty() ? undefined : sum / static_cast<double>(x.size());
}

double geweke_z(std::span<const double> y, double first, double last) {
  const auto [before, after] = both_ends(y, first, last);
  if (before.empty() || after.empty()) return undefined;
  return (mean(before) - mean(after)) / std::sqrt((sample_variance(before) + sample_variance(after)) / n_batches);
}

double drift_p_value(std::span<const double> y, double first, double last) {
  const auto [before, after] = both_ends(y, first, last);
  return welch(before, after, 0.95).p;
}

double settling_dependence(std::span<const double> y) {
  constexpr std::size_t n_means = 50;
  LOOPGATE_EXPECT(y.size() >= 2 * n_means);
  const std::size_t size = y.size() / (2 * n_means);
  return fit_autoregression(batch_means(y.last(n_means * size), size)).slope_corrected;
}

std::size_t settled_from(std::span<const double> y, double alpha) {
  constexpr std::size_t n_starts = 6;
  for (std::size_t k = 0; k < n_starts; ++k) {
    const std::size_t start = y.size() * k / 10;
    if (drift_p_value(y.subspan(start), 0.1, 0.5) > alpha / n_starts) return start;
  }
  return y.size();
}

void DriftLedger::add(std::span<const double> values) {
  LOOPGATE_EXPECT(values.size() >= 2 && (previous_.empty() || previous_.size() == values.size()));
  const double now = mean(values);
  noise_ += sample_variance(values);
  if (!std::isnan(previous_mean_)) {
    drift_ += (now - previous_mean_) * (now - previous_mean_);
    // Before the first epoch stands a number, not a mean of replications: then the change varies as the values do.
    const double spread =
        previous_.empty() ? sample_variance(values) : sample_variance(paired_differences(values, previous_));
    chance_ += spread / static_cast<double>(values.size());
  }
  previous_mean_ = now;
  previous_.assign(values.begin(), values.end());
}

IntervalCoverage interval_coverage(std::span<const double> count, std::span<const double> centre,
                                   std::span<const double> radius, std::span<const double> expected) {
  LOOPGATE_EXPECT(count.size() == centre.size() && count.size() == radius.size() && count.size() == expected.size());
  IntervalCoverage out;
  for (std::size_t i = 0; i < count.size(); ++i) {
    if (!(count[i] > 0.0) || !std::isfinite(radius[i]) || std::isnan(expected[i])) continue;
    ++out.n;
    if (std::abs(centre[i] - expected[i]) <= radius[i]) ++out.held;
  }
  return out;
}

}  // namespace loopgate
