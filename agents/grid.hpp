#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/model/agent.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

std::vector<Key> grid_keys(std::vector<Key> more = {});  ///< `grid` and `range`, then more
std::vector<Key> arm_keys(std::vector<Key> more = {});   ///< these and `scope`, then more

/// The thresholds that `grid` and `range` say, increasing; empty after a problem. `grid: K` is
/// low + (high - low) k / (K - 1) for k = 0..K-1.
std::vector<double> make_grid(const Node& settings, const Problem& problem, Diagnostics& diagnostics);

/// What an agent on a grid of K thresholds can play. Common: arm k is threshold k for every group. Per group: one
/// threshold for each, in every combination; the digits of an arm to the base K, the first group's the most
/// significant, are the thresholds of the groups.
class ArmGrid {
 public:
  static constexpr std::size_t most_arms = 65536;  ///< per group

  static ArmGrid common(std::vector<double> grid) { return {std::move(grid), 1, false}; }
  /// grid: at least one threshold, increasing; EXPECTs at most most_arms combinations.
  static ArmGrid per_group(std::vector<double> grid, std::size_t n_groups);

  std::size_t size() const noexcept { return n_arms_; }
  bool by_group() const noexcept { return by_group_; }
  const std::vector<double>& grid() const noexcept { return grid_; }

  /// Writes the thresholds of an arm [n_groups].
  void play(std::size_t arm, std::span<double> threshold) const noexcept {
    if (n_digits_ == 1) {
      std::ranges::fill(threshold, grid_[arm]);
      return;
    }
    for (std::size_t g = threshold.size(); g-- > 0; arm /= grid_.size()) threshold[g] = grid_[arm % grid_.size()];
  }
  /// Where in the grid the threshold lies that an arm has for a group.
  std::size_t place(std::size_t arm, std::size_t g) const noexcept {
    return n_digits_ == 1 ? arm : arm / step_[g] % grid_.size();
  }
  /// The arm that thresholds [n_groups] are; guess: an arm that it may well be. EXPECTs thresholds of the grid.
  std::size_t arm_of(std::span<const double> threshold, std::size_t guess) const;
  /// The law of a group's threshold [K] where arms have this one [n_arms]. Overwritten.
  void group_law(GroupId g, std::span<const double> arm_probability, std::vector<double>& probability) const;

 private:
  ArmGrid(std::vector<double> grid, std::size_t n_digits, bool by_group);

  std::vector<double> grid_;
  std::size_t n_digits_, n_arms_;
  std::vector<std::size_t> step_;  ///< [n_digits] from an arm to the one with the group's next threshold
  bool by_group_;
};

/// What `grid`, `range` and `scope` say. After a problem it must not be used.
ArmGrid make_arms(const Node& settings, const Problem& problem, Diagnostics& diagnostics);
/// Warns where so many plays of each combination are never over.
void check_initial_order(const Node& settings, const ArmGrid& arms, std::size_t pulls, const Problem& problem,
                         Diagnostics& diagnostics);

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
