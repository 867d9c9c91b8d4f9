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
  /// Whether the number can follow a population that grows or shrinks: then draw_scaled has `scale` times the mean,
  /// scale >= 0, and scale 1 gives what draw gives.
  virtual bool follows_population() const noexcept { return false; }
  virtual std::uint32_t draw_scaled(Rng& rng, double /*scale*/) const { return draw(rng); }
};

}  // namespace loopgate
