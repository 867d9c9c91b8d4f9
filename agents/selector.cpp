#include "agents/selector.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "agents/clones.hpp"

namespace loopgate {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Two doubles fill a register of any x86-64 and of ARMv8; wider vectors of older machines would be taken apart.
constexpr std::size_t n_lanes = 2;
using Lanes = double __attribute__((vector_size(n_lanes * sizeof(double))));
using Indices = decltype(Lanes{} > Lanes{});  // signed, as wide as a double

/// By what arms are compared: the value first, where equal the next, and then the last.
template <class Value>
struct Keys {
  Value value, next, last;

  /// A mask of the lanes, or a bool.
  [[gnu::always_inline]] auto above(const Keys& other) const noexcept {
    return (value > other.value) |
           ((value == other.value) & ((next > other.next) | ((next == other.next) & (last > other.last))));
  }
};

/// The first arm of the largest keys. keys_of(k, keys) writes those of arm k, or of the n_lanes arms from k on.
template <class KeysOf>
[[gnu::always_inline]] inline std::size_t best_arm(std::size_t n, const KeysOf& keys_of) noexcept {
  const Lanes least = Lanes{} - infinity;
  Keys<Lanes> best{least, least, least};
  Indices arm{0, 1}, now = arm;
  std::size_t k = 0;
  for (; k + n_lanes <= n; k += n_lanes, now += Indices{n_lanes, n_lanes}) {
    Keys<Lanes> keys;
    keys_of(k, keys);
    const Indices better = keys.above(best);
    best.value = better ? keys.value : best.value;
    best.next = better ? keys.next : best.next;
    best.last = better ? keys.last : best.last;
    arm = better ? now : arm;
  }
  Keys<double> winner{best.value[0], best.next[0], best.last[0]};
  auto first = static_cast<std::size_t>(arm[0]);
  const auto consider = [&](std::size_t i, const Keys<double>& keys) {
    if (!keys.above(winner) && (i > first || winner.above(keys))) return;
    winner = keys;
    first = i;
  };
  consider(static_cast<std::size_t>(arm[1]), {best.value[1], best.next[1], best.last[1]});
  for (; k < n; ++k) {
    Keys<double> keys;
    keys_of(k, keys);
    consider(k, keys);
  }
  return first;
}

template <class Value>
[[gnu::always_inline]] inline void load(const double* from, Value& to) noexcept {
  std::memcpy(&to, from, sizeof to);
}

template <Fallback fallback>
[[gnu::always_inline]] inline std::size_t best_feasible(const ArmBounds& bounds) noexcept {
  return best_arm(bounds.n_arms(), [&]<class Value>(std::size_t k, Keys<Value>& keys) {
    Value worst = Value{} - infinity, total{};
    for (std::size_t i = k; i < bounds.residual.size(); i += bounds.n_arms()) {
      Value residual;
      load(&bounds.residual[i], residual);
      worst = residual > worst ? residual : worst;
      total += residual > Value{} ? residual : Value{};
    }
    // An arm that looks infeasible has no value, and next comes its violation; of a feasible one that is never below 0.
    load(&bounds.reward[k], keys.last);
    keys.value = worst > Value{} ? Value{} - infinity : keys.last;
    keys.next = fallback == Fallback::sum ? (worst > Value{} ? -total : -worst) : -worst;
  });
}

}  // namespace

LOOPGATE_CLONES std::size_t select_feasible(const ArmBounds& bounds, Fallback fallback) noexcept {
  return fallback == Fallback::max ? best_feasible<Fallback::max>(bounds) : best_feasible<Fallback::sum>(bounds);
}

LOOPGATE_CLONES std::size_t select_lagrangian(const ArmBounds& bounds, std::span<const double> multiplier) noexcept {
  const std::size_t n = bounds.n_arms();
  return best_arm(n, [&]<class Value>(std::size_t k, Keys<Value>& keys) {
    load(&bounds.reward[k], keys.value);
    for (std::size_t m = 0; m < multiplier.size(); ++m) {
      if (!(multiplier[m] > 0.0)) continue;  // 0 times an infinite bound
      Value residual;
      load(&bounds.residual[m * n + k], residual);
      keys.value -= multiplier[m] * residual;
    }
    keys.next = keys.last = keys.value;
  });
}

LOOPGATE_CLONES std::size_t select_largest(std::span<const double> values) noexcept {
  return best_arm(values.size(), [&]<class Value>(std::size_t k, Keys<Value>& keys) {
    load(&values[k], keys.value);
    keys.next = keys.last = keys.value;
  });
}

double step_multiplier(double multiplier, double residual, double step, double cap) noexcept {
  return std::isnan(residual) ? multiplier : std::clamp(multiplier + step * residual, 0.0, cap);
}

}  // namespace loopgate
