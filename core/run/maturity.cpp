#include "core/run/maturity.hpp"

#include <array>
#include <cmath>

#include "core/error.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

enum Purpose : std::uint32_t { longest, known_successes, known_failures, n_purposes };

}  // namespace

Maturity MaturityDraw::draw(std::uint32_t epoch, double accepted, double succeeded, double arrived,
                            const Utility& utility, double reward) {
  LOOPGATE_EXPECT(accepted > 0.0 && arrived > 0.0);
  rng_.begin_epoch(epoch);
  Maturity out{outcomes_.delay == nullptr ? 0.0 : delay(accepted), reward};
  // Expected counts lose the same share of successes and failures, so that nothing changes.
  if (outcomes_.lost > 0.0 && fidelity_ != Fidelity::mean_field)
    out.reward = known_reward(accepted, succeeded, arrived, utility);
  return out;
}

double MaturityDraw::delay(double n) noexcept {
  const double u = fidelity_ == Fidelity::mean_field ? 0.5 : rng_.uniform();
  return outcomes_.delay->exceeded_with(-std::expm1(std::log(u) / n));
}

double MaturityDraw::known_reward(double accepted, double succeeded, double arrived, const Utility& utility) {
  std::array<std::array<std::uint32_t, 4>, n_purposes> blocks;
  rng_.first_blocks(blocks);
  const auto kept = [&](double n, Purpose purpose) {
    rng_.begin_draw(purpose, blocks[purpose]);
    return static_cast<double>(sample_binomial(static_cast<std::uint64_t>(n), 1.0 - outcomes_.lost, rng_));
  };
  const double good = kept(succeeded, known_successes), bad = kept(accepted - succeeded, known_failures);
  if (good + bad == 0.0) return undefined;
  return accepted / arrived * (utility.failure + (utility.success - utility.failure) * (good / (good + bad)));
}

std::uint32_t PendingRewards::keep(std::uint32_t epoch, double reward, std::span<const double> threshold) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(all_.size()));
    all_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  all_[place] = {epoch, reward, {threshold.begin(), threshold.end()}};
  return place;
}

}  // namespace loopgate
