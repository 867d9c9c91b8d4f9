#include <algorithm>
#include <cmath>
#include <numbers>

#include "cli/html.hpp"
#include "cli/report_content.hpp"

namespace loopgate::cli {

using nlohmann::ordered_json;

namespace {

ordered_json number(double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr); }

ordered_json numbers(const std::vector<double>& values) {
  ordered_json out = ordered_json::array();
  for (const double value : values) out.push_back(number(value));
  return out;
}

ordered_json estimate_json(const Estimate& estimate) {
  return {number(estimate.mean), number(estimate.low), number(estimate.high)};
}

/// The largest reward of the feasible; the lowest threshold of equals.
std::optional<std::size_t> best_of(const SavedSweep& sweep) {
  std::optional<std::size_t> best;
  for (std::size_t k = 0; k < sweep.threshold.size(); ++k)
    if (sweep.feasible[k] == 1.0 && (!best || sweep.reward[k] > sweep.reward[*best])) best = k;
  return best;
}

std::string sweep_summary(const ReportContent& content) {
  const SavedSweep& sweep = *content.sweep;
  const auto best = best_of(sweep);
  const auto feasible = std::ranges::count(sweep.feasible, 1.0);
  std::string out = number_text(static_cast<double>(feasible), 0) + " of " + std::to_string(sweep.threshold.size()) +
                    " thresholds are feasible";
  if (best)
    out +=
        "; the best of them is " + number_text(sweep.threshold[*best]) + ", worth " + number_text(sweep.reward[*best]);
  return out + ".";
}

/// Corners of an agent's mark, within the unit circle: told apart by shape too.
std::vector<std::pair<double, double>> marker(std::size_t agent) {
  struct Shape {
    int corners;
    bool on_edge;  ///< stands on an edge, else on a corner
  };
  static constexpr Shape shapes[]{{24, false}, {4, false}, {3, false}, {5, false},
                                  {4, true},   {3, true},  {6, false}, {8, true}};
  const Shape& shape = shapes[agent % std::size(shapes)];
  std::vector<std::pair<double, double>> out;
  for (int i = 0; i < shape.corners; ++i) {
    const double angle = (2.0 * i + (shape.on_edge ? 1.0 : 0.0)) * std::numbers::pi / shape.corners;
    out.emplace_back(std::sin(angle), -std::cos(angle));
  }
  return out;
}

ordered_json marker_json(std::size_t agent) {
  ordered_json out = ordered_json::array();
  for (const auto& [x, y] : marker(agent)) out.push_back({x, y});
  return out;
}

std::string marker_html(std::size_t agent) {
  std::string points;
  for (const auto& [x, y] : marker(agent))
    points += number_text(7.0 + 5.5 * x, 1) + "," + number_text(7.0 + 5.5 * y, 1) + " ";
  return "<svg aria-hidden=\"true\" width=\"14\" height=\"14\"><polygon class=\"fill-" + std::to_string(agent % 8) +
         "\" points=\"" + points + "\"/></svg>";
}

std::string marker_legend(const ReportContent& content) {
  std::string out = "<p class=\"parts\">";
  for (std::size_t a = 0; a < content.series.size(); ++a)
    out += "<span>" + marker_html(a) + " " + escaped(content.series[a].label) + "</span>";
  return out +
         "<span><svg aria-hidden=\"true\" width=\"14\" height=\"14\"><circle class=\"ring\" cx=\"7\" cy=\"7\" "
         "r=\"5.5\"/></svg> best feasible threshold</span></p>";
}

std::string canvas(const char* kind, const std::string& title, const std::string& summary) {
  return "<figure class=\"plot\"><figcaption><h3>" + title +
         "</h3></figcaption><div class=\"canvas\" role=\"img\" tabindex=\"0\" data-sweep=\"" + std::string(kind) +
         "\" aria-label=\"" + escaped(title + " over fixed thresholds. " + summary) + "\"></div></figure>";
}

std::string sweep_table(const SavedSweep& sweep) {
  HtmlTable table("Fixed thresholds, each held for ever");
  table.headings({{"threshold"}, {"reward"}, {"worst residual"}, {"feasible"}});
  for (std::size_t k = 0; k < sweep.threshold.size(); ++k) {
    const double half = sweep.reward_half_width[k], reward = sweep.reward[k];
    table.row(number_text(sweep.threshold[k]))
        .cell(estimate_html({reward, reward - half, reward + half, 2}))
        .cell(number_text(sweep.worst_residual[k]))
        .cell(sweep.feasible[k] == 1.0   ? "yes"
              : sweep.feasible[k] == 0.0 ? "no"
              : std::isnan(reward)       ? "undecided"
                                         : "undefined");
  }
  return table.html("series", "Fixed thresholds");
}

std::string rest_table(const ReportContent& content) {
  HtmlTable table("Where each agent rests: means over the last quarter");
  std::vector<HtmlTable::Heading> headings{{"Agent"}};
  const bool common = std::ranges::all_of(content.series, &AgentSeries::common_threshold);
  if (common) headings.push_back({"threshold"});
  else
    for (const std::string& group : content.trace.groups) headings.push_back({"threshold, " + escaped(group)});
  headings.push_back({"expected reward"});
  headings.push_back({content.analysis.comparator->feasible ? "short of the best feasible threshold"
                                                            : "short of the least violating threshold"});
  if (!content.trace.constraints.empty()) headings.push_back({"worst residual"});
  table.headings(headings);
  for (std::size_t a = 0; a < content.series.size(); ++a) {
    const AgentSeries& agent = content.series[a];
    table.row(agent_html(content, a));
    for (std::size_t g = 0; g < (common ? 1 : agent.resting_threshold.size()); ++g)
      table.cell(estimate_html(agent.resting_threshold[g]));
    table.cell(estimate_html(agent.resting_reward));
    const MetricValue* gap = find_metric(content.analysis.agents[a].tail, "steady_state_gap", "expected");
    table.cell(gap == nullptr ? "" : estimate_html(gap->estimate));
    if (!content.trace.constraints.empty()) table.cell(estimate_html(agent.resting_residual));
  }
  return table.html("series", "Where each agent rests");
}

}  // namespace

