#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "core/scenario/diagnostics.hpp"
#include "core/scenario/schema.hpp"
#include "core/types.hpp"

namespace loopgate {

/// P(success | score): the score itself, or 1 / (1 + exp(-slope (score - midpoint))).
struct SuccessRule {
  bool is_score = true;
  double slope = 1.0;
  double midpoint = 0.0;

  double operator()(double score) const noexcept {
    if (is_score) return std::clamp(score, 0.0, 1.0);
    if (slope == 0.0) return 0.5;
    return 1.0 / (1.0 + std::exp(-slope * (score - midpoint)));
  }
  /// Largest slope per score unit, at least 1.
  double steepness() const noexcept { return is_score ? 1.0 : std::max(1.0, std::abs(slope)); }
};

/// One group's continuous law of the score, by formula. `mean` is the law's mean parameter at the current state (score
/// units; logit scale for logit_normal), and is ignored by laws that have none.
class ScoreLaw {
 public:
  virtual ~ScoreLaw() = default;
  virtual Interval support() const noexcept = 0;     ///< ends may be infinite
  virtual double mean() const noexcept = 0;          ///< the start value; NaN: this law has no mean
  virtual Interval mean_range() const noexcept = 0;  ///< low > high: this law has no mean
  /// Inverse CDF, u in [0, 1] (the ends give the ends of the support), non-decreasing in u up to rounding.
  virtual double quantile(double u, double mean) const noexcept = 0;
  /// quantile(c / n) for c = 0..n, where n = out.size() - 1 >= 1.
  virtual void quantiles(double mean, std::span<double> out) const noexcept {
    const double n = static_cast<double>(out.size() - 1);
    for (std::size_t c = 0; c < out.size(); ++c) out[c] = quantile(static_cast<double>(c) / n, mean);
  }
  /// Replaces each u in (0, 1) by its quantile, as quantile does.
  virtual void quantile_each(double mean, std::span<double> u) const noexcept = 0;
  virtual double tail(double score, double mean) const noexcept = 0;  ///< P(S >= score)
  /// P(success and S >= from), by quadrature to about 1e-12.
  virtual double success_above(const SuccessRule& success, double from, double mean) const = 0;
};

/// The laws that `score:` may name, and the one that it names. Null after a problem.
Schema score_law_schema();
std::unique_ptr<ScoreLaw> make_score_law(const Node& settings, Diagnostics& diagnostics);

}  // namespace loopgate
