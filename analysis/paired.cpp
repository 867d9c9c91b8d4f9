#include "analysis/paired.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr std::size_t most_exact = 40;  ///< values whose sign patterns are all looked at

/// All 2^n sums +-d_0 +-d_1 ... in ascending order, by merging the sums with either sign of each next value.
std::vector<double> signed_sums(std::span<const double> d) {
  std::vector<double> sums{0.0}, minus, plus;
  for (const double value : d) {
    minus = plus = sums;
    for (double& s : minus) s -= std::abs(value);
    for (double& s : plus) s += std::abs(value);
    sums.resize(2 * minus.size());
    std::ranges::merge(minus, plus, sums.begin());
  }
  return sums;
}

/// Share of sign patterns whose sum is at least `least` > 0; by symmetry as many are at most -least.
double upper_share(std::span<const double> d, double least) {
  const std::vector<double> left = signed_sums(d.first(d.size() / 2)), right = signed_sums(d.subspan(d.size() / 2));
  double count = 0.0;
  std::size_t j = right.size();  // right[j..] reach `least` with left[i]; j falls as i rises
  for (const double sum : left) {
    while (j > 0 && sum + right[j - 1] >= least) --j;
    count += static_cast<double>(right.size() - j);
  }
  return count / (static_cast<double>(left.size()) * static_cast<double>(right.size()));
}

/// Sums of eight values with every pattern of signs, so that one random byte signs all eight.
using SignedSums = std::array<double, 256>;
std::vector<SignedSums> sums_by_byte(std::span<const double> d) {
  std::vector<SignedSums> tables((d.size() + 7) / 8);
  for (std::size_t c = 0; c < tables.size(); ++c)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      double sum = 0.0;
      for (std::size_t i = 8 * c; i < std::min(8 * c + 8, d.size()); ++i)
        sum += ((byte >> (i - 8 * c)) & 1U) != 0 ? d[i] : -d[i];
      tables[c][byte] = sum;
    }
  return tables;
}

double random_share(std::span<const double> d, double least, std::size_t n_random, Rng& rng) {
  const std::vector<SignedSums> tables = sums_by_byte(d);
  std::size_t reached = 0;
  for (std::size_t b = 0; b < n_random; ++b) {
    double sum = 0.0;
    std::uint32_t signs = 0;
    for (std::size_t c = 0; c < tables.size(); ++c, signs >>= 8U) {
      if (c % 4 == 0) signs = rng.word();
      sum += tables[c][signs & 255U];
    }
    if (std::abs(sum) >= least) ++reached;
  }
  return static_cast<double>(reached + 1) / static_cast<double>(n_random + 1);
}

std::vector<std::size_t> ascending(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  return order;
}

}  // namespace

std::vector<double> paired_differences(std::span<const double> x, std::span<const double> y) {
  LOOPGATE_EXPECT(x.size() == y.size());
  std::vector<double> d(x.size());
  std::ranges::transform(x, y, d.begin(), std::minus{});
  return d;
}

double variance_reduction_factor(std::span<const double> x, std::span<const double> y) {
  const double apart = sample_variance(x) + sample_variance(y), paired = sample_variance(paired_differences(x, y));
  return apart / paired;  // 0 / 0 is NaN; infinite where the pairing leaves nothing
}

double least_sign_flip_p_value(std::size_t n, std::size_t n_random) noexcept {
  return n <= most_exact ? std::exp2(1.0 - static_cast<double>(n)) : 1.0 / static_cast<double>(n_random + 1);
}

std::size_t least_replications(std::size_t n_tests, double alpha) {
  LOOPGATE_EXPECT(n_tests >= 1 && alpha > 0.0 && alpha < 1.0);
  return static_cast<std::size_t>(std::ceil(1.0 + std::log2(static_cast<double>(n_tests) / alpha)));
}

double sign_flip_p_value(std::span<const double> d, std::size_t n_random, Rng& rng) {
  if (d.empty()) return undefined;
  double sum = 0.0, size = 0.0;
  for (const double value : d) {
    sum += value;
    size += std::abs(value);
  }
  const double least = std::abs(sum) - 1e-12 * size;  // equal sums in another order differ by rounding
  if (least <= 0.0) return 1.0;
  return d.size() <= most_exact ? 2.0 * upper_share(d, least) : random_share(d, least, n_random, rng);
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<double> adjusted(p.size());
  double running = 0.0;
  std::size_t left = p.size();
  for (const std::size_t i : ascending(p)) {
    running = std::max(running, std::min(1.0, static_cast<double>(left--) * p[i]));
    adjusted[i] = running;
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  std::vector<double> adjusted(p.size());
  const auto order = ascending(p);
  const double m = static_cast<double>(p.size());
  double running = 1.0;
  for (std::size_t rank = p.size(); rank > 0; --rank) {
    running = std::min(running, m / static_cast<double>(rank) * p[order[rank - 1]]);
    adjusted[order[rank - 1]] = running;
  }
  return adjusted;
}

WelchComparison welch(std::span<const double> x, std::span<const double> y, double level) {
  LOOPGATE_EXPECT(level > 0.0 && level < 1.0);
  WelchComparison out{{mean(x) - mean(y), undefined, undefined, std::min(x.size(), y.size())}, undefined};
  if (out.difference.n < 2) return out;
  const double nx = static_cast<double>(x.size()), ny = static_cast<double>(y.size());
  const double vx = sample_variance(x) / nx, vy = sample_variance(y) / ny, difference = out.difference.mean;
  double half_width = 0.0;
  if (vx + vy > 0.0) {
    const boost::math::students_t law((vx + vy) * (vx + vy) / (vx * vx / (nx - 1.0) + vy * vy / (ny - 1.0)));
    half_width = boost::math::quantile(law, 0.5 + level / 2.0) * std::sqrt(vx + vy);
    out.p = 2.0 * boost::math::cdf(boost::math::complement(law, std::abs(difference) / std::sqrt(vx + vy)));
  } else {
    out.p = difference == 0.0 ? 1.0 : 0.0;
  }
  out.difference.low = difference - half_width;
  out.difference.high = difference + half_width;
  return out;
}

Verdict verdict(std::size_t n_replications, double p, double alpha) noexcept {
  if (n_replications < minimum_replications) return Verdict::too_few;
  return p <= alpha ? Verdict::different : Verdict::undecided;
}

}  // namespace loopgate
