#pragma once

#include <cstdint>
#include <span>

namespace loopgate {

// Regret of one replication, over epochs. Rewards are per applicant and epoch; an epoch in which either reward is NaN
// (nobody arrived) is left out. Negative regret is possible, above all where an agent violates constraints: state it
// beside the cumulative violation.

/// Sum of comparator - reward, both [n_epochs]. External regret: what the comparator would have got on the agent's own
/// trajectory. Policy regret (Arora, Dekel & Tewari 2012, arXiv 1206.6400): what it gets where the population reacts to
/// it, from the same start. NaN: no epoch counts.
double cumulative_regret(std::span<const double> comparator, std::span<const double> reward);

enum class SafePart : std::uint8_t { whole, positive };

/// Sum over epochs of max(comparator - reward, largest residual), or of its positive part. comparator: the reward of
/// the best feasible fixed threshold; reward [n_epochs]; residual [n_epochs x n_residuals], NaN ones are left out;
/// empty without constraints. NaN: no epoch counts.
double safe_regret(double comparator, std::span<const double> reward, std::span<const double> residual, SafePart part);

/// Comparator minus the mean reward of epochs begin..n_epochs-1. NaN: none of them counts.
double steady_state_gap(double comparator, std::span<const double> reward, std::size_t begin);

}  // namespace loopgate
