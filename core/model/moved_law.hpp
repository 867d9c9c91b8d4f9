#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"

namespace loopgate {

/// A law whose scores and outcomes also follow the composition's score_shifts, aims and success_shifts. A score becomes
/// score + shift, then what the aim makes of that, and decides as such: accepted iff the result, as a double, reaches
/// the least accepted score. A probability of success p becomes p + x (1 - p) for x >= 0 and p (1 + x) for x < 0, which
/// is linear in p: no law need be integrated anew.
class MovedLaw final : public ApplicantLaw {
 public:
  explicit MovedLaw(std::shared_ptr<const ApplicantLaw> law) : law_(std::move(law)) {}

  const std::vector<std::string>& groups() const noexcept override { return law_->groups(); }
  Interval score_range() const noexcept override { return law_->score_range(); }  ///< without shifts
  double score_tolerance() const noexcept override { return law_->score_tolerance(); }
  Composition start() const override { return law_->start(); }
  Interval score_mean_range(GroupId g) const noexcept override { return law_->score_mean_range(g); }
  std::vector<ApplicantType> types() const override { return law_->types(); }  ///< without shifts

  Response respond(const Composition& now, GroupId g, double threshold) const override;
  double qualification_rate(const Composition& now, GroupId g) const override;
  AcceptanceCut cut(const Composition& now, GroupId g, double threshold) const override;
  void tabulate(const Composition& now, GroupId g, std::size_t n_cells, OutcomeCells& cells) const override;
  void resolve(const Composition& now, GroupId g, std::span<const std::uint64_t> position, std::span<double> score,
               std::span<double> success, std::span<std::uint32_t> type) const override;
  void types_now(const Composition& now, std::span<double> mass, std::span<double> score,
                 std::span<double> success) const override;

 private:
  double least(const Composition& now, GroupId g, double threshold) const noexcept;

  std::shared_ptr<const ApplicantLaw> law_;
};

/// The least score that an aim lifts to a threshold or that is there already.
double least_aiming(double threshold, const Aim& aim) noexcept;

/// The least score with score + shift >= threshold in double arithmetic, so that both sides decide alike to the bit.
double least_score(double threshold, double shift) noexcept;

/// A probability of success p moved by x in [-1, 1].
double moved_success(double p, double x) noexcept;

}  // namespace loopgate
