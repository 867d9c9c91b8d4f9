#pragma once

#include <cstdint>
#include <span>

namespace loopgate {

/// A confidence bound of every arm on every stream, row-major, none NaN. A bound of an arm never observed is infinite.
struct ArmBounds {
  std::span<const double> reward;    ///< [n_arms] upper bounds
  std::span<const double> residual;  ///< [n_residuals x n_arms] the bounds that residuals are judged by

  std::size_t n_arms() const noexcept { return reward.size(); }
  std::size_t n_residuals() const noexcept { return residual.size() / reward.size(); }
};

enum class Feasible : std::uint8_t { optimistic, pessimistic };  ///< judged by the lower or the upper residual bound
enum class Fallback : std::uint8_t { max, sum };                 ///< norm of the violation where no arm looks feasible

/// Optimistic Feasible Search (Du 2025, arXiv 2512.22313): of the arms whose residual bounds are all <= 0 the one with
/// the largest reward bound, else the one with the least violation of these bounds. Ties, our own choice: smaller worst
/// residual bound, then lower index; in the fallback larger reward bound, then lower index.
std::size_t select_feasible(const ArmBounds& bounds, Fallback fallback) noexcept;

/// Largest reward - sum_m multiplier_m residual_m; ties: lower index. multiplier: [n_residuals].
std::size_t select_lagrangian(const ArmBounds& bounds, std::span<const double> multiplier) noexcept;

/// Index of the largest of values [n], none NaN; ties: lower index.
std::size_t select_largest(std::span<const double> values) noexcept;

/// A multiplier after a round: one step along the residual, within [0, cap]. A NaN residual moves nothing.
double step_multiplier(double multiplier, double residual, double step, double cap) noexcept;

}  // namespace loopgate
