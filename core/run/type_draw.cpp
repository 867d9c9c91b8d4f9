#include "core/run/type_draw.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/model/moved_law.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

void TypeDraw::tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                           std::span<const ArrivalPart> parts, Counts& counts) {
  LOOPGATE_EXPECT(threshold.size() == counts.arrived.size());
  std::ranges::fill(counts.arrived, 0.0);
  arrive(composition, epoch, parts, counts.arrived, tally_.arrived, qualified_);
  for (auto* column : {&counts.accepted, &counts.succeeded, &counts.qualified, &counts.explored})
    std::ranges::fill(*column, 0.0);
  const std::span<const double> rescored = composition.type_scores();
  for (std::size_t k = 0; k < types_.size(); ++k) {
    const std::uint32_t g = types_[k].group;
    const double score = (rescored.empty() ? types_[k].score : rescored[k]) + composition.score_shifts()[g];
    const double chance = score >= threshold[g] ? 1.0 : exploration() == nullptr ? 0.0 : (*exploration())(score);
    tally_.succeeded[k] = accept_some(qualified_[k], chance);
    tally_.failed[k] = accept_some(tally_.arrived[k] - qualified_[k], chance);
    tally_.accepted[k] = tally_.succeeded[k] + tally_.failed[k];
    if (score < threshold[g]) counts.explored[g] += tally_.accepted[k];
    counts.accepted[g] += tally_.accepted[k];
    counts.succeeded[g] += tally_.succeeded[k];
    counts.qualified[g] += qualified_[k];
  }
}

double TypeDraw::success(const Composition& composition, std::size_t k) const {
  return moved_success(types_[k].success, composition.success_shifts()[types_[k].group]);
}

double TypeCountDraw::accept_some(double n, double p) {
  if (p <= 0.0 || p >= 1.0) return n * p;
  return static_cast<double>(sample_binomial(static_cast<std::uint64_t>(n), p, rng_));
}

void TypeCountDraw::arrive(const Composition& composition, std::uint32_t epoch, std::span<const ArrivalPart> parts,
                           std::span<double> of_group, std::span<double> arrived, std::span<double> qualified) {
  const auto binomial = [this](double trials, double p) {
    return static_cast<double>(sample_binomial(static_cast<std::uint64_t>(trials), std::clamp(p, 0.0, 1.0), rng_));
  };
  rng_.begin_epoch(epoch);
  for (const ArrivalPart& part : parts) {
    double left = part.n, share_left = 1.0;
    for (std::size_t g = 0; g < of_group.size(); ++g) {
      const double share = part.shares[g];
      const bool last = g + 1 == of_group.size();
      const double some = last ? left : binomial(left, share_left > 0.0 ? share / share_left : 0.0);
      of_group[g] += some;
      left -= some;
      share_left -= share;
    }
  }
  for (std::size_t k = 0; k < types().size();) {
    const std::uint32_t g = types()[k].group;
    double left = of_group[g], mass_left = 1.0;
    for (; k < types().size() && types()[k].group == g; ++k) {
      const bool last = k + 1 == types().size() || types()[k + 1].group != g;
      arrived[k] = last ? left : binomial(left, mass_left > 0.0 ? types()[k].mass / mass_left : 0.0);
      left -= arrived[k];
      mass_left -= types()[k].mass;
    }
  }
  for (std::size_t k = 0; k < types().size(); ++k) qualified[k] = binomial(arrived[k], success(composition, k));
}

void TypeMeanDraw::arrive(const Composition& composition, std::uint32_t, std::span<const ArrivalPart> parts,
                          std::span<double> of_group, std::span<double> arrived, std::span<double> qualified) {
  for (const ArrivalPart& part : parts)
    for (std::size_t g = 0; g < of_group.size(); ++g) of_group[g] += part.n * part.shares[g];
  for (std::size_t k = 0; k < types().size(); ++k) {
    arrived[k] = of_group[types()[k].group] * types()[k].mass;
    qualified[k] = arrived[k] * success(composition, k);
  }
}

}  // namespace loopgate
