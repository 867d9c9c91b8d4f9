#pragma once

#include <array>

#include "core/random/philox.hpp"
#include "core/random/rng.hpp"
#include "core/run/epoch_draw.hpp"
#include "core/run/law_answers.hpp"

namespace loopgate {

/// Fidelity `counts`: an epoch's counts from their exact law, without applicants. Of n arrivals each group gets a
/// multinomial part; in each group the accepted, the successes among them and the qualified among the rejected are
/// binomial. Equal in law to `individuals`; an epoch costs the same for any n. Each binomial has a draw of its own
/// (epoch, group, purpose), so equal states and thresholds give equal counts, and a rejected candidate shifts nothing.
class CountDraw final : public EpochDraw {
 public:
  /// answers outlives the draw.
  CountDraw(LawAnswers& answers, Seed seed, Replication replication);
  void tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                   std::span<const ArrivalPart> parts, Counts& counts) override;

 private:
  enum Purpose : std::uint32_t { arrive, accept, succeed, qualify, n_purposes };
  static constexpr std::size_t n_exploring =
      2;  ///< draws of a group behind all of those: accepted to learn, of them successful

  double binomial(double n, double p, std::size_t slot);
  double binomial(double n, double p, std::size_t g, Purpose purpose) {
    return binomial(n, p, g * n_purposes + purpose);
  }
  void add_arrivals(std::span<const ArrivalPart> parts, std::span<double> arrived);
  void accept_below(const Composition& composition, std::span<const double> threshold, Counts& counts);

  LawAnswers& answers_;
  Rng rng_, parts_rng_;
  std::vector<std::array<std::uint32_t, 4>> blocks_;  ///< [n_groups x n_purposes, then those of exploring]
  std::vector<Response> responses_;                   ///< [n_groups] scratch
};

/// Fidelity `mean_field`: the expected counts, the limit of infinitely many applicants. Nothing is drawn.
class MeanFieldDraw final : public EpochDraw {
 public:
  explicit MeanFieldDraw(LawAnswers& answers) : answers_(answers) {}
  void tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                   std::span<const ArrivalPart> parts, Counts& counts) override;

 private:
  LawAnswers& answers_;
};

}  // namespace loopgate
