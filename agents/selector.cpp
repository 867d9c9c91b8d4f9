#include "agents/selector.hpp"

#include <cstring>
#include <limits>

#include "agents/clones.hpp"

namespace loopgate {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Two doubles fill a register of any x86-64 and of ARMv8; wider vectors of older machines would be taken apart.
constexpr std::size_t n_lanes = 2;
using Lanes = double __attribute__((vector_size(n_lanes * sizeof(double))));
using Indices = long long __attribute__((vector_size(n_lanes * sizeof(long long))));

/// The first arm of the largest value, and of these of the largest tie-break.
struct Best {
  double value = -infinity, tie_break = -infinity;
  std::size_t arm = 0;

  void consider(std::size_t k, double v, double tie) noexcept {
    const bool same = v == value && tie == tie_break;
    if (v > value || (v == value && tie > tie_break) || (same && k < arm)) *this = {v, tie, k};
  }
};

/// keys(k, v, tie) writes value and tie-break of arm k, or of the n_lanes arms from k on where they are Lanes.
template <class Keys>
[[gnu::always_inline]] inline std::size_t best_arm(std::size_t n, const Keys& keys) noexcept {
  Lanes value = Lanes{} - infinity, tie_break = value;
  Indices arm{0, 1}, now = arm;
  std::size_t k = 0;
  for (; k + n_lanes <= n; k += n_lanes, now += static_cast<long long>(n_lanes)) {
    Lanes v, tie;
    keys(k, v, tie);
    const Indices better = (v > value) | ((v == value) & (tie > tie_break));
    value = better ? v : value;
    tie_break = better ? tie : tie_break;
    arm = better ? now : arm;
  }
  Best best;
  if (k > 0)
    for (std::size_t i = 0; i < n_lanes; ++i) best.consider(static_cast<std::size_t>(arm[i]), value[i], tie_break[i]);
  for (; k < n; ++k) {
    double v, tie;
    keys(k, v, tie);
    best.consider(k, v, tie);
  }
  return best.arm;
}

template <class Value>
[[gnu::always_inline]] inline void load(const double* from, Value& to) noexcept {
  std::memcpy(&to, from, sizeof to);
}

/// worst: largest residual bound; total: sum of the positive ones.
template <class Value>
[[gnu::always_inline]] inline void violation(const ArmBounds& bounds, std::size_t k, Value& worst,
                                             Value& total) noexcept {
  worst = Value{} - infinity;
  total = Value{};
  for (std::size_t i = k; i < bounds.residual.size(); i += bounds.n_arms()) {
    Value residual;
    load(&bounds.residual[i], residual);
    worst = residual > worst ? residual : worst;
    total += residual > Value{} ? residual : Value{};
  }
}

}  // namespace

LOOPGATE_CLONES std::size_t select_feasible(const ArmBounds& bounds, Fallback fallback) noexcept {
  // An arm that looks infeasible has no value and a negative tie-break: it wins only if all look so.
  const std::size_t best = best_arm(bounds.n_arms(), [&]<class Value>(std::size_t k, Value& value, Value& tie_break) {
    Value reward, worst, total;
    load(&bounds.reward[k], reward);
    violation(bounds, k, worst, total);
    value = worst > Value{} ? Value{} - infinity : reward;
    tie_break = -worst;
  });
  double worst, total;
  violation(bounds, best, worst, total);
  if (worst <= 0.0) return best;
  return best_arm(bounds.n_arms(), [&]<class Value>(std::size_t k, Value& value, Value& tie_break) {
    Value most, sum;
    load(&bounds.reward[k], tie_break);
    violation(bounds, k, most, sum);
    value = fallback == Fallback::max ? -most : -sum;
  });
}

LOOPGATE_CLONES std::size_t select_lagrangian(const ArmBounds& bounds, std::span<const double> multiplier) noexcept {
  const std::size_t n = bounds.n_arms();
  return best_arm(n, [&]<class Value>(std::size_t k, Value& value, Value& tie_break) {
    load(&bounds.reward[k], value);
    for (std::size_t m = 0; m < multiplier.size(); ++m) {
      if (!(multiplier[m] > 0.0)) continue;  // 0 times an infinite bound
      Value residual;
      load(&bounds.residual[m * n + k], residual);
      value -= multiplier[m] * residual;
    }
    tie_break = value;
  });
}

LOOPGATE_CLONES std::size_t select_largest(std::span<const double> values) noexcept {
  return best_arm(values.size(), [&]<class Value>(std::size_t k, Value& value, Value& tie_break) {
    load(&values[k], value);
    tie_break = value;
  });
}

}  // namespace loopgate
