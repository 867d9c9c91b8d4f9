#include "core/run/route_rows.hpp"

#include "core/run/feedback_rows.hpp"

namespace loopgate {

void Newcomers::append(const ApplicantRows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RouteApplicant one{};
    one.number = static_cast<std::uint32_t>(all.size());
    one.group = rows.group[i];
    one.success = rows.success[i];
    one.type = rows.type.empty() ? 0 : rows.type[i];
    one.own_score = score_of(rows, i, types_);
    one.came = rows.arrived_at.empty() ? undefined : rows.arrived_at[i];
    all.push_back(one);
  }
}

void DecisionRows::add(const RouteApplicant& one, bool accepted, std::uint8_t stage, Time now) {
  group_.push_back(one.group);
  type_.push_back(one.type);
  score_.push_back(one.score);
  accepted_.push_back(accepted ? 1 : 0);
  success_.push_back(one.success);
  stage_.push_back(stage);
  came_.push_back(one.came);
  decided_.push_back(now);
}

void DecisionRows::send(const Agent* agent, double score_tolerance) {
  const bool randomised = agent != nullptr && agent->randomised();
  if (randomised) set_propensity(*agent, n_groups_, score_tolerance, propensity_);
  sink_.begin_epoch(randomised ? &propensity_ : nullptr);
  ApplicantRows rows{group_, {}, score_, accepted_, success_};
  if (finite_) rows.type = type_;
  rows.stage = stage_;
  rows.arrived_at = came_;
  rows.decided_at = decided_;
  if (!group_.empty()) sink_.append(rows);
  for (auto* column : {&group_, &accepted_, &success_, &stage_}) column->clear();
  for (auto* column : {&score_, &came_, &decided_}) column->clear();
  type_.clear();
}

}  // namespace loopgate
