#pragma once

#include "analysis/trace_metrics.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate::cli {

/// One quantity of a stage: of each group, and how far groups differ.
struct StageMeasure {
  const char* heading;
  const char* metric;
  const char* view;
  const char* gap;     ///< of the last column; empty: none
  bool may_be_absent;  ///< not shown where it is 0 for all groups: nobody leaves or waits
};
inline constexpr StageMeasure stage_measures[]{
    {"selection rate", "selection_rate", "", "demographic_parity_gap", false},
    {"true-positive rate", "true_positive_rate", "true", "equal_opportunity_gap", false},
    {"predictive value", "positive_predictive_value", "true", "predictive_parity_gap", false},
    {"share of those who come", "group_share", "", "", false},
    {"gave up", "left_rate", "", "", true},
    {"mean wait", "mean_wait", "", "mean_wait_gap", true},
    {"waiting, mean number", "mean_waiting", "", "", true}};

/// Whether a measure of a stage is to be shown.
bool is_told(const AgentMetrics& agent, const StageMeasure& measure, const std::string& stage,
             const std::vector<std::string>& groups);

/// Fairness at each stage of a route and what each adds to the end gap, for people; nothing without a route.
void print_stages(const TraceReader& trace, const AgentMetrics& agent);

}  // namespace loopgate::cli
