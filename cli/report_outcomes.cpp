#include <cmath>

#include "cli/html.hpp"
#include "cli/report_content.hpp"

namespace loopgate::cli {

namespace {

struct Part {
  const char* name;  ///< of its style
  const char* words;
};
constexpr Part parts[]{{"won", "accepted, succeeded"},
                       {"lost", "accepted, failed"},
                       {"missed", "rejected, would have succeeded"},
                       {"spared", "rejected, would have failed"}};

/// What became of one group's applicants, summed over the window and the replications.
struct Outcomes {
  double arrived = undefined;
  double count[std::size(parts)]{undefined, undefined, undefined, undefined};
};

Outcomes outcomes_of(const AgentMetrics& agent, const std::string& group) {
  const MetricValue* selection = find_metric(agent.window, "selection_rate", "realised", "", group);
  const MetricValue* positive = find_metric(agent.window, "true_positive_rate", "realised", "true", group);
  if (selection == nullptr || positive == nullptr) return {};
  const double arrived = selection->denominator, accepted = selection->numerator;
  const double succeeded = positive->numerator, qualified = positive->denominator;
  return {arrived,
          {succeeded, accepted - succeeded, qualified - succeeded, arrived - accepted - qualified + succeeded}};
}

std::string bar(const Outcomes& outcomes) {
  std::string out = "<svg class=\"bar\" aria-hidden=\"true\" width=\"100%\" height=\"22\">";
  double at = 0.0;
  for (std::size_t k = 0; k < std::size(parts); ++k) {
    const double share = std::fmax(0.0, 100.0 * outcomes.count[k] / outcomes.arrived);
    const std::string name = parts[k].name;
    out += "<rect class=\"" + name + "\" x=\"" + number_text(at, 2) + "%\" y=\"0\" width=\"" + number_text(share, 2) +
           "%\" height=\"22\"/>";
    if (share >= 12.0)
      out += "<text class=\"on-" + name + "\" x=\"" + number_text(at + share / 2.0, 2) +
             "%\" y=\"15\" text-anchor=\"middle\">" + number_text(share / 100.0, 2) + "</text>";
    at += share;
  }
  return out + "</svg>";
}

std::string legend() {
  std::string out = "<p class=\"parts\">";
  for (const Part& part : parts)
    out += "<span><svg aria-hidden=\"true\" width=\"14\" height=\"14\"><rect class=\"" + std::string(part.name) +
           "\" width=\"14\" height=\"14\"/></svg> " + part.words + "</span>";
  return out + "</p>";
}

std::string flow_html(const ReportContent& content, std::size_t agent) {
  const AgentMetrics& metrics = content.analysis.agents[agent];
  HtmlTable table("What became of the applicants with " + escaped(metrics.label));
  std::vector<HtmlTable::Heading> headings{{"Group"}, {"applied"}};
  for (const Part& part : parts) headings.push_back({part.words});
  table.headings(headings);
  std::string bars;
  for (const std::string& group : content.trace.groups) {
    const Outcomes outcomes = outcomes_of(metrics, group);
    bars += "<div class=\"flow-row\"><span>" + escaped(group) + "</span>" + bar(outcomes) + "</div>";
    table.row(escaped(group)).cell(number_text(outcomes.arrived, 0));
    for (const double count : outcomes.count)
      table.cell(number_text(count, 0) + " <span class=\"pm\">" + number_text(count / outcomes.arrived, 3) + "</span>");
  }
  return "<div class=\"flow\"><h3>" + agent_html(content, agent) + "</h3>" + bars +
         "<details><summary>Counts and shares</summary>" + table.html("counts", "Outcomes with " + metrics.label) +
         "</details></div>\n";
}

}  // namespace

std::string outcomes_html(const ReportContent& content) {
  std::string out = "<p>Of each group's applicants, over " + time_text(content) +
                    " and all replications: whom the agent accepted and whom it rejected, "
                    "and "
                    "what came or would have come of them. The two parts in the middle are mistakes.</p>" +
                    legend() + "<div class=\"outcomes\">";
  for (std::size_t a = 0; a < content.analysis.agents.size(); ++a) out += flow_html(content, a);
  return out + "</div>";
}

}  // namespace loopgate::cli
