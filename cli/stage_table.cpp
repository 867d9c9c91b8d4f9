#include "cli/stage_table.hpp"

#include <algorithm>
#include <iostream>

#include "cli/analysis_table.hpp"
#include "cli/table.hpp"

namespace loopgate::cli {

namespace {

void print_measures(const TraceReader& trace, const AgentMetrics& agent) {
  std::vector<Table::Column> columns{{"stage", "stage", Table::Align::left}, {"metric", "window", Table::Align::left}};
  for (const std::string& group : trace.groups) columns.push_back({group, group});
  columns.push_back({"gap", "gap (worst pair)"});
  Table table(columns);
  for (const std::string& stage : trace.stages)
    for (const StageMeasure& one : stage_measures) {
      if (!is_told(agent, one, stage, trace.groups)) continue;
      Table::Row& row = table.row();
      row.text(&one == stage_measures ? stage : "").text(one.heading);
      for (const std::string& group : trace.groups)
        row.text(cell(agent.stages, one.metric, "realised", one.view, stage + ':' + group));
      row.text(cell(agent.stages, one.gap, "realised", one.view, stage));
    }
  table.print("table");
}

void print_decomposition(const TraceReader& trace, const AgentMetrics& agent) {
  const MetricValue* whole = find_metric(agent.stages, "end_gap", "realised");
  if (whole == nullptr) return;
  Table table({{"stage", "what adds to the end gap", Table::Align::left},
               {"high", "lost of " + whole->highest},
               {"low", "lost of " + whole->lowest},
               {"gap", "adds to the gap"},
               {"log", "adds to log ratio"}});
  const auto plain = [&agent](const char* metric, const std::string& subject) {
    const std::string text = cell(agent.stages, metric, "realised", "", subject);
    return text.substr(0, text.find(" ("));  // the pair is in the headings
  };
  for (const std::string& stage : trace.stages)
    table.row()
        .text(stage)
        .text(plain("lost_share", stage + ':' + whole->highest))
        .text(plain("lost_share", stage + ':' + whole->lowest))
        .text(plain("gap_added", stage))
        .text(plain("log_ratio_added", stage));
  table.row().text("all stages").text("").text("").text(plain("end_gap", "")).text(plain("end_log_ratio", ""));
  std::cout << '\n';
  table.print("table");
}

}  // namespace

bool is_told(const AgentMetrics& agent, const StageMeasure& measure, const std::string& stage,
             const std::vector<std::string>& groups) {
  return std::ranges::any_of(groups, [&](const std::string& group) {
    const MetricValue* row = find_metric(agent.stages, measure.metric, "realised", measure.view, stage + ':' + group);
    return row != nullptr && (!measure.may_be_absent || row->estimate.mean > 0.0);
  });
}

void print_stages(const TraceReader& trace, const AgentMetrics& agent) {
  if (agent.stages.empty()) return;
  std::cout << '\n';
  print_measures(trace, agent);
  print_decomposition(trace, agent);
  std::cout << "Lost: share of all applications of the group that ended at the stage without being accepted for good.\n"
               "Added to the gap: its difference; the sum is the gap of acceptance for good. Log ratio: of the lower\n"
               "over the higher acceptance, stage by stage in the order of the route.\n";
}

}  // namespace loopgate::cli
