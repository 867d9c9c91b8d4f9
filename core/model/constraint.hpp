#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/model/parameter.hpp"
#include "core/types.hpp"

namespace loopgate {

/// A rate, part of a whole, of each group [n_groups] and of everyone. Realised, wholes are counts of an epoch;
/// expected, shares of the infinite batch.
struct GroupRates {
  std::span<const double> group;  ///< in [0, 1]; NaN where nobody of the group is in the whole
  double overall = undefined;     ///< the same of everyone
  std::span<const double> whole;  ///< its denominator
  /// What of the whole is expected at the state of the decision, on any scale. Where no state tells (stages of a route
  /// that people reach in their own time), whoever came before; all 0 where nobody did.
  std::span<const double> expected_whole;
};

/// Rates that take the outcomes of everyone, also of the rejected.
struct OutcomeRates {
  GroupRates true_positive;   ///< accepted / all, among those who would succeed
  GroupRates false_positive;  ///< accepted / all, among those who would fail
  GroupRates qualification;   ///< those who would succeed / arrived
};

/// What a constraint sees of one epoch, realised or expected.
struct DecisionRates {
  GroupRates selection;        ///< accepted / arrived
  OutcomeRates outcomes = {};  ///< where the scenario has a constraint that reads them; else empty
};

/// A requirement on decisions, as one or more signed residuals: satisfied iff <= 0.
class Constraint {
 public:
  virtual ~Constraint() = default;
  virtual std::size_t n_residuals() const noexcept = 0;
  /// True if residuals take the outcomes of the rejected, so that agents can be told of them under `full` alone.
  virtual bool reads_outcomes() const noexcept { return false; }
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
