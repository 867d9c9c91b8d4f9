#pragma once

#include <span>
#include <vector>

#include "core/model/agent.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

std::vector<Key> grid_keys(std::vector<Key> more = {});  ///< `grid` and `range`, then more

/// The thresholds that `grid` and `range` say, increasing; empty after a problem. `grid: K` is
/// low + (high - low) k / (K - 1) for k = 0..K-1.
std::vector<double> make_grid(const Node& settings, const Problem& problem, Diagnostics& diagnostics);

/// The arm that a threshold is; guess: an arm that it may well be. EXPECTs a threshold of the grid.
std::size_t arm_of(std::span<const double> grid, double threshold, std::size_t guess);

/// Plays every arm of a grid `pulls` times in a random order before anything else.
class InitialOrder {
 public:
  InitialOrder(std::size_t n_arms, std::size_t pulls) : n_arms_(n_arms), pulls_(pulls) {}
  bool done() const noexcept { return pulls_ == 0; }
  std::size_t next(Rng& rng);
  double probability() const noexcept { return probability_; }  ///< of the arm that next gave
  /// Probability of each arm [n_arms] when next gave `arm`. Overwritten.
  void law(std::size_t arm, std::vector<double>& probability) const;

 private:
  std::size_t n_arms_, pulls_;
  std::vector<std::uint32_t> left_;  ///< arms still to be played in this pass
  double probability_ = 1.0;
};

}  // namespace loopgate
