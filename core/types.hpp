#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace loopgate {

using Time = double;                        ///< scenario time units, >= 0; with a fixed clock epoch t falls at time t
enum class GroupId : std::uint32_t {};      ///< index into any [n_groups] array
enum class Seed : std::uint64_t {};         ///< experiment-wide key of every random number
enum class Replication : std::uint32_t {};  ///< index of one independent run of a scenario

constexpr std::size_t index(GroupId g) noexcept { return static_cast<std::size_t>(g); }

/// How an epoch's counts come about. individuals: every applicant is drawn. counts: the counts from their exact law.
/// mean_field: their expectations.
enum class Fidelity : std::uint8_t { individuals, counts, mean_field };

/// The value of whatever is undefined: a rate without a denominator, a signal that was not observed.
inline constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// A closed or open interval of numbers. Infinite ends mean "no bound" and never admit infinity itself.
struct Interval {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;

  constexpr double width() const noexcept { return high - low; }
  constexpr bool contains(double x) const noexcept {
    return (low_open ? x > low : x >= low) && (high_open ? x < high : x <= high) && x - x == 0.0;
  }
};

}  // namespace loopgate
