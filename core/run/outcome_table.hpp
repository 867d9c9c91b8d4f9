#pragma once

#include <vector>

#include "core/model/constraint.hpp"
#include "core/run/epoch_draw.hpp"

namespace loopgate {

/// Rates that take everyone's outcomes, for constraints that read them.
class OutcomeTable {
 public:
  explicit OutcomeTable(std::size_t n_groups) : n_groups_(n_groups), rate_(3 * n_groups, undefined) {}
  explicit OutcomeTable(const Counts& counts);

  /// Counts, or parts of a whole. accepted and qualified (who would succeed) <= arrived, succeeded <= both.
  struct Sums {
    double arrived = 0.0, accepted = 0.0, succeeded = 0.0, qualified = 0.0;
    double true_positive() const noexcept;
    double false_positive() const noexcept;
    double qualification() const noexcept;
  };
  /// Each group once; weight >= 0: of what is said of it, in the rates of everyone.
  void add(std::size_t g, double weight, const Sums& group) noexcept;
  OutcomeRates rates() const noexcept;  ///< valid while this is

 private:
  std::size_t n_groups_;
  std::vector<double> rate_;  ///< [3 x n_groups] true positive, false positive, qualification
  Sums all_;
};

}  // namespace loopgate
