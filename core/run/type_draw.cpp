#include "core/run/type_draw.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

TypeDraw::TypeDraw(const ApplicantLaw& law, TypeTally& tally) : law_(law), tally_(tally) {
  for (const ApplicantType& type : law.types()) group_.push_back(type.group);
  for (auto* column : {&mass_, &score_, &success_, &qualified_}) column->resize(group_.size());
}

void TypeDraw::tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                           std::span<const ArrivalPart> parts, Counts& counts) {
  LOOPGATE_EXPECT(threshold.size() == counts.arrived.size());
  law_.types_now(composition, mass_, score_, success_);
  std::ranges::fill(counts.arrived, 0.0);
  arrive(epoch, parts, counts.arrived, tally_.arrived, qualified_);
  for (auto* column : {&counts.accepted, &counts.succeeded, &counts.qualified, &counts.explored})
    std::ranges::fill(*column, 0.0);
  const double tolerance = law_.score_tolerance();
  for (std::size_t k = 0; k < group_.size(); ++k) {
    const std::uint32_t g = group_[k];
    const double score = score_[k];
    const bool reaches = score >= least_accepted(threshold[g], tolerance);
    const double chance = reaches ? 1.0 : !explores() ? 0.0 : (*exploration(g))(score, tolerance);
    tally_.succeeded[k] = accept_some(qualified_[k], chance);
    tally_.failed[k] = accept_some(tally_.arrived[k] - qualified_[k], chance);
    tally_.accepted[k] = tally_.succeeded[k] + tally_.failed[k];
    if (!reaches) counts.explored[g] += tally_.accepted[k];
    counts.accepted[g] += tally_.accepted[k];
    counts.succeeded[g] += tally_.succeeded[k];
    counts.qualified[g] += qualified_[k];
  }
}

double TypeCountDraw::accept_some(double n, double p) {
  if (p <= 0.0 || p >= 1.0) return n * p;
  return static_cast<double>(sample_binomial(static_cast<std::uint64_t>(n), p, rng_));
}

void TypeCountDraw::arrive(std::uint32_t epoch, std::span<const ArrivalPart> parts, std::span<double> of_group,
                           std::span<double> arrived, std::span<double> qualified) {
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
  for (std::size_t k = 0; k < group().size();) {
    const std::uint32_t g = group()[k];
    std::size_t end = k, last = k;  // the last type with mass takes whoever is left
    for (; end < group().size() && group()[end] == g; ++end)
      if (mass()[end] > 0.0) last = end;
    double left = of_group[g], mass_left = 1.0;
    for (; k < end; ++k) {
      arrived[k] = k == last ? left : k > last ? 0.0 : binomial(left, mass_left > 0.0 ? mass()[k] / mass_left : 0.0);
      left -= arrived[k];
      mass_left -= mass()[k];
    }
  }
  for (std::size_t k = 0; k < group().size(); ++k) qualified[k] = binomial(arrived[k], success()[k]);
}

void TypeMeanDraw::arrive(std::uint32_t, std::span<const ArrivalPart> parts, std::span<double> of_group,
                          std::span<double> arrived, std::span<double> qualified) {
  for (const ArrivalPart& part : parts)
    for (std::size_t g = 0; g < of_group.size(); ++g) of_group[g] += part.n * part.shares[g];
  for (std::size_t k = 0; k < group().size(); ++k) {
    arrived[k] = of_group[group()[k]] * mass()[k];
    qualified[k] = arrived[k] * success()[k];
  }
}

}  // namespace loopgate
