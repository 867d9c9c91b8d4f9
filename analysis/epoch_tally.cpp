#include "analysis/epoch_tally.hpp"

namespace loopgate {

ResidualTally::ResidualTally(std::size_t n_residuals, std::uint32_t average_over)
    : statistics_(n_residuals == 0 ? 0 : n_residuals + 1, ConstraintStatistics(average_over)) {}

void ResidualTally::add(std::span<const double> residuals) {
  for (std::size_t m = 0; m < residuals.size(); ++m) statistics_[m].add(residuals[m]);
  if (!residuals.empty()) statistics_.back().add(worst_residual(residuals));
}

ReplicationTally::ReplicationTally(std::size_t n_groups, std::size_t n_residuals, std::uint32_t average_over)
    : counts(n_groups),
      composition(n_groups),
      qualification_rate(n_groups),
      residual(n_residuals, average_over),
      expected_residual(n_residuals, average_over) {}

void ReplicationTally::add(const EpochPiece& piece, std::size_t begin) {
  for (std::size_t t = begin; t < piece.n_epochs; ++t) add_epoch(piece, t);
}

void ReplicationTally::add_epoch(const EpochPiece& piece, std::size_t t) {
  const std::size_t n_groups = counts.size();
  ++n_epochs;
  for (std::size_t g = 0, i = t * n_groups; g < n_groups; ++g, ++i) {
    counts[g].arrived += piece.arrived[i];
    counts[g].accepted += piece.accepted[i];
    counts[g].succeeded += piece.succeeded[i];
    counts[g].qualified += piece.qualified[i];
    composition[g].add(piece.composition[i]);
    qualification_rate[g].add(piece.qualification_rate[i]);
  }
  last_disparity = spread(std::span(piece.qualification_rate).subspan(t * n_groups, n_groups)).gap;
  qualification_disparity.add(last_disparity);
  reward.add(piece.reward[t]);
  expected_reward.add(piece.expected_reward[t]);
  expected_reward_batches.add(piece.expected_reward[t]);
  if (!piece.expected_parity_gap.empty()) expected_parity_gap.add(piece.expected_parity_gap[t]);
  if (residual.statistics().empty()) return;
  const std::size_t n_residuals = residual.statistics().size() - 1;
  residual.add(std::span(piece.residual).subspan(t * n_residuals, n_residuals));
  expected_residual.add(std::span(piece.expected_residual).subspan(t * n_residuals, n_residuals));
}

GroupCounts ReplicationTally::all() const noexcept {
  GroupCounts sum;
  for (const GroupCounts& one : counts) {
    sum.arrived += one.arrived;
    sum.accepted += one.accepted;
    sum.succeeded += one.succeeded;
    sum.qualified += one.qualified;
  }
  return sum;
}

}  // namespace loopgate
