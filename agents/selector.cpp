#include "agents/selector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loopgate {

std::size_t select_feasible(const ArmBounds& bounds, Feasible feasible, Fallback fallback) noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto residual = feasible == Feasible::optimistic ? bounds.residual_lower : bounds.residual_upper;
  const std::size_t n = bounds.n_arms();
  std::size_t best = n, least = n;
  double best_worst = infinity, least_violation = infinity;
  for (std::size_t k = 0; k < n; ++k) {
    double worst = -infinity, total = 0.0;
    for (std::size_t m = 0; m < bounds.n_residuals(); ++m) {
      worst = std::max(worst, residual[m * n + k]);
      total += std::max(0.0, residual[m * n + k]);
    }
    const double reward = bounds.reward_upper[k];
    if (worst <= 0.0) {
      if (best == n || reward > bounds.reward_upper[best] ||
          (reward == bounds.reward_upper[best] && worst < best_worst)) {
        best = k;
        best_worst = worst;
      }
      continue;
    }
    const double violation = fallback == Fallback::max ? worst : total;
    if (least == n || violation < least_violation ||
        (violation == least_violation && reward > bounds.reward_upper[least])) {
      least = k;
      least_violation = violation;
    }
  }
  return best < n ? best : least;
}

std::size_t select_lagrangian(const ArmBounds& bounds, std::span<const double> multiplier) noexcept {
  const std::size_t n = bounds.n_arms();
  std::size_t best = 0;
  double best_value = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < n; ++k) {
    double value = bounds.reward_upper[k];
    for (std::size_t m = 0; m < multiplier.size(); ++m)
      if (multiplier[m] > 0.0) value -= multiplier[m] * bounds.residual_lower[m * n + k];
    if (value > best_value) {
      best = k;
      best_value = value;
    }
  }
  return best;
}

double step_multiplier(double multiplier, double residual, double step, double cap) noexcept {
  return std::isnan(residual) ? multiplier : std::clamp(multiplier + step * residual, 0.0, cap);
}

}  // namespace loopgate
