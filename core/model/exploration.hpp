#pragma once

#include <algorithm>
#include <vector>

namespace loopgate {

/// Acceptance below the threshold, to learn of those whom it would reject: each applicant by a draw of her own, with a
/// chance that is a step function of the score, the same in all groups.
struct Exploration {
  std::vector<double> from;    ///< [n] scores, increasing
  std::vector<double> chance;  ///< [n] in [0, 1]: of scores in [from_j, from_j+1) below the threshold; below from_0: 0

  double operator()(double score) const noexcept {
    const auto step = std::ranges::upper_bound(from, score) - from.begin();
    return step == 0 ? 0.0 : chance[static_cast<std::size_t>(step - 1)];
  }
};

}  // namespace loopgate
