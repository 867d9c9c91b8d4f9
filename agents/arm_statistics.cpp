#include "agents/arm_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/types.hpp"

namespace loopgate {

namespace {

constexpr double least_weight = 1e-100;  ///< the unit of a discounted past is set back below this
constexpr double least_count = 1e-200;
constexpr std::uint32_t no_arm = 0xffffffffU;

}  // namespace

ArmStatistics::ArmStatistics(std::size_t n_arms, std::size_t n_streams, Memory memory, Seen seen)
    : n_arms_(n_arms),
      n_streams_(n_streams),
      n_places_(seen == Seen::one_arm ? 1 : n_arms),
      memory_(memory),
      sums_(n_arms * n_streams) {
  if (memory_.type != Memory::Type::discount && seen == Seen::one_arm) return;
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

/// What was seen of the decision that lies a whole window before this epoch is taken out, and its place made free.
void ArmStatistics::forget(std::uint64_t epoch) {
  const auto first = static_cast<std::size_t>(epoch % memory_.length) * n_places_;
  if (first == past_arm_.size()) {
    past_arm_.resize(first + n_places_, no_arm);
    past_value_.resize(past_arm_.size() * n_streams_, undefined);
    return;
  }
  for (std::size_t place = first; place < first + n_places_; ++place) {
    if (past_arm_[place] == no_arm) continue;
    const std::span<double> values(&past_value_[place * n_streams_], n_streams_);
    take(past_arm_[place], values);
    changed_.push_back(past_arm_[place]);
    past_arm_[place] = no_arm;
    std::ranges::fill(values, undefined);
  }
}

/// Keeps the values, so that they can be taken out.
void ArmStatistics::remember(std::uint32_t epoch, std::size_t arm, std::span<const double> values) {
  if (memory_.type != Memory::Type::window) return;
  const std::size_t place = static_cast<std::size_t>(epoch % memory_.length) * n_places_ + (n_places_ == 1 ? 0 : arm);
  past_arm_[place] = static_cast<std::uint32_t>(arm);
  for (std::size_t m = 0; m < n_streams_; ++m)
    if (!std::isnan(values[m])) past_value_[place * n_streams_ + m] = values[m];
}

/// Lets time pass up to an epoch. True where the unit of a discounted past was set back.
bool ArmStatistics::advance(std::uint32_t epoch) {
  bool all = false;
  for (; n_epochs_ <= epoch; ++n_epochs_) {
    if (memory_.type == Memory::Type::discount) {
      weight_ *= memory_.factor;
      rounds_ *= memory_.factor;
      if (weight_ < least_weight) {
        set_unit_back();
        all = true;
      }
    } else if (memory_.type == Memory::Type::window) {
      forget(n_epochs_);
    }
    rounds_ += 1.0;
  }
  return all;
}

/// Of what is seen of a decision, in the unit of the kept sums.
double ArmStatistics::kept_weight(std::uint32_t epoch) const noexcept {
  if (memory_.type != Memory::Type::discount) return 1.0;
  const std::uint64_t age = n_epochs_ - 1 - epoch;
  return age == 0 ? 1.0 / weight_ : std::pow(memory_.factor, static_cast<double>(age)) / weight_;
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

std::span<const std::uint32_t> ArmStatistics::add(std::uint32_t epoch, std::size_t arm,
                                                  std::span<const double> values) {
  changed_.clear();
  const bool all = advance(epoch);
  if (!in_memory(epoch)) return changed_;
  remember(epoch, arm, values);
  put(arm, values, kept_weight(epoch));
  if (all) return every_arm_;
  changed_.push_back(static_cast<std::uint32_t>(arm));
  return changed_;
}

std::span<const std::uint32_t> ArmStatistics::add_all(std::uint32_t epoch, std::span<const double> values) {
  LOOPGATE_EXPECT(values.size() == n_arms_ * n_streams_ && every_arm_.size() == n_arms_ &&
                  (n_places_ == n_arms_ || memory_.type != Memory::Type::window));
  changed_.clear();
  advance(epoch);
  if (!in_memory(epoch)) return every_arm_;
  const double weight = kept_weight(epoch);
  for (std::size_t arm = 0; arm < n_arms_; ++arm) {
    const std::span<const double> own = values.subspan(arm * n_streams_, n_streams_);
    remember(epoch, arm, own);
    put(arm, own, weight);
  }
  return every_arm_;
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
      "type",
      {{"stationary", "every decision counts the same", {}},
       {"window", "only the last decision epochs count", {required("length", integer(1, 1e9), "epochs remembered")}},
       {"discount",
        "older decisions count less",
        {required("factor", number({0.0, 1.0, true, false}), "weight kept from one decision epoch to the next")}}});
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
