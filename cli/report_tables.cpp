#include <algorithm>
#include <cmath>

#include "analysis/metrics.hpp"
#include "cli/html.hpp"
#include "cli/report_content.hpp"

namespace loopgate::cli {

namespace {

using Rows = std::vector<MetricValue>;

Estimate value_of(const Rows& rows, const char* metric, const char* basis, const char* view = "",
                  const std::string& subject = "") {
  const MetricValue* row = find_metric(rows, metric, basis, view, subject);
  return row == nullptr ? Estimate{} : row->estimate;
}

/// A column of the table of agents: an estimate an agent, drawn to one scale.
struct Column {
  std::string heading;
  std::vector<Estimate> values;      ///< [n_agents]
  double limit = undefined;          ///< drawn as a mark
  std::vector<std::string> notes{};  ///< [n_agents] below the number; may be empty

  Interval range() const {
    double low = limit, high = limit;
    for (const Estimate& one : values) {
      low = std::fmin(low, std::fmin(one.mean, one.low));
      high = std::fmax(high, std::fmax(one.mean, one.high));
    }
    return {low, high};
  }
};

/// Dot, interval and limit on the column's scale.
std::string glyph(const Estimate& estimate, const Column& column) {
  const Interval range = column.range();
  if (std::isnan(estimate.mean)) return "";
  const auto place = [&](double x) {
    const double share = range.width() > 0.0 ? (x - range.low) / range.width() : 0.5;
    return number_text(5.0 + 90.0 * share, 1) + "%";
  };
  std::string out =
      "<svg class=\"glyph\" aria-hidden=\"true\" width=\"100%\" height=\"10\">"
      "<line class=\"axis\" x1=\"5%\" x2=\"95%\" y1=\"5\" y2=\"5\"/>";
  if (!std::isnan(column.limit))
    out += "<line class=\"limit\" x1=\"" + place(column.limit) + "\" x2=\"" + place(column.limit) +
           "\" y1=\"0\" y2=\"10\"/>";
  if (!std::isnan(estimate.high))
    out += "<line class=\"range\" x1=\"" + place(estimate.low) + "\" x2=\"" + place(estimate.high) +
           "\" y1=\"5\" y2=\"5\"/>";
  return out + "<circle cx=\"" + place(estimate.mean) + "\" cy=\"5\" r=\"3\"/></svg>";
}

Column column_of(const ReportContent& content, const std::string& heading, bool tail, const char* metric,
                 const char* basis, const std::string& subject = "") {
  Column out{heading, {}, undefined, {}};
  for (const AgentMetrics& agent : content.analysis.agents)
    out.values.push_back(value_of(tail ? agent.tail : agent.window, metric, basis, "", subject));
  return out;
}

Column gap_column(const ReportContent& content) {
  Column out = column_of(content, "Parity gap", false, "demographic_parity_gap", "realised");
  if (!content.limits.parity_pooled) out.limit = content.limits.parity_tolerance;
  for (const AgentMetrics& agent : content.analysis.agents) {
    const MetricValue* row = find_metric(agent.window, "demographic_parity_gap", "realised", "", "");
    const bool named = row != nullptr && !row->highest.empty() && row->estimate.mean > 0.0;
    out.notes.push_back(named ? escaped(row->highest + " over " + row->lowest) : "");
  }
  return out;
}

std::vector<Column> columns_of(const ReportContent& content) {
  std::vector<Column> all{column_of(content, "Expected reward", false, "reward", "expected"),
                          column_of(content, "… last quarter", true, "reward", "expected"), gap_column(content)};
  if (!content.trace.constraints.empty()) {
    all.push_back(column_of(content, "Violation per epoch", false, "mean_violation", "expected", "worst residual"));
    all.push_back(column_of(content, "… last quarter", true, "mean_violation", "expected", "worst residual"));
  }
  all.push_back(column_of(content, "Service rate", false, "service_rate", "realised"));
  all.back().limit = content.limits.service_floor;
  for (const std::string& group : content.trace.groups)
    all.push_back(column_of(content, "Accepted, " + escaped(group), false, "selection_rate", "realised", group));
  return all;
}

}  // namespace

std::string agents_html(const ReportContent& content) {
  const std::vector<Column> columns = columns_of(content);
  HtmlTable table("");
  std::vector<HtmlTable::Heading> headings{{"Agent"}};
  for (const Column& column : columns) headings.push_back({column.heading});
  table.headings(headings);
  for (std::size_t a = 0; a < content.analysis.agents.size(); ++a) {
    table.row(agent_html(content, a));
    for (const Column& column : columns) {
      const std::string note =
          column.notes.empty() || column.notes[a].empty() ? "" : "<small>" + column.notes[a] + "</small>";
      table.cell(estimate_html(column.values[a]) + glyph(column.values[a], column) + note);
    }
  }
  return table.html("agents");
}

}  // namespace loopgate::cli
