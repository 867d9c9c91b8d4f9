#pragma once

#include <memory>
#include <vector>

#include "core/model/agent.hpp"
#include "core/model/applicant_law.hpp"
#include "core/run/seen_applicants.hpp"
#include "core/trace/applicant_rows.hpp"

namespace loopgate {

/// The applicants of each epoch as an agent of regime semi or full is told of them, on their way to the trace.
class FeedbackRows final : public RowSink {
 public:
  /// regime: semi or full. types: the law's, empty for continuous laws. next: also takes the applicants, or null.
  FeedbackRows(FeedbackRegime regime, std::vector<ApplicantType> types, RowSink* next);

  void begin_epoch(const AcceptPropensity* propensity) override;  ///< for the next sink; clear() starts an epoch here
  void append(const ApplicantRows& rows) override;
  void clear() noexcept { now_.clear(); }

  SeenApplicants& now() noexcept { return now_; }  ///< of the epoch, as far as they were drawn
  void tell(Feedback& feedback);                   ///< in the part that feedback says: no outcome is among the rates

 private:
  FeedbackRegime regime_;
  std::vector<ApplicantType> types_;
  RowSink* next_;
  SeenApplicants now_;
  std::vector<double> unknown_;  ///< [n] NaN
};

/// For an agent, or null where it needs no applicants or the fidelity draws none.
std::unique_ptr<FeedbackRows> feedback_rows(const Agent& agent, Fidelity fidelity, const ApplicantLaw& law,
                                            RowSink* next);

/// How the agent's last choice accepts scores of this tolerance; randomised agents only.
void set_propensity(const Agent& agent, std::size_t n_groups, double score_tolerance, AcceptPropensity& propensity);

}  // namespace loopgate
