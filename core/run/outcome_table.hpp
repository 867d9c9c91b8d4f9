#pragma once

#include <vector>

#include "core/model/constraint.hpp"
#include "core/run/epoch_draw.hpp"

namespace loopgate {

/// Who was expected at a decision, of each group [n_groups] >= 0, on any scale.
struct ExpectedArrivals {
  std::span<const double> arrived;
  std::span<const double> qualified;  ///< where a constraint reads outcomes
};

/// Rates that take everyone's outcomes, for constraints that read them.
class OutcomeTable {
 public:
  explicit OutcomeTable(std::size_t n_groups);
  OutcomeTable(const Counts& counts, const ExpectedArrivals& expected);

  /// Counts, or parts of a whole. accepted and qualified (who would succeed) <= arrived, succeeded <= both.
  struct Sums {
    double arrived = 0.0, accepted = 0.0, succeeded = 0.0, qualified = 0.0;
    double true_positive() const noexcept;
    double false_positive() const noexcept;
    double qualification() const noexcept;
  };
  /// Each group once; weight >= 0: of what is said of it, in the rates of everyone.
  void add(std::size_t g, double weight, const Sums& group) noexcept;
  void expect(std::size_t g, double arrived, double qualified) noexcept;  ///< each group once, on any scale
  OutcomeRates rates() const noexcept;                                    ///< valid while this is

 private:
  GroupRates rates(std::size_t kind, double overall) const noexcept;

  std::size_t n_groups_;
  std::vector<double> rate_, whole_, expected_;  ///< [3 x n_groups] true positive, false positive, qualification
  Sums all_;
};

}  // namespace loopgate
