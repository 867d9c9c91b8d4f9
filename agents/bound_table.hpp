#pragma once

#include <span>
#include <vector>

#include "agents/arm_statistics.hpp"
#include "agents/radius.hpp"
#include "agents/selector.hpp"

namespace loopgate {

/// One confidence bound of every arm on every stream: the upper one of the reward, and of the residuals the one that
/// they are judged by. A round changes few of them but for a common factor, so each is kept as centre + level x slack.
class BoundTable {
 public:
  /// widths: [n_streams] of the ranges of the streams' values.
  BoundTable(std::size_t n_arms, const Radius& radius, std::vector<double> widths, Feasible judged);

  void update(std::span<const std::uint32_t> changed, const ArmStatistics& statistics) noexcept;
  /// Another radius and other widths from now on, for all that statistics hold.
  void change(const Radius& radius, std::vector<double> widths, const ArmStatistics& statistics) noexcept;
  /// The bounds now, from statistics that update was told all changes of; valid until the next call.
  ArmBounds bounds(const ArmStatistics& statistics) noexcept;
  /// The radii now [n_streams x n_arms], infinite at count 0; overwrites out.
  void radii(const ArmStatistics& statistics, std::vector<double>& out) const;

 private:
  void update(std::size_t arm, const ArmStatistics& statistics) noexcept;

  std::size_t n_arms_;
  Radius radius_;
  std::vector<double> widths_;
  double residual_side_;                ///< +1 or -1: upper or lower bounds
  std::vector<double> centre_, slack_;  ///< [n_streams x n_arms]; never observed: +-infinity and 0
  std::vector<double> bound_;           ///< same shape
};

}  // namespace loopgate
