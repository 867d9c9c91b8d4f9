#pragma once

#include <cstdint>

#include "core/types.hpp"

namespace loopgate {

/// When decisions fall. every: with batches at 0, interval, 2 interval, ..., with arrivals in continuous time at
/// interval, 2 interval, ...: who has come since the last decision is decided. arrivals: whenever count applicants have
/// come, in continuous time only.
struct Clock {
  enum class Kind : std::uint8_t { every, arrivals };
  Kind kind = Kind::every;
  double interval = 1.0;    ///< > 0
  std::uint32_t count = 1;  ///< >= 1
};

}  // namespace loopgate
