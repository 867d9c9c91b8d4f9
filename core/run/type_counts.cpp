#include "core/run/type_counts.hpp"

#include <algorithm>

namespace loopgate {

void TypeCounter::append(const ApplicantRows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    counts.accepted[rows.type[i]] += rows.accepted[i];
    counts.succeeded[rows.type[i]] += rows.accepted[i] & rows.success[i];
  }
  if (next_ != nullptr) next_->append(rows);
}

void TypeCounter::tell(EpochTally& tally) const noexcept {
  tally.type_accepted = counts.accepted;
  tally.type_succeeded = counts.succeeded;
}

std::unique_ptr<TypeCounter> type_counter(std::span<const std::unique_ptr<Dynamics>> rules, const ApplicantLaw& law,
                                          RowSink* next) {
  const bool needed = std::ranges::any_of(rules, [](const auto& rule) { return rule->needs_types(); });
  return needed ? std::make_unique<TypeCounter>(law.types().size(), next) : nullptr;
}

}  // namespace loopgate
