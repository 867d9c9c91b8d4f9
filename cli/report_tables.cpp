#include <algorithm>
#include <cmath>

#include "analysis/metric_list.hpp"
#include "cli/html.hpp"
#include "cli/quantities.hpp"
#include "cli/report_content.hpp"
#include "cli/verdict_words.hpp"

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

Column column_of(const ReportContent& content, const std::string& heading, const char* metric, const char* basis,
                 const std::string& subject = "") {
  Column out{heading, {}, undefined, {}};
  for (const AgentMetrics& agent : content.analysis.agents)
    out.values.push_back(value_of(agent.window, metric, basis, "", subject));
  return out;
}

Column gap_column(const ReportContent& content) {
  Column out = column_of(content, "Parity gap", "demographic_parity_gap", "realised");
  if (!content.limits.parity_pooled && !content.limits.parity.empty()) out.limit = content.limits.parity.front().held();
  for (const AgentMetrics& agent : content.analysis.agents) {
    const MetricValue* row = find_metric(agent.window, "demographic_parity_gap", "realised", "", "");
    const bool named = row != nullptr && !row->highest.empty() && row->estimate.mean > 0.0;
    out.notes.push_back(named ? escaped(row->highest + " over " + row->lowest) : "");
  }
  return out;
}

/// The same metric over the tail, for small print.
std::vector<std::string> tail_notes(const ReportContent& content, const char* metric, const char* basis,
                                    const std::string& subject = "") {
  std::vector<std::string> out;
  for (const AgentMetrics& agent : content.analysis.agents)
    out.push_back("last quarter<br>" + estimate_html(value_of(agent.tail, metric, basis, "", subject)));
  return out;
}

std::vector<Column> columns_of(const ReportContent& content) {
  const std::string basis = judged_basis(content.trace);
  std::vector<Column> all{
      column_of(content, basis == "expected" ? "Expected reward" : "Reward", "reward", basis.c_str()),
      gap_column(content)};
  all[0].notes = tail_notes(content, "reward", basis.c_str());
  if (!content.trace.constraints.empty()) {
    all.push_back(column_of(content, "Violation per epoch", "mean_violation", basis.c_str(), worst_of_residuals));
    all.back().notes = tail_notes(content, "mean_violation", basis.c_str(), worst_of_residuals);
  }
  all.push_back(column_of(content, "Service rate", "service_rate", "realised"));
  if (!content.limits.service.empty()) all.back().limit = content.limits.service.front().held();
  return all;
}

std::string acceptance_html(const ReportContent& content, const AgentMetrics& agent) {
  std::string out = "<div class=\"by-group\">";
  for (const std::string& group : content.trace.groups)
    out += "<span>" + escaped(group) + "</span><span>" +
           estimate_html(value_of(agent.window, "selection_rate", "realised", "", group)) + "</span>";
  return out + "</div>";
}

std::string finding_html(Finding finding, const std::string& what) {
  static constexpr const char* signs[]{"?", "?", "✓", "✗", "?"};  // as Finding
  return "<span class=\"" +
         std::string(finding == Finding::violated ? "bad"
                     : finding == Finding::met    ? "good"
                                                  : "open") +
         "\"><span aria-hidden=\"true\">" + signs[static_cast<std::size_t>(finding)] + "</span> " + what + "</span>";
}

/// A limit with its verdict and what that rests on.
std::string verdict_html(const ReportContent& content, const LimitVerdict& one, const std::string& what) {
  std::string words = escaped(limit_text(content, one.limit)) + " <b>" + finding_text(one.finding) + "</b>";
  const bool judged = one.finding != Finding::too_few && one.finding != Finding::no_value;
  if (judged) words += "<small>" + what + " " + estimate_html(one.estimate) + "</small>";
  if (!one.reason.empty()) words += "<small>" + escaped(one.reason) + "</small>";
  return finding_html(one.finding, words);
}

/// Constraints that are not met one by one, those that are together, the four-fifths rule last.
std::string verdicts_html(const ReportContent& content, std::size_t agent) {
  std::string out = "<div class=\"verdicts\">", rule;
  std::size_t n_met = 0;
  for (const LimitVerdict& one : content.analysis.verdicts[agent]) {
    if (one.limit == worst_of_residuals) continue;
    if (std::ranges::count(content.trace.constraints, one.limit) == 0) rule += verdict_html(content, one, "ratio");
    else if (one.finding == Finding::met) ++n_met;
    else out += verdict_html(content, one, "residual");
  }
  if (n_met > 0)
    out +=
        finding_html(Finding::met, n_met == content.trace.constraints.size() ? "every constraint <b>met</b>"
                                                                             : counted(n_met, "other") + " <b>met</b>");
  return out + rule + "</div>";
}

