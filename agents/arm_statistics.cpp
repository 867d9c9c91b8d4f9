#include "agents/arm_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "core/types.hpp"

namespace loopgate {

ArmStatistics::ArmStatistics(std::size_t n_arms, std::size_t n_streams, Memory memory)
    : n_arms_(n_arms), n_streams_(n_streams), memory_(memory), sums_(n_arms * n_streams) {}

void ArmStatistics::put(std::size_t arm, std::span<const double> values, double sign) noexcept {
  for (std::size_t m = 0; m < n_streams_; ++m) {
    if (std::isnan(values[m])) continue;
    Sums& sums = sums_[m * n_arms_ + arm];
    sums.count += sign;
    sums.sum += sign * values[m];
    sums.squares += sign * values[m] * values[m];
    if (sums.count < 0.5 && sign < 0.0) sums = {};  // an arm that left the window leaves no rounding behind
  }
}

void ArmStatistics::add(std::size_t arm, std::span<const double> values) {
  if (memory_.type == Memory::Type::discount) {
    for (Sums& sums : sums_) {
      sums.count *= memory_.factor;
      sums.sum *= memory_.factor;
      sums.squares *= memory_.factor;
    }
    rounds_ *= memory_.factor;
  }
  if (memory_.type == Memory::Type::window) {
    if (past_arm_.size() < memory_.length) {
      past_arm_.push_back(static_cast<std::uint32_t>(arm));
      past_value_.insert(past_value_.end(), values.begin(), values.end());
    } else {
      const std::span<double> oldest(&past_value_[next_ * n_streams_], n_streams_);
      put(past_arm_[next_], oldest, -1.0);
      past_arm_[next_] = static_cast<std::uint32_t>(arm);
      std::ranges::copy(values, oldest.begin());
      next_ = (next_ + 1) % memory_.length;
    }
  }
  put(arm, values, 1.0);
  rounds_ += 1.0;
}

double ArmStatistics::mean(std::size_t stream, std::size_t arm) const noexcept {
  const Sums& sums = at(stream, arm);
  return sums.count > 0.0 ? sums.sum / sums.count : undefined;
}

double ArmStatistics::variance(std::size_t stream, std::size_t arm) const noexcept {
  const Sums& sums = at(stream, arm);
  if (sums.count <= 0.0) return undefined;
  const double average = sums.sum / sums.count;
  return std::max(0.0, sums.squares / sums.count - average * average);
}

double ArmStatistics::rounds() const noexcept {
  return memory_.type == Memory::Type::window ? std::min(rounds_, static_cast<double>(memory_.length)) : rounds_;
}

Schema memory_schema() {
  return component(
      "type", {{"stationary", "every round counts the same", {}},
               {"window", "only the last rounds count", {required("length", integer(1, 1e9), "rounds remembered")}},
               {"discount",
                "older rounds count less",
                {required("factor", number({0.0, 1.0, true, false}), "weight kept from one round to the next")}}});
}

Memory make_memory(const Node& settings) {
  Memory memory;
  if (settings.string("type") == "window") {
    memory.type = Memory::Type::window;
    memory.length = static_cast<std::size_t>(settings.integer("length"));
  } else if (settings.string("type") == "discount") {
    memory.type = Memory::Type::discount;
    memory.factor = settings.number("factor");
  }
  return memory;
}

}  // namespace loopgate
