#pragma once

#include <span>
#include <vector>

#include "agents/grid.hpp"
#include "core/model/agent.hpp"

namespace loopgate {

/// What the applicants of a decision tell of thresholds that were not played, under semi feedback: all scores are seen,
/// so every arm's selection rates are known, and with them residuals that take no more than rates; and whom an arm at
/// or above the one played accepts was accepted, so its reward is known too (one-sided nesting: apple tasting,
/// Helmbold, Littlestone & Long 2000, doi:10.1006/inco.2000.2870; graph feedback, Mannor & Shamir 2011, arXiv
/// 1106.2436).
class SideInfo {
 public:
  SideInfo(const ArmGrid& arms, const Problem& problem);

  /// Counts the applicants of a feedback, which outlives the calls that follow. EXPECTs its rules.
  void read(const Feedback& told);
  /// What arm k would have been told as its reward; NaN where the arm lies below the one played in some group, or as
  /// Feedback::reward is. Not for the part that knows no outcome.
  double reward(std::size_t k);
  /// What it would have been told as its residuals [n_residuals].
  void residuals(std::size_t k, std::span<double> out);

 private:
  struct Above {
    double all = 0.0, succeeded = 0.0, failed = 0.0;  ///< who applied; of those, whose outcome is known
  };
  const Above& above(std::size_t k, std::size_t g) const noexcept { return above_[g * width_ + arms_.place(k, g)]; }

  const ArmGrid& arms_;
  std::size_t width_;          ///< thresholds of the grid
  std::vector<double> least_;  ///< [width] least score that each accepts
  const Feedback* told_ = nullptr;
  std::vector<double> arrived_;                        ///< [n_groups]
  std::vector<Above> above_;                           ///< [n_groups x width] at or above a threshold
  std::vector<double> accepted_, succeeded_, failed_;  ///< [n_groups] scratch
};

}  // namespace loopgate
