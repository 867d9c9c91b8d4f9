#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/model/parameter.hpp"
#include "core/types.hpp"

namespace loopgate {

/// What a constraint sees of one epoch, realised or expected.
struct DecisionRates {
  std::span<const double> selection_rate;  ///< [n_groups] [0, 1]; NaN for a group without arrivals
  double service_rate;                     ///< accepted / arrived over all groups [0, 1]; NaN if none arrived
};

/// A requirement on decisions, as one or more signed residuals: satisfied iff <= 0.
class Constraint {
 public:
  virtual ~Constraint() = default;
  virtual std::size_t n_residuals() const noexcept = 0;
  virtual std::vector<std::string> residual_names() const = 0;  ///< [n_residuals]
  virtual std::vector<Parameter> parameters() const { return {}; }
  /// [n_residuals] values a residual can take; parameters as below.
  virtual std::vector<Interval> residual_ranges(std::span<const double> parameters) const = 0;
  /// parameters: the current value of each of parameters(). out [n_residuals]; NaN where a rate it needs is undefined.
  virtual void residuals(const DecisionRates& rates, std::span<const double> parameters,
                         std::span<double> out) const = 0;
  /// Why these parameters, each in its range, cannot stand together; empty where they can.
  virtual std::string conflict(std::span<const double> /*parameters*/) const { return {}; }
};

}  // namespace loopgate
