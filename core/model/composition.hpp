#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

/// The population state of one replication: what the dynamics move and the agent never sees.
class Composition {
 public:
  Composition() = default;
  /// shares [n_groups], > 0, sum 1: each group's share of expected arrivals. score_means [n_groups]: the mean parameter
  /// of the group's score law in the law's own unit (logit scale for logit_normal); NaN where a law has none.
  Composition(std::vector<double> shares, std::vector<double> score_means);

  std::size_t n_groups() const noexcept { return shares_.size(); }
  std::span<const double> shares() const noexcept { return shares_; }
  std::span<const double> score_means() const noexcept { return score_means_; }

  /// EXPECTs every entry in [0, 1] and a sum of 1 within 1e-9.
  void set_shares(std::span<const double> shares);
  /// EXPECTs a finite value and a law that has a mean.
  void set_score_mean(GroupId g, double mean);

  /// Changes whenever a score law moved: what was computed from the laws alone holds while this stays.
  std::uint64_t law_version() const noexcept { return law_version_; }

 private:
  std::vector<double> shares_;
  std::vector<double> score_means_;
  std::uint64_t law_version_ = 0;
};

}  // namespace loopgate
