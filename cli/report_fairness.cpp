#include "cli/html.hpp"
#include "cli/report_content.hpp"

namespace loopgate::cli {

namespace {

/// A rate of each group and its spread. observed: also as an auditor sees it.
struct Measure {
  const char* heading;
  const char* metric;
  const char* basis;
  const char* view;
  const char* gap;  ///< of the last row; empty: none
  bool observed;
};
constexpr Measure measures[]{
    {"Accepted", "selection_rate", "realised", "", "demographic_parity_gap", false},
    {"Qualified", "applicant_qualification_rate", "realised", "true", "applicant_qualification_gap", true},
    {"Accepted of the qualified", "true_positive_rate", "realised", "true", "equal_opportunity_gap", true},
    {"Accepted of the unqualified", "false_positive_rate", "realised", "true", "false_positive_rate_gap", true},
    {"Qualified of the accepted", "positive_predictive_value", "realised", "true", "predictive_parity_gap", true},
    {"Share of the applicants", "group_share", "realised", "", "", false},
    {"Share of the accepted over it", "representation_ratio", "realised", "", "representation_gap", false}};

std::string cell(const std::vector<MetricValue>& rows, const char* metric, const char* basis, const char* view,
                 const std::string& subject) {
  const MetricValue* row = find_metric(rows, metric, basis, view, subject);
  if (row == nullptr) return "";
  std::string out = estimate_html(row->estimate);
  if (!row->highest.empty() && row->estimate.mean > 0.0)
    out += "<small>" + escaped(row->highest + " over " + row->lowest) + "</small>";
  return out;
}

std::string table_html(const ReportContent& content, const AgentMetrics& agent) {
  HtmlTable table("");
  std::vector<HtmlTable::Heading> names{{""}}, views{{"Group"}};
  for (const Measure& one : measures) {
    names.push_back({one.heading, one.observed ? 2 : 1});
    views.push_back({one.observed ? "true" : ""});
    if (one.observed) views.push_back({"observed"});
  }
  table.headings(names);
  table.headings(views);
  const auto add = [&](const std::string& heading, const std::string& subject, bool gaps) {
    table.row(heading);
    for (const Measure& one : measures) {
      const char* metric = gaps ? one.gap : one.metric;
      table.cell(cell(agent.window, metric, one.basis, one.view, subject));
      if (one.observed) table.cell(cell(agent.window, metric, one.basis, "observed", subject));
    }
  };
  for (const std::string& group : content.trace.groups) add(escaped(group), group, false);
  add("Gap", "", true);
  return table.html("fairness", "Fairness by group with " + agent.label);
}

std::string inequality_html(const AgentMetrics& agent) {
  const auto told = [&](const char* metric) { return cell(agent.window, metric, "realised", "true", ""); };
  return "<p class=\"soft\">Equalised odds, the larger of the gaps among qualified and unqualified: " +
         told("equalised_odds_gap") + ". Inequality of benefit over people: Gini " + told("benefit_gini") +
         ", entropy within groups " + told("benefit_entropy_within") + ", between them " +
         told("benefit_entropy_between") + ".</p>";
}

}  // namespace

std::string fairness_html(const ReportContent& content) {
  std::string out =
      "<p>Rates over " + time_text(content) +
      ", from counts. <b>True</b> knows what would have come of everyone, as a simulation "
      "does. "
      "<b>Observed</b> is what an auditor has who sees outcomes of the accepted only: the qualified among the rejected "
      "stay "
      "unknown, so that some rates cannot be had (–) and others are not of the group but of its accepted.</p>";
  for (std::size_t a = 0; a < content.analysis.agents.size(); ++a)
    out += "<details class=\"agent\"" + std::string(a == 0 ? " open" : "") + "><summary>" + agent_html(content, a) +
           "</summary>" + table_html(content, content.analysis.agents[a]) +
           inequality_html(content.analysis.agents[a]) + "</details>\n";
  return out;
}

}  // namespace loopgate::cli
