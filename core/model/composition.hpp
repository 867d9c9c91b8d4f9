#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

/// The population state of one replication: what dynamics and interventions move and the agent never sees.
class Composition {
 public:
  Composition() = default;
  /// shares [n_groups], > 0, sum 1: each group's share of expected arrivals. score_means [n_groups]: the mean parameter
  /// of the group's score law in the law's own unit (logit scale for logit_normal); NaN where a law has none.
  Composition(std::vector<double> shares, std::vector<double> score_means);

  std::size_t n_groups() const noexcept { return shares_.size(); }
  std::span<const double> shares() const noexcept { return shares_; }
  std::span<const double> score_means() const noexcept { return score_means_; }

  /// [n_groups] added to every score of the group; 0 at the start.
  std::span<const double> score_shifts() const noexcept { return score_shifts_; }
  /// [n_groups] in [-1, 1], 0 at the start. x > 0: of those who would fail a part x succeeds instead; x < 0: of those
  /// who would succeed a part -x fails instead.
  std::span<const double> success_shifts() const noexcept { return success_shifts_; }

  /// EXPECTs every entry in [0, 1] and a sum of 1 within 1e-9.
  void set_shares(std::span<const double> shares);
  /// EXPECTs a finite value and a law that has a mean.
  void set_score_mean(GroupId g, double mean);
  void set_score_shift(GroupId g, double shift);    ///< EXPECTs a finite value
  void set_success_shift(GroupId g, double shift);  ///< EXPECTs a value in [-1, 1]

  /// Scores that a score model which learns gives the types now, [n_types] in the law's order; empty: the law's own.
  std::span<const double> type_scores() const noexcept { return type_scores_; }
  void set_type_scores(std::span<const double> scores);

  /// Changes whenever a score law moved: what was computed from the laws alone holds while this stays.
  std::uint64_t law_version() const noexcept { return law_version_; }

 private:
  std::vector<double> shares_;
  std::vector<double> score_means_, score_shifts_, success_shifts_;
  std::vector<double> type_scores_;
  std::uint64_t law_version_ = 0;
};

/// Shares of some groups, and of the others what is left, in the proportions they have (evenly where they have
/// nothing). EXPECTs some: shares in [0, 1] of different groups with a sum of at most 1, of 1 if these are all.
std::vector<double> shares_with(std::span<const double> shares, std::span<const std::pair<GroupId, double>> some);

}  // namespace loopgate
