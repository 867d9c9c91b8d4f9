#pragma once

namespace loopgate {

/// By so much a residual may exceed 0, or a ratio fall short of its bound, and the limit still counts as kept:
/// .55 - .50 - .05 is 4e-17 in doubles. Far above the rounding of rates and of their means, far below what replications
/// can tell. Every verdict, share and count of violations goes by it.
inline constexpr double limit_tolerance = 1e-9;

/// Whether a signed residual breaks its limit. NaN: not known to.
constexpr bool is_violated(double residual) noexcept { return residual > limit_tolerance; }

/// By how much: the residual where it breaks its limit, else 0. NaN where the residual is.
constexpr double violation_of(double residual) noexcept { return residual <= limit_tolerance ? 0.0 : residual; }

}  // namespace loopgate
