#include "analysis/four_fifths.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "analysis/metrics.hpp"
#include "analysis/tolerance.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

using Rates = std::vector<double>;

/// Student's t for n replications, looked up once for each n.
class Quantiles {
 public:
  explicit Quantiles(std::size_t n_groups) : level_(violated_level(n_groups)) {}
  struct Pair {
    double met, violated;  ///< at 0.975; at violated_level
  };
  /// NaN for fewer than two replications.
  Pair of(std::size_t n) {
    if (n < 2) return {undefined, undefined};
    if (const auto at = known_.find(n); at != known_.end()) return at->second;
    const boost::math::students_t law(static_cast<double>(n - 1));
    return known_[n] = {boost::math::quantile(law, 0.975), boost::math::quantile(law, level_)};
  }

 private:
  double level_;
  std::map<std::size_t, Pair> known_;
};

/// Rates of two groups in the replications in which both have one.
struct RatePair {
  Rates low, high;

  RatePair(const Rates& all_low, const Rates& all_high) {
    for (std::size_t r = 0; r < all_low.size(); ++r) {
      if (std::isnan(all_low[r]) || std::isnan(all_high[r])) continue;
      low.push_back(all_low[r]);
      high.push_back(all_high[r]);
    }
  }
};

RateContrast contrast_of(const RatePair& pair, std::size_t low, std::size_t high) {
  constexpr double rounding = 1e-12;  // of rates, which are at most 1
  RateContrast out{low, high, undefined, undefined, pair.low.size()};
  Rates contrast(out.n);
  for (std::size_t r = 0; r < out.n; ++r) contrast[r] = pair.low[r] - four_fifths * pair.high[r];
  out.mean = mean(contrast);
  if (out.n < 2) return out;
  const double error = std::sqrt(sample_variance(contrast) / static_cast<double>(out.n)),
               above = out.mean + limit_tolerance;
  out.t = error > rounding ? above / error : std::copysign(std::numeric_limits<double>::infinity(), above);
  return out;
}

/// The ends of the ratios that a t test with these quantiles does not reject.
Estimate fieller(const RatePair& pair, Quantiles::Pair t) {
  const double n = static_cast<double>(pair.low.size()), x = mean(pair.low), y = mean(pair.high);
  Estimate out{y > 0.0 ? x / y : undefined, undefined, undefined, pair.low.size()};
  if (pair.low.size() < 2) return out;
  const double xx = sample_variance(pair.low) / n, yy = sample_variance(pair.high) / n;
  Rates sum(pair.low.size());
  std::ranges::transform(pair.low, pair.high, sum.begin(), std::plus{});
  const double xy = (sample_variance(sum) / n - xx - yy) / 2.0;
  const auto end = [&](double q, double side) {
    const double a = y * y - q * q * yy, b = x * y - q * q * xy, c = x * x - q * q * xx;
    return a > 0.0 ? std::max(0.0, (b + side * std::sqrt(std::max(0.0, b * b - a * c))) / a) : undefined;
  };
  out.low = end(t.met, -1.0);
  out.high = end(t.violated, 1.0);
  return out;
}

/// Whether a tells more against the rule than b: a contrast of one replication tells nothing, but its mean.
bool worse(const RateContrast& a, const RateContrast& b) {
  constexpr double nothing = std::numeric_limits<double>::infinity();
  const double t_a = a.n < 2 ? nothing : a.t, t_b = b.n < 2 ? nothing : b.t;
  return t_a != t_b ? t_a < t_b : a.mean < b.mean;
}

}  // namespace

double violated_level(std::size_t n_groups) {
  LOOPGATE_EXPECT(n_groups >= 2);
  return 1.0 - 0.025 / static_cast<double>(n_groups * n_groups / 4);
}

FourFifths judge_four_fifths(std::span<const std::vector<double>> rates) {
  std::vector<std::size_t> groups;
  for (std::size_t g = 0; g < rates.size(); ++g)
    if (std::ranges::any_of(rates[g], [](double rate) { return !std::isnan(rate); })) groups.push_back(g);
  LOOPGATE_EXPECT(groups.size() >= 2);
  Quantiles quantiles(groups.size());
  FourFifths out;
  out.met = true;
  for (const std::size_t g : groups)
    for (const std::size_t h : groups) {
      if (g == h) continue;
      const RateContrast one = contrast_of(RatePair(rates[g], rates[h]), g, h);
      const Quantiles::Pair t = quantiles.of(one.n);
      out.met = out.met && one.t >= t.met;
      out.violated = out.violated || one.t < -t.violated;
      if (std::isnan(out.worst.mean) || worse(one, out.worst)) out.worst = one;
    }
  out.ratio = fieller(RatePair(rates[out.worst.low], rates[out.worst.high]), quantiles.of(out.worst.n));
  return out;
}

}  // namespace loopgate
