#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "core/types.hpp"

namespace loopgate {

/// What a score of finitely many may fall short of a threshold and still reach it: numbers that are equal in decimals
/// need not be equal as doubles (0.1 + 2 * 0.1 > 0.3). 1e-12 of the width of their range, or where that is infinite of
/// the scores there are. Our own choice: far above what rounding adds up to, far below any difference that is meant.
inline double score_tolerance(Interval range, std::span<const double> score) {
  if (std::isfinite(range.low) && std::isfinite(range.high)) return 1e-12 * range.width();
  if (score.empty()) return 0.0;
  const auto [least, largest] = std::ranges::minmax(score);
  return 1e-12 * (largest - least);
}

/// The least score that a threshold accepts; tolerance: score_tolerance, or 0 where scores follow a continuous law.
/// Whatever compares scores with thresholds compares them with this.
inline double least_accepted(double threshold, double tolerance) noexcept { return threshold - tolerance; }

}  // namespace loopgate
