#include "core/run/type_counts.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

void TypeCounts::clear() noexcept {
  std::ranges::fill(accepted, 0.0);
  std::ranges::fill(succeeded, 0.0);
}

void TypeCounter::append(const ApplicantRows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    counts_.accepted[rows.type[i]] += rows.accepted[i];
    counts_.succeeded[rows.type[i]] += rows.accepted[i] & rows.success[i];
  }
  if (next_ != nullptr) next_->append(rows);
}

std::unique_ptr<TypeCounter> type_counter(std::span<const std::unique_ptr<Dynamics>> rules, const ApplicantLaw& law,
                                          RowSink* next) {
  const bool needed = std::ranges::any_of(rules, [](const auto& rule) { return rule->needs_types(); });
  return needed ? std::make_unique<TypeCounter>(law.types().size(), next) : nullptr;
}

TypedDraw::TypedDraw(const ApplicantLaw& law, TypeCounts& counts) : law_(law), counts_(counts) {
  for (const ApplicantType& type : law.types()) group_.push_back(type.group);
  for (auto* column : {&mass_, &score_, &success_, &arrived_, &qualified_}) column->resize(group_.size());
  LOOPGATE_EXPECT(!group_.empty() && counts.accepted.size() == group_.size());
}

void TypedDraw::tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                            std::span<const ArrivalPart> parts, Counts& counts) {
  const std::size_t n_groups = counts.arrived.size();
  LOOPGATE_EXPECT(threshold.size() == n_groups);
  law_.types_now(composition, mass_, score_, success_);
  begin(epoch);
  left_.clear();
  for (const ArrivalPart& part : parts) left_.push_back({part.n, 1.0});
  for (std::size_t g = 0, first = 0; g < n_groups; ++g) {
    std::size_t end = first;
    while (end < group_.size() && group_[end] == g) ++end;
    double arrived = 0.0;
    for (std::size_t p = 0; p < parts.size(); ++p) arrived += of_group(parts[p].shares[g], g + 1 == n_groups, left_[p]);
    arrive(arrived,
           {std::span(mass_).subspan(first, end - first), std::span(success_).subspan(first, end - first),
            std::span(arrived_).subspan(first, end - first), std::span(qualified_).subspan(first, end - first)});
    counts.arrived[g] = arrived;
    counts.accepted[g] = counts.succeeded[g] = counts.qualified[g] = 0.0;
    for (std::size_t k = first; k < end; ++k) {
      counts.qualified[g] += qualified_[k];
      if (!(score_[k] >= threshold[g])) continue;
      counts.accepted[g] += arrived_[k];
      counts.succeeded[g] += qualified_[k];
      counts_.accepted[k] += arrived_[k];
      counts_.succeeded[k] += qualified_[k];
    }
    first = end;
  }
}

double TypedDraw::of_group(double share, bool last, Left& left) {
  const double part = left.share > 0.0 ? std::clamp(share / left.share, 0.0, 1.0) : 0.0;
  const double arrived = last ? left.n : of_those(left.n, part);
  left.n -= arrived;
  left.share -= share;
  return arrived;
}

double TypedCountDraw::binomial(double n, double p) {
  return n > 0.0 && p > 0.0
             ? static_cast<double>(sample_binomial(static_cast<std::uint64_t>(n), std::min(p, 1.0), rng_))
             : 0.0;
}

void TypedCountDraw::arrive(double n, const Types& types) {
  std::size_t last = types.mass.size() - 1;
  while (last > 0 && types.mass[last] <= 0.0) --last;  // takes whoever is left
  double mass_left = 1.0;
  for (std::size_t k = 0; k < types.mass.size(); ++k) {
    types.arrived[k] = k == last ? n : k > last ? 0.0 : binomial(n, types.mass[k] / mass_left);
    n -= types.arrived[k];
    mass_left -= types.mass[k];
    types.qualified[k] = binomial(types.arrived[k], types.success[k]);
  }
}

void TypedMeanDraw::arrive(double n, const Types& types) {
  for (std::size_t k = 0; k < types.mass.size(); ++k) {
    types.arrived[k] = n * types.mass[k];
    types.qualified[k] = types.arrived[k] * types.success[k];
  }
}

}  // namespace loopgate
