#include "analysis/loop_tally.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr double level = 0.05;
constexpr std::size_t least_settled = 500;  ///< values without which even white noise on a slow state misleads

}  // namespace

void RunningMoments::add(double value) noexcept {
  if (n++ == 0) {
    mean = value;
    return;
  }
  const double off = value - mean;
  mean += off / static_cast<double>(n);
  squares += off * (value - mean);
}

double RunningMoments::sample_variance() const noexcept {
  return n < 2 ? undefined : squares / static_cast<double>(n - 1);
}

void SignalTally::add(std::uint32_t t, double value) {
  if (std::isnan(value)) return;
  series_.add(value);
  if (t < tail_.begin) return;
  tail_series_.add(value);
  moments_.add(value);
  const std::uint32_t half = (tail_.end - tail_.begin) / 2;
  if (t < tail_.begin + half) early_.add(value);
  if (t >= tail_.end - half) late_.add(value);
}

double SignalTally::settled_from() const {
  const std::span<const double> means = series_.means();
  if (means.size() * series_.batch_size() < least_settled) return undefined;
  if (settling_dependence(means) > most_settling_dependence) return undefined;
  const std::size_t from = loopgate::settled_from(means, level);
  if (from == means.size()) return static_cast<double>(written_.end - written_.begin);
  return static_cast<double>(from * series_.batch_size());
}

double SignalTally::tail_is_stationary() const {
  const double p = drift_p_value(tail_series_.means(), 0.5, 0.5);
  return std::isnan(p) ? undefined : p > level ? 1.0 : 0.0;
}

LoopTally::LoopTally(Window written, Window tail, std::size_t n_groups, std::size_t n_states)
    : reward(written, tail),
      residual(written, tail),
      tail_threshold(n_groups),
      tail_state(n_states),
      held_threshold(n_groups, undefined),
      held_fit(n_states),
      written_(written),
      tail_(tail) {}

void LoopTally::add(std::uint32_t t, std::span<const double> threshold, std::span<const double> state,
                    double expected_reward, double worst_residual) {
  LOOPGATE_EXPECT(t >= written_.begin && t < written_.end);
  reward.add(t, expected_reward);
  residual.add(t, worst_residual);
  if (t >= tail_.begin) {
    for (std::size_t g = 0; g < threshold.size(); ++g) tail_threshold[g].add(threshold[g]);
    for (std::size_t s = 0; s < state.size(); ++s) tail_state[s].add(state[s]);
  }
  // The state that a new threshold meets is still the work of the old one.
  for (std::size_t s = 0; s < stretch_.size(); ++s) stretch_[s].add(state[s]);
  if (!std::ranges::equal(now_, threshold)) {
    close();
    now_.assign(threshold.begin(), threshold.end());
    stretch_.assign(state.size(), {});
    for (std::size_t s = 0; s < state.size(); ++s) stretch_[s].add(state[s]);
  }
  ++epochs_;
}

void LoopTally::finish() { close(); }

void LoopTally::close() {
  if (epochs_ > held_epochs) {
    held_epochs = epochs_;
    held_threshold = now_;
    for (std::size_t s = 0; s < stretch_.size(); ++s) held_fit[s] = stretch_[s].fit();
  }
  epochs_ = 0;
}

}  // namespace loopgate
