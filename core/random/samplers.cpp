#include "core/random/samplers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace loopgate {

namespace {

/// (c0 + c1 x + ... + c7 x^7) / (1 + d1 x + ... + d7 x^7)
double rational(const std::array<double, 8>& c, const std::array<double, 8>& d, double x) noexcept {
  double top = c[7], bottom = d[7];
  for (int i = 6; i >= 0; --i) {
    top = top * x + c[static_cast<std::size_t>(i)];
    bottom = bottom * x + d[static_cast<std::size_t>(i)];
  }
  return top / bottom;
}

// Wichura 1988, PPND16: centre, tails, far tails.
constexpr std::array<double, 8> a{3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                  1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                  3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr std::array<double, 8> b{1.0,
                                  4.2313330701600911252e+1,
                                  6.8718700749205790830e+2,
                                  5.3941960214247511077e+3,
                                  2.1213794301586595867e+4,
                                  3.9307895800092710610e+4,
                                  2.8729085735721942674e+4,
                                  5.2264952788528545610e+3};
constexpr std::array<double, 8> c{1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                  3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                  2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr std::array<double, 8> d{1.0,
                                  2.05319162663775882187e0,
                                  1.67638483018380384940e0,
                                  6.89767334985100004550e-1,
                                  1.48103976427480074590e-1,
                                  1.51986665636164571966e-2,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
constexpr std::array<double, 8> e{6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                  2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                  2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr std::array<double, 8> f{1.0,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};

/// ln k! minus Stirling's leading terms, k >= 0: table, then series (Abramowitz & Stegun 6.1.41).
double stirling_rest(double k) noexcept {
  constexpr std::array<double, 10> table{
      0.08106146679532726, 0.04134069595540929, 0.02767792568499834, 0.02079067210376509,  0.01664469118982119,
      0.01387612882307075, 0.01189670994589177, 0.01041126526197209, 0.009255462182712733, 0.008330563433362871};
  if (k < 10.0) return table[static_cast<std::size_t>(k)];
  const double next = k + 1.0, square = next * next;
  return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / next;
}

std::uint64_t poisson_by_inversion(double mean, Rng& rng) noexcept {
  double u = rng.uniform();
  double p = std::exp(-mean);
  std::uint64_t k = 0;
  while (u > p && k < 200) {  // P(K >= 200) is below 1e-180 for a mean below 10
    u -= p;
    ++k;
    p *= mean / static_cast<double>(k);
  }
  return k;
}

/// Hormann 1993, "The transformed rejection method for generating Poisson random variables" (PTRS), mean >= 10.
std::uint64_t poisson_by_rejection(double mean, Rng& rng) noexcept {
  const double log_scale = 0.5 * std::log(2.0 * std::numbers::pi * mean);
  const double slope = 0.931 + 2.53 * std::sqrt(mean);
  const double shape = -0.059 + 0.02483 * slope;
  const double inverse_alpha = 1.1239 + 1.1328 / (slope - 3.4);
  const double quick = 0.9277 - 3.6224 / (slope - 2.0);
  for (;;) {
    const double u = rng.uniform() - 0.5;
    const double v = rng.uniform();
    const double rest = 0.5 - std::abs(u);
    const double k = std::floor((2.0 * shape / rest + slope) * u + mean + 0.43);
    if (rest >= 0.07 && v <= quick) return static_cast<std::uint64_t>(k);
    if (k < 0.0 || (rest < 0.013 && v > rest)) continue;
    // ln P(k), by Stirling's formula about the mean: what cancels is of the size of a few standard deviations.
    const double beyond = k + 1.0 - mean;
    const double log_mass = beyond - (k + 0.5) * std::log1p(beyond / mean) - log_scale - stirling_rest(k);
    if (std::log(v) + std::log(inverse_alpha) - std::log(shape / (rest * rest) + slope) <= log_mass)
      return static_cast<std::uint64_t>(k);
  }
}

std::uint64_t binomial_by_inversion(std::uint64_t n, double p, Rng& rng) noexcept {
  const double odds = p / (1.0 - p);
  const double top = static_cast<double>(n) + 1.0;
  double u = rng.uniform();
  double mass = std::exp(static_cast<double>(n) * std::log1p(-p));
  std::uint64_t k = 0;
  while (u > mass && k < n) {
    u -= mass;
    ++k;
    mass *= odds * (top / static_cast<double>(k) - 1.0);
    if (mass <= 0.0) break;
  }
  return k;
}

/// What the transformed rejection of a binomial law needs on every try.
struct BinomialHat {
  double spread, slope, shape;

  BinomialHat(double n, double p) noexcept
      : spread(std::sqrt(n * p * (1.0 - p))), slope(1.15 + 2.53 * spread), shape(-0.0873 + 0.0248 * slope + 0.01 * p) {}
};

/// The exact test of a candidate k against the mode's probability: near the mode by the product of the ratios from one
/// count to the next, as in Hormann's BTRD, else by logarithms. v uniform, rest = 1/2 - |u|.
[[gnu::noinline]] bool accept_binomial(double n, double p, const BinomialHat& hat, double k, double v,
                                       double rest) noexcept {
  constexpr double near = 15.0;
  const double alpha = (2.83 + 5.1 / hat.slope) * hat.spread;
  const double odds = p / (1.0 - p);
  const double mode = std::floor((n + 1.0) * p);
  double height = v * alpha / (hat.shape / (rest * rest) + hat.slope);
  if (std::abs(k - mode) <= near) {
    const double top = (n + 1.0) * odds;
    double mass = 1.0;  // P(k) / P(mode), or its inverse in height
    for (double i = mode + 1.0; i <= k; ++i) mass *= top / i - odds;
    for (double i = k + 1.0; i <= mode; ++i) height *= top / i - odds;
    return height <= mass;
  }
  // ln P(k) - ln P(mode), by Stirling's formula about the mode: what cancels is of the size of k - mode.
  const double more = k - mode;
  const double bound = more * std::log(odds * (n - mode + 1.0) / (mode + 1.0)) -
                       (k + 0.5) * std::log1p(more / (mode + 1.0)) -
                       (n - k + 0.5) * std::log1p(-more / (n - mode + 1.0)) + stirling_rest(mode) +
                       stirling_rest(n - mode) - stirling_rest(k) - stirling_rest(n - k);
  return std::log(height) <= bound;
}

/// Hormann 1993, "The generation of binomial random variates" (BTRS, doi:10.1080/00949659308811496), n p >= 10, p <=
/// 1/2. Four of five candidates pass without a logarithm.
std::uint64_t binomial_by_rejection(std::uint64_t trials, double p, Rng& rng) noexcept {
  const double n = static_cast<double>(trials);
  const BinomialHat hat(n, p);
  const double centre = n * p + 0.5;
  const double quick = 0.92 - 4.2 / hat.slope;
  for (;;) {
    const double u = rng.uniform() - 0.5;
    const double v = rng.uniform();
    const double rest = 0.5 - std::abs(u);
    const double k = std::floor((2.0 * hat.shape / rest + hat.slope) * u + centre);
    if (rest >= 0.07 && v <= quick) [[likely]]
      return static_cast<std::uint64_t>(k);
    if (k < 0.0 || k > n) continue;
    if (accept_binomial(n, p, hat, k, v, rest)) return static_cast<std::uint64_t>(k);
  }
}

}  // namespace

double normal_quantile(double u) noexcept {
  const double q = u - 0.5;
  if (std::abs(q) <= 0.425) return q * rational(a, b, 0.180625 - q * q);
  const double r = std::sqrt(-std::log(q < 0.0 ? u : 1.0 - u));
  const double z = r <= 5.0 ? rational(c, d, r - 1.6) : rational(e, f, r - 5.0);
  return q < 0.0 ? -z : z;
}

double normal_cdf(double x) noexcept { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

double sample_normal(Rng& rng) noexcept { return normal_quantile(rng.uniform()); }

double sample_exponential(Rng& rng) noexcept { return -std::log(rng.uniform()); }

double sample_gamma(double shape, Rng& rng) noexcept {
  // Marsaglia & Tsang 2000, doi:10.1145/358407.358414; below 1 by their boost from shape + 1.
  const double scale = shape < 1.0 ? std::pow(rng.uniform(), 1.0 / shape) : 1.0;
  const double width = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
  const double tilt = 1.0 / std::sqrt(9.0 * width);
  for (;;) {
    const double x = sample_normal(rng);
    const double root = 1.0 + tilt * x;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    const double u = rng.uniform();
    if (std::log(u) < 0.5 * x * x + width - width * v + width * std::log(v)) return scale * width * v;
  }
}

double sample_beta(double alpha, double beta, Rng& rng) noexcept {
  const double x = sample_gamma(alpha, rng);
  const double y = sample_gamma(beta, rng);
  return x / (x + y);
}

std::uint64_t sample_poisson(double mean, Rng& rng) noexcept {
  if (mean <= 0.0) return 0;
  return mean < 10.0 ? poisson_by_inversion(mean, rng) : poisson_by_rejection(mean, rng);
}

std::uint64_t sample_binomial(std::uint64_t n, double p, Rng& rng) noexcept {
  if (n == 0 || p <= 0.0) return 0;
  if (p >= 1.0) return n;
  if (p > 0.5) return n - sample_binomial(n, 1.0 - p, rng);
  return static_cast<double>(n) * p < 10.0 ? binomial_by_inversion(n, p, rng) : binomial_by_rejection(n, p, rng);
}

void sample_multinomial(std::uint64_t n, std::span<const double> p, std::span<std::uint64_t> counts,
                        Rng& rng) noexcept {
  double rest = 0.0;
  for (const double one : p) rest += one;
  for (std::size_t i = 0; i < p.size(); ++i) {
    counts[i] = i + 1 == p.size() ? n : sample_binomial(n, std::clamp(p[i] / rest, 0.0, 1.0), rng);
    n -= counts[i];
    rest -= p[i];
  }
}

}  // namespace loopgate
