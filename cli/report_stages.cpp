#include "cli/html.hpp"
#include "cli/report_content.hpp"
#include "cli/stage_table.hpp"

namespace loopgate::cli {

namespace {

std::string cell(const AgentMetrics& agent, const char* metric, const char* view, const std::string& subject,
                 bool pair = true) {
  const MetricValue* row = find_metric(agent.stages, metric, "realised", view, subject);
  if (row == nullptr) return "";
  std::string out = estimate_html(row->estimate);
  if (pair && !row->highest.empty() && row->estimate.mean > 0.0)
    out += "<small>" + escaped(row->highest + " over " + row->lowest) + "</small>";
  return out;
}

std::string measures_html(const ReportContent& content, const AgentMetrics& agent) {
  HtmlTable table("");
  std::vector<HtmlTable::Heading> headings{{"Stage"}};
  for (const std::string& group : content.trace.groups) headings.push_back({escaped(group)});
  headings.push_back({"Gap"});
  table.headings(headings);
  for (const std::string& stage : content.trace.stages)
    for (const StageMeasure& one : stage_measures) {
      if (!is_told(agent, one, stage, content.trace.groups)) continue;
      table.row((&one == stage_measures ? "<b>" + escaped(stage) + "</b>: " : "") + one.heading);
      for (const std::string& group : content.trace.groups)
        table.cell(cell(agent, one.metric, one.view, stage + ':' + group));
      table.cell(cell(agent, one.gap, one.view, stage));
    }
  return table.html("fairness", "Fairness by stage with " + agent.label);
}

std::string decomposition_html(const ReportContent& content, const AgentMetrics& agent) {
  const MetricValue* whole = find_metric(agent.stages, "end_gap", "realised");
  if (whole == nullptr) return "";
  HtmlTable table("What each stage adds to the gap of acceptance for good, " + escaped(whole->highest) + " over " +
                  escaped(whole->lowest));
  table.headings({{"Stage"},
                  {"lost of " + escaped(whole->highest)},
                  {"lost of " + escaped(whole->lowest)},
                  {"adds to the gap"},
                  {"adds to the log of the ratio"}});
  for (const std::string& stage : content.trace.stages)
    table.row(escaped(stage))
        .cell(cell(agent, "lost_share", "", stage + ':' + whole->highest))
        .cell(cell(agent, "lost_share", "", stage + ':' + whole->lowest))
        .cell(cell(agent, "gap_added", "", stage, false))
        .cell(cell(agent, "log_ratio_added", "", stage, false));
  table.row("<b>all stages</b>")
      .cell("")
      .cell("")
      .cell(cell(agent, "end_gap", "", "", false))
      .cell(cell(agent, "end_log_ratio", "", "", false));
  return table.html("fairness", "What each stage adds to the gap with " + agent.label);
}

}  // namespace

std::string stages_html(const ReportContent& content) {
  if (content.trace.stages.empty()) return "";
  std::string out =
      "<section id=\"stages\">\n<h2>Stage by stage</h2>\n<p>Rates at each stage, of those who were decided there or "
      "gave up. <b>Lost</b> is the share of all applications of a group that ended at the stage without being accepted "
      "for good; its difference is what the stage adds to the gap, and these sum to the gap of acceptance for good. "
      "The logarithm of the ratio of the two acceptance rates is a sum over stages too, in their order.</p>\n";
  for (std::size_t a = 0; a < content.analysis.agents.size(); ++a) {
    const AgentMetrics& agent = content.analysis.agents[a];
    out += "<details class=\"agent\"" + std::string(a == 0 ? " open" : "") + "><summary>" + agent_html(content, a) +
           "</summary>" + measures_html(content, agent) + decomposition_html(content, agent) + "</details>\n";
  }
  return out + "</section>\n";
}

}  // namespace loopgate::cli
