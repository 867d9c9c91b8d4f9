#pragma once

namespace loopgate {

/// How long something takes, such as an outcome to become known: a law on [0, infinity).
class Delay {
 public:
  virtual ~Delay() = default;
  /// The time that is exceeded with probability q in (0, 1): the inverse of the survival function, non-increasing. By
  /// the upper tail, so that the longest of very many stays exact.
  virtual double exceeded_with(double q) const noexcept = 0;
};

}  // namespace loopgate
