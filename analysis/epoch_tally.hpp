#pragma once

#include <span>
#include <vector>

#include "analysis/constraint_statistics.hpp"
#include "analysis/convergence.hpp"
#include "analysis/epoch_piece.hpp"
#include "analysis/metrics.hpp"

namespace loopgate {

/// A mean of what is defined.
struct RunningMean {
  double sum = 0.0;
  std::uint64_t n = 0;
  void add(double value) noexcept {
    if (value != value) return;
    sum += value;
    ++n;
  }
  double value() const noexcept { return n > 0 ? sum / static_cast<double>(n) : undefined; }
  double total() const noexcept { return n > 0 ? sum : undefined; }
};

/// Constraint statistics of each residual and, last, of the worst one of each epoch. Empty without constraints.
class ResidualTally {
 public:
  ResidualTally(std::size_t n_residuals, std::uint32_t average_over);
  void add(std::span<const double> residuals);  ///< of one epoch [n_residuals]
  std::span<const ConstraintStatistics> statistics() const noexcept { return statistics_; }

 private:
  std::vector<ConstraintStatistics> statistics_;
};

/// Batches that the warm-up is looked for in: five epochs each (MSER-5) up to 10,000 epochs, longer ones beyond.
inline constexpr std::size_t warm_up_batch = 5, most_warm_up_batches = 2000;

/// What the metrics of one replication are computed from.
class ReplicationTally {
 public:
  ReplicationTally(std::size_t n_groups, std::size_t n_residuals, std::uint32_t average_over);
  void add(const EpochPiece& piece, std::size_t begin);    ///< its epochs from `begin` on
  void add_epoch(const EpochPiece& piece, std::size_t t);  ///< its t-th one

  std::size_t n_epochs = 0;
  std::vector<GroupCounts> counts;                           ///< [n_groups]
  std::vector<RunningMean> composition, qualification_rate;  ///< [n_groups]
  RunningMean qualification_disparity;                       ///< of each epoch's spread
  double last_disparity = undefined;                         ///< in the last epoch
  RunningMean reward, expected_reward;
  RunningMean expected_parity_gap;  ///< of each epoch's; nothing without a parity constraint
  BatchSeries expected_reward_batches{warm_up_batch, most_warm_up_batches};
  ResidualTally residual, expected_residual;

  GroupCounts all() const noexcept;  ///< counts over all groups
};

}  // namespace loopgate
