#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/model/score_learning.hpp"
#include "core/trace/applicant_rows.hpp"

namespace loopgate {

/// What came of each epoch's applicants by type of a finite law, for rules that move types. In fidelity individuals it
/// counts applicants on their way to the next sink, which may be null.
class TypeCounter final : public RowSink {
 public:
  TypeCounter(std::size_t n_types, RowSink* next) : counts(n_types), next_(next) {}
  void begin_epoch(const AcceptPropensity* propensity) override {
    if (next_ != nullptr) next_->begin_epoch(propensity);
  }
  void append(const ApplicantRows& rows) override;

  void tell(EpochTally& tally) const noexcept;

  TypeTally counts;  ///< of an epoch: cleared before it, by its owner

 private:
  RowSink* next_;
};

/// For a scenario's rules, or null where none needs types.
std::unique_ptr<TypeCounter> type_counter(std::span<const std::unique_ptr<Dynamics>> rules, const ApplicantLaw& law,
                                          RowSink* next);

}  // namespace loopgate
