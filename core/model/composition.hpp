#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

/// People who move their score up to what they have seen to be enough: scores in [to - reach, to) become `to`.
struct Aim {
  double to = 0.0, reach = 0.0;  ///< reach 0: nobody moves

  double from() const noexcept { return to - reach; }

  friend bool operator==(const Aim&, const Aim&) = default;
};

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

  /// [n_groups] people in each group, in units of the whole population at the start. Nobody moves them but rules that
  /// tell who is there from who applies; then a group's applicants grow with its people.
  std::span<const double> populations() const noexcept { return populations_; }
  /// Expected arrivals over those of the start, >= 0; 1 unless populations move.
  double volume() const noexcept { return volume_; }

  /// [n_groups] share of those who would succeed, in laws in which it can move while those of either outcome keep their
  /// law of scores (class-conditional scores); NaN in others.
  std::span<const double> qualifications() const noexcept { return qualifications_; }

  /// [n_types] mass of each type of a finite law within its group, in the law's order; empty: laws without types.
  std::span<const double> type_masses() const noexcept { return type_masses_; }
  bool type_masses_are_moved() const noexcept { return type_masses_are_moved_; }  ///< false: the law's own

  /// [n_groups] added to every score of the group; 0 at the start.
  std::span<const double> score_shifts() const noexcept { return score_shifts_; }
  /// [n_groups] in [-1, 1], 0 at the start. x > 0: of those who would fail a part x succeeds instead; x < 0: of those
  /// who would succeed a part -x fails instead.
  std::span<const double> success_shifts() const noexcept { return success_shifts_; }
  /// [n_groups] after the shifts.
  std::span<const Aim> aims() const noexcept { return aims_; }
  bool scores_are_moved() const noexcept;  ///< whether a shift or an aim changes a score now

  /// Who applies, at the same volume: populations stay. EXPECTs every entry in [0, 1] and a sum of 1 within 1e-9.
  void set_shares(std::span<const double> shares);
  /// Who is there: of each group the same part applies as before (all at the start). Shares stay where nobody would
  /// apply at all. EXPECTs finite values >= 0.
  void set_populations(std::span<const double> populations);
  /// EXPECTs a finite value >= 0.
  void set_volume(double volume);
  void set_qualification(GroupId g, double rate);  ///< EXPECTs a value in [0, 1]
  /// Masses of a finite law's types: start_type_masses its own, set_type_masses others, each >= 0 with sum 1 in every
  /// group; EXPECTs as many.
  void start_type_masses(std::vector<double> masses);
  void set_type_masses(std::span<const double> masses);
  /// EXPECTs a finite value and a law that has a mean.
  void set_score_mean(GroupId g, double mean);
  void set_score_shift(GroupId g, double shift);    ///< EXPECTs a finite value
  void set_success_shift(GroupId g, double shift);  ///< EXPECTs a value in [-1, 1]
  void set_aim(GroupId g, Aim aim);                 ///< EXPECTs finite values, reach >= 0

  /// Scores that a score model which learns gives the types now, [n_types] in the law's order; empty: the law's own.
  std::span<const double> type_scores() const noexcept { return type_scores_; }
  void set_type_scores(std::span<const double> scores);

  /// Changes whenever a score law moved: what was computed from the laws alone holds while this stays.
  std::uint64_t law_version() const noexcept { return law_version_; }

 private:
  std::vector<double> shares_, populations_;
  std::vector<double> applying_;    ///< [n_groups] expected arrivals per head, over the same at the start ...
  bool who_applies_moved_ = false;  ///< ... unless shares or volume were set since
  double volume_ = 1.0;
  std::vector<double> score_means_, score_shifts_, success_shifts_, qualifications_;
  std::vector<Aim> aims_;
  std::vector<double> type_masses_, type_scores_;
  bool type_masses_are_moved_ = false;
  std::uint64_t law_version_ = 0;
};

/// Shares of some groups, and of the others what is left, in the proportions they have (evenly where they have
/// nothing). EXPECTs some: shares in [0, 1] of different groups with a sum of at most 1, of 1 if these are all.
std::vector<double> shares_with(std::span<const double> shares, std::span<const std::pair<GroupId, double>> some);

}  // namespace loopgate
