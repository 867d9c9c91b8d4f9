#include "agents/arm_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/types.hpp"

namespace loopgate {

namespace {

constexpr double least_weight = 1e-100;  ///< the unit of a discounted past is set back below this
constexpr double least_count = 1e-200;

}  // namespace

ArmStatistics::ArmStatistics(std::size_t n_arms, std::size_t n_streams, Memory memory)
    : n_arms_(n_arms), n_streams_(n_streams), memory_(memory), sums_(n_arms * n_streams) {
  if (memory_.type != Memory::Type::discount) return;
  every_arm_.resize(n_arms);
  std::iota(every_arm_.begin(), every_arm_.end(), 0U);
}

void ArmStatistics::put(std::size_t arm, std::span<const double> values, double weight) noexcept {
  for (std::size_t m = 0; m < n_streams_; ++m) {
    if (std::isnan(values[m])) continue;
    Sums& sums = sums_[arm * n_streams_ + m];
    sums.count += weight;
    sums.sum += weight * values[m];
    sums.squares += weight * values[m] * values[m];
  }
}

void ArmStatistics::take(std::size_t arm, std::span<const double> values) noexcept {
  put(arm, values, -1.0);
  for (std::size_t m = 0; m < n_streams_; ++m) {
    Sums& sums = sums_[arm * n_streams_ + m];
    if (sums.count < 0.5) sums = {};  // an arm that left the window leaves no rounding behind
  }
}

/// Writes a round over the oldest of a full window, whose arm it gives; before that the arm itself.
std::size_t ArmStatistics::slide(std::size_t arm, std::span<const double> values) {
  if (past_arm_.size() < memory_.length) {
    past_arm_.push_back(static_cast<std::uint32_t>(arm));
    past_value_.insert(past_value_.end(), values.begin(), values.end());
    return arm;
  }
  const std::size_t left = past_arm_[next_];
  const std::span<double> oldest(&past_value_[next_ * n_streams_], n_streams_);
  take(left, oldest);
  past_arm_[next_] = static_cast<std::uint32_t>(arm);
  std::ranges::copy(values, oldest.begin());
  if (++next_ == memory_.length) next_ = 0;
  return left;
}

void ArmStatistics::set_unit_back() noexcept {
  for (Sums& sums : sums_) {
    sums.count *= weight_;
    sums.sum *= weight_;
    sums.squares *= weight_;
    if (sums.count < least_count) sums = {};
  }
  weight_ = 1.0;
}

std::span<const std::uint32_t> ArmStatistics::add(std::size_t arm, std::span<const double> values) {
  std::size_t left = arm;
  bool all = false;
  if (memory_.type == Memory::Type::discount) {
    weight_ *= memory_.factor;
    rounds_ *= memory_.factor;
    all = weight_ < least_weight;
    if (all) set_unit_back();
  } else if (memory_.type == Memory::Type::window) {
    left = slide(arm, values);
  }
  put(arm, values, 1.0 / weight_);
  rounds_ += 1.0;
  if (all) return every_arm_;
  changed_ = {static_cast<std::uint32_t>(arm), static_cast<std::uint32_t>(left)};
  return {changed_.data(), left == arm ? 1U : 2U};
}

double ArmStatistics::mean(std::size_t stream, std::size_t arm) const noexcept {
  const Sums& sums = at(stream, arm);
  return sums.count > 0.0 ? sums.sum / sums.count : undefined;
}

void ArmStatistics::copy(std::vector<double>& count, std::vector<double>& mean) const {
  count.clear();
  mean.clear();
  for (std::size_t s = 0; s < n_streams_; ++s) {
    for (std::size_t k = 0; k < n_arms_; ++k) {
      count.push_back(this->count(s, k));
      mean.push_back(this->mean(s, k));
    }
  }
}

double ArmStatistics::variance(std::size_t stream, std::size_t arm) const noexcept {
  const Sums& sums = at(stream, arm);
  if (sums.count <= 0.0) return undefined;
  const double average = sums.sum / sums.count;  // the unit of the kept sums cancels
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
