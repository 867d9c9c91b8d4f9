#pragma once

#include <array>
#include <span>
#include <vector>

#include "analysis/epoch_tally.hpp"
#include "analysis/loop_dynamics.hpp"

namespace loopgate {

/// Mean and variance of what is fed, without keeping it.
struct RunningMoments {
  std::size_t n = 0;
  double mean = undefined;  ///< NaN: nothing was fed
  double squares = 0.0;     ///< of the distances from the mean
  void add(double value) noexcept;
  double sample_variance() const noexcept;  ///< divisor n - 1; NaN for fewer than two values
};

/// A signal of one replication: has it settled?
class SignalTally {
 public:
  SignalTally(Window written, Window tail) : written_(written), tail_(tail) {}
  void add(std::uint32_t t, double value);  ///< epochs of `written` in order; NaN is left out

  /// Epochs from the first one on after which the series has the mean of its second half, on tenths of the series (see
  /// loopgate::settled_from, alpha 0.05); its length if never. NaN: too short to tell, with fewer than 500 values or
  /// where their batches depend on each other (settling_dependence).
  double settled_from() const;
  /// Mean of the tail's second half minus that of its first.
  double tail_change() const noexcept { return late_.value() - early_.value(); }
  /// 1: both halves of the tail have one mean as far as a test of level 0.05 can tell, 0: they do not, NaN: fewer than
  /// 20 values.
  double tail_is_stationary() const;
  const RunningMoments& tail() const noexcept { return moments_; }

 private:
  static constexpr std::size_t most_batches = 1024;
  Window written_, tail_;
  BatchedSeries series_{most_batches}, tail_series_{most_batches};
  RunningMean early_, late_;
  RunningMoments moments_;
};

/// What one replication tells of where the loop goes and how fast, fed epoch by epoch; memory does not grow with them.
class LoopTally {
 public:
  LoopTally(Window written, Window tail, std::size_t n_groups, std::size_t n_states);
  /// Epochs of `written` in order: threshold [n_groups] as played, state [n_states] before the decision.
  void add(std::uint32_t t, std::span<const double> threshold, std::span<const double> state, double reward,
           double worst_residual);
  void finish();  ///< after the last epoch

  SignalTally reward, residual;                            ///< expected reward; worst expected residual
  std::vector<RunningMoments> tail_threshold, tail_state;  ///< [n_groups], [n_states]
  /// The longest stretch of epochs under one threshold: what the state did from its first epoch to the one after its
  /// last. The first of equals.
  std::size_t held_epochs = 0;
  std::vector<double> held_threshold;    ///< [n_groups]
  std::vector<AutoRegression> held_fit;  ///< [n_states]

 private:
  void close();

  Window written_, tail_;
  std::vector<double> now_;                   ///< [n_groups] threshold of the stretch that is open; empty: none is
  std::vector<AutoRegressionTally> stretch_;  ///< [n_states]
  std::size_t epochs_ = 0;                    ///< of the open stretch
};

}  // namespace loopgate
