#include "core/run/feedback_rows.hpp"

#include "core/error.hpp"

namespace loopgate {

FeedbackRows::FeedbackRows(FeedbackRegime regime, std::vector<ApplicantType> types, RowSink* next)
    : regime_(regime), types_(std::move(types)), next_(next) {
  LOOPGATE_EXPECT(regime != FeedbackRegime::bandit);
}

void FeedbackRows::begin_epoch(const AcceptPropensity* propensity) {
  if (next_ != nullptr) next_->begin_epoch(propensity);
}

void FeedbackRows::append(const ApplicantRows& rows) {
  now_.group.insert(now_.group.end(), rows.group.begin(), rows.group.end());
  now_.accepted.insert(now_.accepted.end(), rows.accepted.begin(), rows.accepted.end());
  now_.type.insert(now_.type.end(), rows.type.begin(), rows.type.end());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    now_.score.push_back(score_of(rows, i, types_));
    const bool told = rows.accepted[i] == 1 || regime_ == FeedbackRegime::full;
    now_.success.push_back(told ? static_cast<double>(rows.success[i]) : undefined);
  }
  if (next_ != nullptr) next_->append(rows);
}

void FeedbackRows::tell(Feedback& feedback) {
  now_.tell(feedback);
  if (feedback.part != FeedbackPart::rates) return;
  unknown_.assign(now_.success.size(), undefined);
  feedback.success = unknown_;
}

std::unique_ptr<FeedbackRows> feedback_rows(const Agent& agent, Fidelity fidelity, const ApplicantLaw& law,
                                            RowSink* next) {
  if (agent.needs() == FeedbackRegime::bandit || fidelity != Fidelity::individuals) return nullptr;
  return std::make_unique<FeedbackRows>(agent.needs(), law.types(), next);
}

void set_propensity(const Agent& agent, std::size_t n_groups, double score_tolerance, AcceptPropensity& propensity) {
  std::vector<double> threshold, probability;
  if (!agent.decides_by_group()) {
    agent.choice_law(threshold, probability);
    return propensity.set(threshold, probability, score_tolerance);
  }
  for (std::size_t g = 0; g < n_groups; ++g) {
    agent.group_law(static_cast<GroupId>(g), threshold, probability);
    propensity.set_group(g, threshold, probability, score_tolerance);
  }
}

}  // namespace loopgate
