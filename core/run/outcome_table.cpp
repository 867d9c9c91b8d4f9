#include "core/run/outcome_table.hpp"

#include <algorithm>

namespace loopgate {

namespace {

constexpr double nobody = 1e-12;  ///< of a whole of 1: what rounding leaves of a class that is empty

double rate(double part, double whole, double arrived) noexcept {
  return whole > nobody * arrived ? std::clamp(part / whole, 0.0, 1.0) : undefined;
}

}  // namespace

OutcomeTable::OutcomeTable(const Counts& counts) : OutcomeTable(counts.arrived.size()) {
  for (std::size_t g = 0; g < n_groups_; ++g)
    add(g, 1.0, {counts.arrived[g], counts.accepted[g], counts.succeeded[g], counts.qualified[g]});
}

double OutcomeTable::Sums::true_positive() const noexcept { return rate(succeeded, qualified, arrived); }
double OutcomeTable::Sums::false_positive() const noexcept {
  return rate(accepted - succeeded, arrived - qualified, arrived);
}
double OutcomeTable::Sums::qualification() const noexcept { return rate(qualified, arrived, arrived); }

void OutcomeTable::add(std::size_t g, double weight, const Sums& group) noexcept {
  rate_[g] = group.true_positive();
  rate_[n_groups_ + g] = group.false_positive();
  rate_[2 * n_groups_ + g] = group.qualification();
  all_.arrived += weight * group.arrived;
  all_.accepted += weight * group.accepted;
  all_.succeeded += weight * group.succeeded;
  all_.qualified += weight * group.qualified;
}

OutcomeRates OutcomeTable::rates() const noexcept {
  const std::span<const double> all(rate_);
  return {{all.first(n_groups_), all_.true_positive()},
          {all.subspan(n_groups_, n_groups_), all_.false_positive()},
          {all.last(n_groups_), all_.qualification()}};
}

}  // namespace loopgate
