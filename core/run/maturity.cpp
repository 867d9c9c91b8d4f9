#include "core/run/maturity.hpp"

#include <array>
#include <cmath>

#include "core/error.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

enum Purpose : std::uint32_t { longest, known_successes, known_failures, which, n_purposes };

}  // namespace

Maturity MaturityDraw::draw(std::uint32_t epoch, double accepted, double succeeded, double arrived,
                            const Utility& utility, double reward) {
  LOOPGATE_EXPECT(accepted > 0.0 && arrived > 0.0);
  rng_.begin_epoch(epoch);
  Maturity out{outcomes_.delay == nullptr ? 0.0 : delay(accepted), reward};
  // Expected counts lose the same share of successes and failures, so that nothing changes.
  if (outcomes_.lost == 0.0 || fidelity_ == Fidelity::mean_field) return out;
  lose_some(succeeded, accepted - succeeded, out);
  const double good = succeeded - out.lost_successes, bad = accepted - succeeded - out.lost_failures;
  out.reward = good + bad == 0.0 ? undefined
                                 : accepted / arrived *
                                       (utility.failure + (utility.success - utility.failure) * (good / (good + bad)));
  return out;
}

double MaturityDraw::delay(double n) noexcept {
  const double u = fidelity_ == Fidelity::mean_field ? 0.5 : rng_.uniform();
  return outcomes_.delay->exceeded_with(-std::expm1(std::log(u) / n));
}

void MaturityDraw::lose_some(double succeeded, double failed, Maturity& out) {
  std::array<std::array<std::uint32_t, 4>, n_purposes> blocks;
  rng_.first_blocks(blocks);
  const auto lost = [&](double n, Purpose purpose) {
    rng_.begin_draw(purpose, blocks[purpose]);
    return n - static_cast<double>(sample_binomial(static_cast<std::uint64_t>(n), 1.0 - outcomes_.lost, rng_));
  };
  out.lost_successes = lost(succeeded, known_successes);
  out.lost_failures = lost(failed, known_failures);
}

/// Selection sampling (Knuth, TAOCP 3.4.2, algorithm S), of successes and failures at once.
void MaturityDraw::lose(const Maturity& drawn, SeenApplicants& all) {
  std::array<double, 2> to_lose{drawn.lost_failures, drawn.lost_successes}, left{0.0, 0.0};
  if (to_lose[0] + to_lose[1] == 0.0) return;
  std::array<std::array<std::uint32_t, 4>, n_purposes> blocks;
  rng_.first_blocks(blocks);
  rng_.begin_draw(which, blocks[which]);
  for (std::size_t i = 0; i < all.success.size(); ++i)
    if (all.accepted[i] == 1) left[all.success[i] == 1.0 ? 1 : 0] += 1.0;
  for (std::size_t i = 0; i < all.success.size(); ++i) {
    if (all.accepted[i] == 0) continue;
    const std::size_t kind = all.success[i] == 1.0 ? 1 : 0;
    if (left[kind] * rng_.uniform() < to_lose[kind]) {
      all.success[i] = undefined;
      to_lose[kind] -= 1.0;
    }
    left[kind] -= 1.0;
  }
  LOOPGATE_EXPECT(to_lose[0] == 0.0 && to_lose[1] == 0.0);
}

std::uint32_t PendingRewards::keep(std::uint32_t epoch, double reward, std::span<const double> threshold,
                                   SeenApplicants seen) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(all_.size()));
    all_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  all_[place] = {epoch, reward, {threshold.begin(), threshold.end()}, std::move(seen)};
  return place;
}

}  // namespace loopgate