std::string sweep_html(const ReportContent& content) {
  if (!content.sweep && !content.trace.stages.empty())
    return "<p>None: the oracle holds one threshold for all, and here a route of stages decides.</p>";
  if (!content.sweep)
    return "<p>" + content.sweep_missing +
           " To have each fixed threshold's reward and violation in the closed loop here, save the scenario below and "
           "run "
           "<code>loopgate oracle scenario.yaml --save</code>, then this report again with <code>--oracle</code>.</p>";
  const SavedSweep& sweep = *content.sweep;
  const std::string summary = sweep_summary(content);
  std::string out =
      "<p>Each threshold held for ever, in the closed loop: " +
      std::string(sweep.objective == Objective::horizon ? "its mean over the scenario's horizon"
                                                        : "where the loop comes to rest") +
      (sweep.fidelity == Fidelity::counts ? ", by counts" : ", by expected counts") +
      ". Shaded: all constraints are met. Points: where each agent rests, its mean threshold and reward over the "
      "last quarter. " +
      summary + "</p>" + marker_legend(content) + "<div class=\"plots\">" + canvas("reward", "Reward", summary);
  if (!content.trace.constraints.empty()) out += canvas("residual", "Worst residual (met up to 0)", summary);
  return out + "</div><details><summary>Numbers behind it</summary>" + rest_table(content) + sweep_table(sweep) +
         "</details>";
}

ordered_json sweep_json(const ReportContent& content) {
  if (!content.sweep) return nullptr;
  const SavedSweep& sweep = *content.sweep;
  ordered_json rest = ordered_json::array();
  for (std::size_t a = 0; a < content.series.size(); ++a) {
    const AgentSeries& agent = content.series[a];
    ordered_json thresholds = ordered_json::array();
    for (std::size_t g = 0; g < (agent.common_threshold ? 1 : agent.resting_threshold.size()); ++g)
      thresholds.push_back(estimate_json(agent.resting_threshold[g]));
    rest.push_back({{"marker", marker_json(a)},
                    {"threshold", std::move(thresholds)},
                    {"reward", estimate_json(agent.resting_reward)},
                    {"residual", estimate_json(agent.resting_residual)}});
  }
  const auto best = best_of(sweep);
  return {{"threshold", numbers(sweep.threshold)},
          {"reward", numbers(sweep.reward)},
          {"residual", numbers(sweep.worst_residual)},
          {"feasible", numbers(sweep.feasible)},
          {"best", best ? ordered_json(*best) : ordered_json(nullptr)},
          {"rest", std::move(rest)}};
}

}  // namespace loopgate::cli
