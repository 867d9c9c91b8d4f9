#pragma once

#include <functional>
#include <memory>

#include "core/scenario/diagnostics.hpp"
#include "core/scenario/schema.hpp"
#include "core/types.hpp"

namespace loopgate {

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
  virtual double tail(double score, double mean) const noexcept = 0;  ///< P(S >= score)
  /// E[p(S); S >= from] by quadrature, to about 1e-12 for a smooth p. steepness: largest slope of p per score unit.
  virtual double integrate(const std::function<double(double)>& p, double steepness, double from,
                           double mean) const = 0;
};

/// The laws that `score:` may name, and the one that it names. Null after a problem.
Schema score_law_schema();
std::unique_ptr<ScoreLaw> make_score_law(const Node& settings, Diagnostics& diagnostics);

}  // namespace loopgate
