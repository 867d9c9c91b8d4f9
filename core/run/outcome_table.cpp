#include "core/run/outcome_table.hpp"

#include <algorithm>

namespace loopgate {

namespace {

constexpr double nobody = 1e-12;  ///< of a whole of 1: what rounding leaves of a class that is empty

double rate(double part, double whole, double arrived) noexcept {
  return whole > nobody * arrived ? std::clamp(part / whole, 0.0, 1.0) : undefined;
}

}  // namespace

OutcomeTable::OutcomeTable(std::size_t n_groups)
    : n_groups_(n_groups), rate_(3 * n_groups, undefined), whole_(3 * n_groups), expected_(3 * n_groups) {}

OutcomeTable::OutcomeTable(const Counts& counts, const ExpectedArrivals& expected)
    : OutcomeTable(counts.arrived.size()) {
  for (std::size_t g = 0; g < n_groups_; ++g) {
    add(g, 1.0, {counts.arrived[g], counts.accepted[g], counts.succeeded[g], counts.qualified[g]});
    expect(g, expected.arrived[g], expected.qualified[g]);
  }
}

double OutcomeTable::Sums::true_positive() const noexcept { return rate(succeeded, qualified, arrived); }
double OutcomeTable::Sums::false_positive() const noexcept {
  return rate(accepted - succeeded, arrived - qualified, arrived);
}
double OutcomeTable::Sums::qualification() const noexcept { return rate(qualified, arrived, arrived); }

void OutcomeTable::add(std::size_t g, double weight, const Sums& group) noexcept {
  const std::size_t t = g, f = n_groups_ + g, q = 2 * n_groups_ + g;
  rate_[t] = group.true_positive();
  rate_[f] = group.false_positive();
  rate_[q] = group.qualification();
  whole_[t] = weight * group.qualified;
  whole_[f] = weight * (group.arrived - group.qualified);
  whole_[q] = weight * group.arrived;
  all_.arrived += weight * group.arrived;
  all_.accepted += weight * group.accepted;
  all_.succeeded += weight * group.succeeded;
  all_.qualified += weight * group.qualified;
}

void OutcomeTable::expect(std::size_t g, double arrived, double qualified) noexcept {
  expected_[g] = qualified;
  expected_[n_groups_ + g] = arrived - qualified;
  expected_[2 * n_groups_ + g] = arrived;
}

GroupRates OutcomeTable::rates(std::size_t kind, double overall) const noexcept {
  const auto of_kind = [&](const std::vector<double>& all) {
    return std::span(all).subspan(kind * n_groups_, n_groups_);
  };
  return {of_kind(rate_), overall, of_kind(whole_), of_kind(expected_)};
}

OutcomeRates OutcomeTable::rates() const noexcept {
  return {rates(0, all_.true_positive()), rates(1, all_.false_positive()), rates(2, all_.qualification())};
}

}  // namespace loopgate
