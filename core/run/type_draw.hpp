#pragma once

#include "core/model/applicant_law.hpp"
#include "core/model/score_learning.hpp"
#include "core/random/rng.hpp"
#include "core/run/epoch_draw.hpp"

namespace loopgate {

/// An epoch's counts by type, for score models that learn from them and rules that move types: what `counts` and
/// `mean_field` give for groups, in the same law.
class TypeDraw : public EpochDraw {
 public:
  /// tally outlives the draw; it gets what is drawn.
  TypeDraw(const ApplicantLaw& law, TypeTally& tally);
  void tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                   std::span<const ArrivalPart> parts, Counts& counts) final;

 protected:
  /// The types at the epoch's state.
  std::span<const std::uint32_t> group() const noexcept { return group_; }
  std::span<const double> mass() const noexcept { return mass_; }        ///< within the group
  std::span<const double> success() const noexcept { return success_; }  ///< P(success)
  /// Writes arrivals of each group, which are 0 before, and arrivals and potential successes of each type. Nothing
  /// drawn depends on a decision.
  virtual void arrive(std::uint32_t epoch, std::span<const ArrivalPart> parts, std::span<double> of_group,
                      std::span<double> arrived, std::span<double> qualified) = 0;
  /// Of n people, those who are accepted, each with probability p.
  virtual double accept_some(double n, double p) = 0;

 private:
  const ApplicantLaw& law_;
  TypeTally& tally_;
  std::vector<std::uint32_t> group_;                        ///< [n_types]
  std::vector<double> mass_, score_, success_, qualified_;  ///< [n_types] of the epoch
};

/// Fidelity `counts`: a multinomial number of each group, then of each type in it, and a binomial number of successes.
class TypeCountDraw final : public TypeDraw {
 public:
  TypeCountDraw(const ApplicantLaw& law, TypeTally& tally, Seed seed, Replication replication)
      : TypeDraw(law, tally), rng_(seed, replication, Stream::counts()) {}

 private:
  void arrive(std::uint32_t epoch, std::span<const ArrivalPart> parts, std::span<double> of_group,
              std::span<double> arrived, std::span<double> qualified) override;
  double accept_some(double n, double p) override;
  Rng rng_;
};

/// Fidelity `mean_field`: the means of these.
class TypeMeanDraw final : public TypeDraw {
 public:
  using TypeDraw::TypeDraw;

 private:
  void arrive(std::uint32_t epoch, std::span<const ArrivalPart> parts, std::span<double> of_group,
              std::span<double> arrived, std::span<double> qualified) override;
  double accept_some(double n, double p) override { return n * p; }
};

}  // namespace loopgate
