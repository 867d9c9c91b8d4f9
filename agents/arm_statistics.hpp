#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/scenario/schema.hpp"

namespace loopgate {

/// How fast the past is forgotten.
struct Memory {
  enum class Type : std::uint8_t { stationary, window, discount };
  Type type = Type::stationary;
  std::size_t length = 0;  ///< window: rounds remembered, >= 1
  double factor = 1.0;     ///< discount: weight of a round fades by this each round (0, 1]
};

/// What was seen of each arm, on each stream (0: reward, 1..M: residuals). Every stream of an arm keeps its own count:
/// an undefined value adds nothing to it. Garivier & Moulines 2011 (arXiv 0805.3415) for window and discount.
class ArmStatistics {
 public:
  ArmStatistics(std::size_t n_arms, std::size_t n_streams, Memory memory);

  void add(std::size_t arm, std::span<const double> values);  ///< [n_streams]; NaN: not observed. Completes a round.

  double count(std::size_t stream, std::size_t arm) const noexcept { return at(stream, arm).count; }
  double mean(std::size_t stream, std::size_t arm) const noexcept;      ///< NaN where the count is 0
  double variance(std::size_t stream, std::size_t arm) const noexcept;  ///< biased (divided by the count), >= 0
  /// Rounds that the statistics speak of: completed rounds, at most the window, or their discounted sum.
  double rounds() const noexcept;
  std::size_t n_arms() const noexcept { return n_arms_; }
  std::size_t n_streams() const noexcept { return n_streams_; }

 private:
  struct Sums {
    double count = 0.0, sum = 0.0, squares = 0.0;
  };
  const Sums& at(std::size_t stream, std::size_t arm) const noexcept { return sums_[stream * n_arms_ + arm]; }
  void put(std::size_t arm, std::span<const double> values, double sign) noexcept;

  std::size_t n_arms_, n_streams_;
  Memory memory_;
  std::vector<Sums> sums_;  ///< [n_streams x n_arms]
  double rounds_ = 0.0;
  std::vector<std::uint32_t> past_arm_;  ///< [window] ring buffer
  std::vector<double> past_value_;       ///< [window x n_streams]
  std::size_t next_ = 0;
};

Schema memory_schema();
Memory make_memory(const Node& settings);

}  // namespace loopgate
