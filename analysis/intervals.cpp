#include "analysis/intervals.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

/// The p-quantile by linear interpolation at (n + 1) p, within the values' range. Reorders them.
double quantile(std::span<double> values, double p) {
  const double last = static_cast<double>(values.size() - 1);
  const double at = std::clamp(p * static_cast<double>(values.size() + 1) - 1.0, 0.0, last);
  const auto below = static_cast<std::size_t>(at);
  const auto split = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::ranges::nth_element(values, split);
  const double above = below + 1 < values.size() ? *std::min_element(split + 1, values.end()) : *split;
  return *split + (at - static_cast<double>(below)) * (above - *split);
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
  return t_interval(mean(x), sample_variance(x), x.size(), level);
}

Estimate t_interval(double mean, double variance, std::size_t n, double level) {
  LOOPGATE_EXPECT(level > 0.0 && level < 1.0);
  Estimate out{mean, undefined, undefined, n};
  if (n < 2) return out;
  const double count = static_cast<double>(n);
  const double t = boost::math::quantile(boost::math::students_t(count - 1.0), 0.5 + level / 2.0);
  const double half_width = t * std::sqrt(variance / count);
  out.low = out.mean - half_width;
  out.high = out.mean + half_width;
  return out;
}

Estimate hall_interval(std::span<const double> x, double level) {
  Estimate out = t_interval(x, level);
  double squares = 0.0, cubes = 0.0;
  for (const double value : x) {
    const double d = value - out.mean;
    squares += d * d;
    cubes += d * d * d;
  }
  const double n = static_cast<double>(x.size()), root = std::sqrt(n);
  if (!(squares > 0.0)) return out;
  const double skewness = cubes / n / std::pow(squares / n, 1.5), error = std::sqrt(squares / (n - 1.0)) / root;
  if (!(std::abs(skewness) >= 1e-6)) return out;
  const auto inverse = [&](double t) {
    return 3.0 * root / skewness * (std::cbrt(1.0 + skewness / root * (t - skewness / (6.0 * root))) - 1.0);
  };
  const double t = (out.high - out.mean) / error;
  out.low = out.mean - inverse(t) * error;
  out.high = out.mean - inverse(-t) * error;
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

namespace {

/// The interval where no resample can change it: fewer than two values, or all equal.
std::optional<Estimate> without_resamples(std::span<const double> x) {
  if (x.size() < 2) return Estimate{mean(x), undefined, undefined, x.size()};
  const auto [least, most] = std::ranges::minmax(x);
  const double centre = mean(x);
  if (least == most) return Estimate{centre, centre, centre, x.size()};
  return {};
}

/// means: of resamples of x; reordered.
Estimate bca_of(std::span<const double> x, std::span<double> means, double level) {
  Estimate out{mean(x), undefined, undefined, x.size()};
  const auto [least, most] = std::ranges::minmax(x);
  const double z0 = bias_correction(means, out.mean, most - least), a = bca_acceleration(x);
  const auto end = [&](double p) {
    const double z = z0 + normal_quantile(p);
    return quantile(means, normal_cdf(z0 + z / (1.0 - a * z)));
  };
  out.low = end(0.5 - level / 2.0);
  out.high = end(0.5 + level / 2.0);
  return out;
}

/// Resampled means of up to `width` samples of one size. Values of eight samples lie side by side, so that one index
/// serves eight sums, in the order of additions of bootstrap_means.
class SharedResamples {
 public:
  static constexpr std::size_t width = 64;

  SharedResamples(std::span<const std::vector<double>> samples, std::span<const std::size_t> members,
                  std::size_t n_resamples)
      : n_resamples_(n_resamples), n_stripes_((members.size() + 7) / 8), means_(8 * n_stripes_ * n_resamples) {
    const std::size_t size = samples[members[0]].size();
    values_.assign(n_stripes_ * size, {});
    for (std::size_t j = 0; j < members.size(); ++j)
      for (std::size_t i = 0; i < size; ++i) values_[j / 8 * size + i][j % 8] = samples[members[j]][i];
  }

  void draw(std::size_t size, Rng rng) {
    const auto n = static_cast<std::uint32_t>(size);
    std::vector<std::uint32_t> index(size);
    for (std::size_t b = 0; b < n_resamples_; ++b) {
      for (std::uint32_t& i : index) i = rng.below(n);
      for (std::size_t s = 0; s < n_stripes_; ++s) {
        std::array<double, 8> sum{};
        for (const std::uint32_t i : index)
          for (std::size_t j = 0; j < 8; ++j) sum[j] += values_[s * size + i][j];
        for (std::size_t j = 0; j < 8; ++j) means_[(8 * s + j) * n_resamples_ + b] = sum[j] / n;
      }
    }
  }

  std::span<double> means(std::size_t j) { return std::span(means_).subspan(j * n_resamples_, n_resamples_); }

 private:
  std::size_t n_resamples_, n_stripes_;
  std::vector<std::array<double, 8>> values_;  ///< [stripes x size]
  std::vector<double> means_;                  ///< [samples x resamples]
};

}  // namespace

Estimate bca_interval(std::span<const double> x, double level, std::size_t n_resamples, Rng& rng) {
  LOOPGATE_EXPECT(level > 0.0 && level < 1.0 && n_resamples >= 100);
  if (const auto known = without_resamples(x)) return *known;
  std::vector<double> means = bootstrap_means(x, n_resamples, rng);
  return bca_of(x, means, level);
}

std::vector<Estimate> bca_intervals(std::span<const std::vector<double>> samples, double level, std::size_t n_resamples,
                                    const Rng& rng) {
  LOOPGATE_EXPECT(level > 0.0 && level < 1.0 && n_resamples >= 100);
  std::vector<Estimate> out(samples.size());
  std::map<std::size_t, std::vector<std::size_t>> by_size;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (const auto known = without_resamples(samples[i])) out[i] = *known;
    else by_size[samples[i].size()].push_back(i);
  }
  for (const auto& [size, members] : by_size)
    for (std::size_t at = 0; at < members.size(); at += SharedResamples::width) {
      const auto some = std::span(members).subspan(at, std::min(SharedResamples::width, members.size() - at));
      SharedResamples shared(samples, some, n_resamples);
      shared.draw(size, rng);
      for (std::size_t j = 0; j < some.size(); ++j) out[some[j]] = bca_of(samples[some[j]], shared.means(j), level);
    }
  return out;
}

Rng interval_numbers(Seed seed) noexcept {
  Rng rng(seed, Replication{0}, Stream::resampling());
  rng.begin_epoch(0);
  return rng;
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
