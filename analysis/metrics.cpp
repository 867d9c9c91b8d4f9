#include "analysis/metrics.hpp"

#include <algorithm>
#include <cmath>

namespace loopgate {

Ratio selection_rate(const GroupCounts& c) noexcept { return {c.accepted, c.arrived}; }
Ratio applicant_qualification_rate(const GroupCounts& c) noexcept { return {c.qualified, c.arrived}; }
Ratio true_positive_rate(const GroupCounts& c) noexcept { return {c.succeeded, c.qualified}; }
Ratio false_positive_rate(const GroupCounts& c) noexcept { return {c.false_positives(), c.arrived - c.qualified}; }
Ratio positive_predictive_value(const GroupCounts& c) noexcept { return {c.succeeded, c.accepted}; }
Ratio negative_predictive_value(const GroupCounts& c) noexcept { return {c.true_negatives(), c.arrived - c.accepted}; }
Ratio accuracy(const GroupCounts& c) noexcept { return {c.true_positives() + c.true_negatives(), c.arrived}; }

Spread spread(std::span<const double> by_group) noexcept {
  Spread out;
  std::size_t n = 0;
  for (std::size_t g = 0; g < by_group.size(); ++g) {
    if (std::isnan(by_group[g])) continue;
    if (n == 0 || by_group[g] > by_group[out.highest]) out.highest = g;
    if (n == 0 || by_group[g] < by_group[out.lowest]) out.lowest = g;
    ++n;
  }
  if (n < 2) return out;
  out.gap = by_group[out.highest] - by_group[out.lowest];
  if (by_group[out.highest] > 0.0) out.ratio = by_group[out.lowest] / by_group[out.highest];
  return out;
}

double equalised_odds_gap(double true_positive_gap, double false_positive_gap) noexcept {
  if (std::isnan(true_positive_gap) || std::isnan(false_positive_gap)) return undefined;
  return std::max(true_positive_gap, false_positive_gap);
}

double average_odds_gap(double true_positive_gap, double false_positive_gap) noexcept {
  return (true_positive_gap + false_positive_gap) / 2.0;
}

Ratio representation_ratio(const GroupCounts& group, const GroupCounts& all) noexcept {
  if (!(group.arrived > 0.0) || !(all.arrived > 0.0)) return {};
  return {group.accepted / group.arrived, all.accepted / all.arrived};
}

double calibration_error(std::span<const CalibrationBin> bins) noexcept {
  Ratio error;
  for (const CalibrationBin& bin : bins) {
    if (!(bin.n > 0.0)) continue;
    error.numerator += bin.n * std::abs(bin.success_rate - bin.mean_score);
    error.denominator += bin.n;
  }
  return error.value();
}

double calibration_in_the_large(std::span<const CalibrationBin> bins) noexcept {
  double difference = 0.0, n = 0.0;
  for (const CalibrationBin& bin : bins) {
    if (!(bin.n > 0.0)) continue;
    difference += bin.n * (bin.success_rate - bin.mean_score);
    n += bin.n;
  }
  return n > 0.0 ? difference / n : undefined;
}

}  // namespace loopgate
