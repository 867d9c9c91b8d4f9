#include "analysis/intervals.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "core/error.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

/// The p-quantile of sorted values by linear interpolation at (n + 1) p, within their range.
double quantile(std::span<const double> sorted, double p) {
  const double last = static_cast<double>(sorted.size() - 1);
  const double at = std::clamp(p * static_cast<double>(sorted.size() + 1) - 1.0, 0.0, last);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Normal quantile of the share of resampled means below the mean; those equal to it, but for rounding, count half.
double bias_correction(std::span<const double> means, double centre, double spread) {
  const double tie = 1e-12 * spread;
  double below = 0.0;
  for (const double m : means) below += m < centre - tie ? 1.0 : m <= centre + tie ? 0.5 : 0.0;
  return normal_quantile(below / static_cast<double>(means.size()));
}

}  // namespace

double mean(std::span<const double> x) noexcept {
  double sum = 0.0;
  for (const double value : x) sum += value;
  return x.empty() ? undefined : sum / static_cast<double>(x.size());
}

double sample_variance(std::span<const double> x) noexcept {
  if (x.size() < 2) return undefined;
  const double centre = mean(x);
  double squares = 0.0;
  for (const double value : x) squares += (value - centre) * (value - centre);
  return squares / static_cast<double>(x.size() - 1);
}

Estimate t_interval(std::span<const double> x, double level) {
  LOOPGATE_EXPECT(level > 0.0 && level < 1.0);
  Estimate out{mean(x), undefined, undefined, x.size()};
  if (x.size() < 2) return out;
  const double n = static_cast<double>(x.size());
  const double t = boost::math::quantile(boost::math::students_t(n - 1.0), 0.5 + level / 2.0);
  const double half_width = t * std::sqrt(sample_variance(x) / n);
  out.low = out.mean - half_width;
  out.high = out.mean + half_width;
  return out;
}

std::vector<double> bootstrap_means(std::span<const double> x, std::size_t n_resamples, Rng& rng) {
  LOOPGATE_EXPECT(!x.empty());
  const auto n = static_cast<std::uint32_t>(x.size());
  std::vector<double> means(n_resamples);
  for (double& out : means) {
    double sum = 0.0;
    for (std::uint32_t i = 0; i < n; ++i) sum += x[rng.below(n)];
    out = sum / n;
  }
  return means;
}

double bca_acceleration(std::span<const double> x) {
  // Leaving x_i out moves the mean by (x_i - mean) / (n - 1); the factor cancels from the ratio.
  const double centre = mean(x);
  double squares = 0.0, cubes = 0.0;
  for (const double value : x) {
    const double d = value - centre;
    squares += d * d;
    cubes += d * d * d;
  }
  return squares > 0.0 ? cubes / (6.0 * std::pow(squares, 1.5)) : 0.0;
}

Estimate bca_interval(std::span<const double> x, double level, std::size_t n_resamples, Rng& rng) {
  LOOPGATE_EXPECT(level > 0.0 && level < 1.0 && n_resamples >= 100);
  Estimate out{mean(x), undefined, undefined, x.size()};
  if (x.size() < 2) return out;
  const auto [least, most] = std::ranges::minmax(x);
  if (least == most) return {out.mean, out.mean, out.mean, x.size()};
  std::vector<double> means = bootstrap_means(x, n_resamples, rng);
  std::ranges::sort(means);
  const double z0 = bias_correction(means, out.mean, most - least), a = bca_acceleration(x);
  const auto end = [&](double p) {
    const double z = z0 + normal_quantile(p);
    return quantile(means, normal_cdf(z0 + z / (1.0 - a * z)));
  };
  out.low = end(0.5 - level / 2.0);
  out.high = end(0.5 + level / 2.0);
  return out;
}

std::size_t hoeffding_sample_size(double half_width, double width, double level) {
  LOOPGATE_EXPECT(half_width > 0.0 && width > 0.0 && level > 0.0 && level < 1.0);
  return static_cast<std::size_t>(
      std::ceil(width * width * std::log(2.0 / (1.0 - level)) / (2.0 * half_width * half_width)));
}

double hoeffding_half_width(std::size_t n, double width, double level) {
  LOOPGATE_EXPECT(n > 0 && width > 0.0 && level > 0.0 && level < 1.0);
  return width * std::sqrt(std::log(2.0 / (1.0 - level)) / (2.0 * static_cast<double>(n)));
}

}  // namespace loopgate
