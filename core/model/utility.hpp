#pragma once

#include <algorithm>

#include "core/types.hpp"

namespace loopgate {

/// What an accepted applicant is worth; a rejected one is worth 0.
struct Utility {
  double success = 1.0;
  double failure = -1.0;

  /// Range of the reward (utility per arrival): it always includes 0, the value of rejecting everyone.
  Interval reward_range() const noexcept {
    return {std::min({0.0, success, failure}), std::max({0.0, success, failure})};
  }
};

}  // namespace loopgate
