#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"

namespace loopgate {

/// Groups of finitely many types, each with a score, a mass within its group and a probability of success. Types are
/// kept by group, then by score. Type k of a group owns the positions [start_k, start_k+1) of the score law, and keeps
/// them when the Composition gives types new scores: the same draws are the same people, whatever model scores them.
/// Where the composition moves a group's qualification rate from q to q', the law of scores of the qualified and that
/// of the unqualified stay: a type of mass m and success p has m (p q'/q + (1 - p) (1 - q')/(1 - q)), of which the
/// first part succeeds.
class FiniteLaw final : public ApplicantLaw {
 public:
  /// shares [n_groups], sum 1. types: masses >= 0, of each group one above 0; normalised within the group here.
  FiniteLaw(std::vector<std::string> groups, std::vector<double> shares, std::vector<ApplicantType> types,
            Interval score_range);

  const std::vector<std::string>& groups() const noexcept override { return names_; }
  Interval score_range() const noexcept override { return range_; }
  double score_tolerance() const noexcept override { return tolerance_; }
  Composition start() const override;
  Interval score_mean_range(GroupId) const noexcept override { return {1.0, 0.0}; }
  std::vector<ApplicantType> types() const override { return types_; }
  Response respond(const Composition&, GroupId g, double threshold) const override;
  double qualification_rate(const Composition&, GroupId g) const override;
  AcceptanceCut cut(const Composition&, GroupId g, double threshold) const override;
  void tabulate(const Composition&, GroupId g, std::size_t n_cells, OutcomeCells& cells) const override;
  void resolve(const Composition&, GroupId g, std::span<const std::uint64_t> position, std::span<double> score,
               std::span<double> success, std::span<std::uint32_t> type) const override;
  void types_now(const Composition& composition, std::span<double> mass, std::span<double> score,
                 std::span<double> success) const override;

 private:
  struct Group {
    std::size_t first = 0, n = 0;  ///< its types
    bool equal_masses = true;
    std::vector<std::uint64_t> start;   ///< [n] first position of each type
    std::vector<double> mass_above;     ///< [n + 1] mass of types k and above
    std::vector<double> success_above;  ///< [n + 1] their mass times success
  };
  class View;

  View view(const Composition& composition, GroupId g) const;
  std::size_t first_accepted(const Group& group, double threshold) const;

  std::vector<std::string> names_;
  std::vector<double> shares_;
  std::vector<ApplicantType> types_;
  Interval range_;
  double tolerance_ = 0.0;
  std::vector<Group> groups_;
};

}  // namespace loopgate
