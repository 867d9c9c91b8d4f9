#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "core/model/threshold.hpp"

namespace loopgate {

/// Acceptance below the threshold, to learn of those whom it would reject or to meet a rate between two cuts: each
/// applicant by a draw of her own, with a chance that is a step function of the score.
struct Exploration {
  std::vector<double> from;    ///< [n] scores, increasing
  std::vector<double> chance;  ///< [n] in [0, 1]: of scores in [from_j, from_j+1) below the threshold; below from_0: 0

  /// tolerance: a score reaches a step as it reaches a threshold.
  double operator()(double score, double tolerance) const noexcept {
    const auto beyond =
        std::ranges::partition_point(from, [&](double step) { return score >= least_accepted(step, tolerance); });
    return beyond == from.begin() ? 0.0 : chance[static_cast<std::size_t>(beyond - from.begin() - 1)];
  }
};

/// Of a group, where `all` has one for each group or one that holds for all of them; null where it is empty.
inline const Exploration* of_group(std::span<const Exploration> all, std::size_t g) noexcept {
  return all.empty() ? nullptr : &all[all.size() == 1 ? 0 : g];
}

}  // namespace loopgate
