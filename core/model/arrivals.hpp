#pragma once

#include <cstdint>

#include "core/random/rng.hpp"

namespace loopgate {

/// How many apply in an epoch.
class Arrivals {
 public:
  virtual ~Arrivals() = default;
  virtual std::uint32_t draw(Rng& rng) const = 0;  ///< size of this epoch's batch, >= 0
  virtual double mean() const noexcept = 0;        ///< applicants per epoch, > 0
};

}  // namespace loopgate
