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
                            const Utility& utility, double lost, double reward, TypeTally* by_type) {
  LOOPGATE_EXPECT(accepted > 0.0 && arrived > 0.0);
  rng_.begin_epoch(epoch);
  Maturity out{outcomes_.delay == nullptr ? 0.0 : delay(accepted, rng_), reward};
  if (lost == 0.0) return out;
  lose_some(succeeded, accepted - succeeded, lost, by_type, out);
  // Expected counts lose the same share of successes and failures, so that nothing changes.
  if (fidelity_ == Fidelity::mean_field) return out;
  const double good = succeeded - out.lost_successes, bad = accepted - succeeded - out.lost_failures;
  out.reward = reward_of(good, bad, accepted, arrived, utility);
  return out;
}

double MaturityDraw::reward_of(double good, double bad, double accepted, double arrived,
                               const Utility& utility) noexcept {
  if (good + bad == 0.0) return undefined;
  return accepted / arrived * (utility.failure + (utility.success - utility.failure) * (good / (good + bad)));
}

Time MaturityDraw::last_known(std::uint32_t epoch, std::uint32_t part, double n) {
  Rng& rng = part == 0 ? rng_ : parts_rng_;
  rng.begin_epoch(epoch);
  for (std::uint32_t earlier = 1; earlier < part; ++earlier) rng.uniform();
  return delay(n, rng);
}

double MaturityDraw::known_reward(std::uint32_t epoch, double accepted, double succeeded, double arrived,
                                  const Utility& utility, double lost, TypeTally* by_type) {
  rng_.begin_epoch(epoch);
  Maturity gone;
  lose_some(succeeded, accepted - succeeded, lost, by_type, gone);
  return reward_of(succeeded - gone.lost_successes, accepted - succeeded - gone.lost_failures, accepted, arrived,
                   utility);
}

double MaturityDraw::delay(double n, Rng& rng) const noexcept {
  const double u = fidelity_ == Fidelity::mean_field ? 0.5 : rng.uniform();
  return outcomes_.delay->exceeded_with(-std::expm1(std::log(u) / n));
}

void MaturityDraw::lose_some(double succeeded, double failed, double lost, TypeTally* by_type, Maturity& out) {
  std::array<std::array<std::uint32_t, 4>, n_purposes> blocks;
  rng_.first_blocks(blocks);
  rng_.begin_draw(known_successes, blocks[known_successes]);
  out.lost_successes = by_type == nullptr ? lose_of(succeeded, lost) : lose_of_each(by_type->succeeded, lost);
  rng_.begin_draw(known_failures, blocks[known_failures]);
  out.lost_failures = by_type == nullptr ? lose_of(failed, lost) : lose_of_each(by_type->failed, lost);
}

double MaturityDraw::lose_of(double n, double lost) {
  if (fidelity_ == Fidelity::mean_field) return n * lost;
  return n - static_cast<double>(sample_binomial(static_cast<std::uint64_t>(n), 1.0 - lost, rng_));
}

double MaturityDraw::lose_of_each(std::span<double> known, double lost) {
  double all = 0.0;
  for (double& n : known) {
    const double gone = lose_of(n, lost);
    n -= gone;
    all += gone;
  }
  return all;
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

std::uint32_t PendingRewards::keep(std::uint32_t epoch, Time decided, double reward, std::span<const double> threshold,
                                   SeenApplicants seen, Utility utility) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(all_.size()));
    all_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  all_[place] = {epoch, decided, reward, {threshold.begin(), threshold.end()}, std::move(seen), utility};
  return place;
}

}  // namespace loopgate