std::string footnotes(const ReportContent& content) {
  std::string out = "<p class=\"soft\">Means over " + counted(content.trace.n_replications, "replication") +
                    (content.trace.n_replications > 1
                         ? ", ± half of the 95 % t interval; dots and bars show the same, to one scale a column"
                         : ", so that there is no interval") +
                    ". Reward: utility per applicant" +
                    (content.trace.stages.empty() ? ", with probabilities for outcomes" : " less the costs of stages") +
                    ". Parity gap: largest difference of acceptance "
                    "rates over " +
                    time_text(content) + ", in which gaps to either side cancel.";
  if (!content.trace.constraints.empty())
    out += " Violation: the worst " + std::string(judged_basis(content.trace)) +
           " residual above 0, which never cancels. Limits: whether the mean over the last "
           "quarter is below (met) or above (violated) the limit with its whole interval.";
  return out + " The red mark is a limit that is the same all the time.</p>";
}

/// All of a table's numbers with both intervals.
std::string intervals_html(const ReportContent& content) {
  struct Shown {
    const char* words;
    const char* metric;
    const char* basis;
    const char* subject;
  };
  std::vector<Shown> all{{"expected reward", "reward", "expected", ""},
                         {"realised reward", "reward", "realised", ""},
                         {"parity gap", "demographic_parity_gap", "realised", ""},
                         {"parity ratio", "demographic_parity_ratio", "realised", ""},
                         {"service rate", "service_rate", "realised", ""}};
  for (const char* metric : {"violation_frequency", "mean_violation", "cumulative_violation", "cumulative_residual",
                             "worst_excursion", "longest_spell", "time_to_feasibility"})
    if (!content.trace.constraints.empty())
      all.push_back({metric, metric, judged_basis(content.trace), worst_of_residuals});
  HtmlTable table("Over " + time_text(content) + ", with both intervals");
  table.headings({{"Agent"}, {"metric"}, {"mean"}, {"t interval"}, {"BCa bootstrap interval"}, {"replications"}});
  for (std::size_t a = 0; a < content.analysis.agents.size(); ++a)
    for (const Shown& one : all) {
      const MetricValue* row = find_metric(content.analysis.agents[a].window, one.metric, one.basis, "", one.subject);
      if (row == nullptr) continue;
      const auto range = [](const Estimate& e) { return number_text(e.low) + " to " + number_text(e.high); };
      std::string words = one.words;
      std::ranges::replace(words, '_', ' ');
      table.row(agent_html(content, a))
          .cell(words)
          .cell(number_text(row->estimate.mean) +
                (row->n_censored > 0 ? "<small>never in " + std::to_string(row->n_censored) + "</small>" : ""))
          .cell(range(row->estimate))
          .cell(range(row->bca))
          .cell(std::to_string(row->estimate.n));
    }
  return "<details><summary>Numbers behind it, with t and BCa intervals</summary>" +
         table.html("intervals", "Agents side by side, with both intervals") + "</details>";
}

}  // namespace

std::string agents_html(const ReportContent& content) {
  const std::vector<Column> columns = columns_of(content);
  HtmlTable table("");
  std::vector<HtmlTable::Heading> headings{{"Agent"}};
  for (const Column& column : columns) headings.push_back({column.heading});
  headings.push_back({"Accepted, by group"});
  headings.push_back({"Limits, last quarter"});
  table.headings(headings);
  for (std::size_t a = 0; a < content.analysis.agents.size(); ++a) {
    table.row(agent_html(content, a));
    for (const Column& column : columns) {
      const std::string note =
          column.notes.empty() || column.notes[a].empty() ? "" : "<small>" + column.notes[a] + "</small>";
      table.cell("<span>" + estimate_html(column.values[a]) + "</span>" + glyph(column.values[a], column) + note);
    }
    table.cell(acceptance_html(content, content.analysis.agents[a]));
    table.cell(verdicts_html(content, a));
  }
  return table.html("agents stacks", "Agents side by side") + footnotes(content) + intervals_html(content);
}

}  // namespace loopgate::cli
