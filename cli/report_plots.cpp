#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "cli/html.hpp"
#include "cli/report_content.hpp"

namespace loopgate::cli {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t table_rows = 10;  // of the table behind a plot

using Member = std::vector<DecimatedSeries> AgentSeries::*;

Plot::Panel panel(const ReportContent& content, DecimatedSeries AgentSeries::*member) {
  Plot::Panel out;
  for (const AgentSeries& agent : content.series) out.agents.push_back(&(agent.*member));
  return out;
}

std::vector<Plot::Panel> group_panels(const ReportContent& content, Member member) {
  std::vector<Plot::Panel> out;
  for (std::size_t g = 0; g < content.trace.groups.size(); ++g) {
    out.push_back({content.trace.groups[g], {}});
    for (const AgentSeries& agent : content.series) out.back().agents.push_back(&(agent.*member)[g]);
  }
  return out;
}

/// Whether all values of the panel, of every agent and epoch, are the same but for rounding.
bool at_rest(const Plot::Panel& panel) {
  double low = undefined, high = undefined;
  for (const DecimatedSeries* series : panel.agents)
    for (std::size_t b = 0; b < series->size(); ++b) {
      low = std::fmin(low, series->lowest(b));
      high = std::fmax(high, series->highest(b));
    }
  return !(high - low > 1e-9);
}

/// What a threshold does, in one sentence.
std::string threshold_meaning(const ReportContent& content) {
  const auto& stages = content.scenario.route.stages;
  const auto stage = std::ranges::find_if(stages, &Stage::decided_by_compared);
  if (stage == stages.end()) return "Scores from here up are accepted.";
  const char* what = stage->on_accept.to == Passage::end ? "are accepted" : "go on";
  return "At " + escaped(stage->name) + ", scores from here up " + what +
         (stage->capacity > 0 ? ", the best of them as far as there is room." : ".");
}

Plot threshold_plot(const ReportContent& content) {
  Plot out{"threshold", "Threshold", threshold_meaning(content), {}, {}, true};
  const bool common =
      std::ranges::all_of(content.series, [](const AgentSeries& agent) { return agent.common_threshold; });
  out.panels = group_panels(content, &AgentSeries::threshold);
  if (!common) return out;
  out.panels.resize(1);
  out.panels[0].name.clear();
  return out;
}

Plot gap_plot(const ReportContent& content) {
  const Limits& limits = content.limits;
  Plot out{"gap", "Parity gap", "", {panel(content, &AgentSeries::parity_gap)}, {}, true};
  if (limits.parity_residuals.empty()) {
    out.meaning = "Largest minus smallest acceptance rate, from each point's counts.";
    return out;
  }
  out.meaning = "Largest difference of " + std::string(limits.parity_pooled ? "a group's " : "") +
                judged_basis(content.trace) +
                (limits.parity_pooled ? " acceptance rate to that of all." : " acceptance rates of two groups.");
  out.lines = limits.parity;
  return out;
}

Plot service_plot(const ReportContent& content) {
  Plot out{"service",
           "Service rate",
           "Accepted of all applicants, from each point's counts.",
           {panel(content, &AgentSeries::service_rate)},
           content.limits.service,
           true};
  return out;
}

std::string epochs_text(Window bin) {
  std::string out = number_text(bin.begin, 0);
  return bin.end - bin.begin == 1 ? out : out + "–" + number_text(bin.end - 1, 0);
}

/// What a screen reader says of a panel: where each agent starts and ends.
std::string summary(const ReportContent& content, const Plot& plot, const Plot::Panel& panel) {
  std::string out = plot.title + (panel.name.empty() ? "" : ", " + panel.name) + " over time.";
  for (std::size_t a = 0; a < panel.agents.size(); ++a) {
    const DecimatedSeries& series = *panel.agents[a];
    std::size_t last = series.size() - 1;
    while (last > 0 && std::isnan(series.estimate(last).mean)) --last;
    out += " " + content.series[a].label + ": from " + number_text(series.estimate(0).mean, 3) + " to " +
           estimate_text(series.estimate(last), 3) + ".";
  }
  for (const LimitLine& line : plot.lines)
    out += " The " + line.label +
           (std::isnan(line.held()) ? " goes from " + number_text(line.first.front(), 3) + " to "  //
                                    : " is ") +
           number_text(line.last.back(), 3) + ".";
  return out;
}

std::string table_html(const ReportContent& content, const Plot& plot, const Plot::Panel& panel) {
  HtmlTable table(escaped(plot.title + (panel.name.empty() ? "" : ", " + panel.name)));
  std::vector<HtmlTable::Heading> headings{{"epochs"}};
  for (const AgentSeries& agent : content.series) headings.push_back({escaped(agent.label)});
  table.headings(headings);
  const std::size_t n = content.bins.size(), rows = std::min(n, table_rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t b = rows == 1 ? 0 : i * (n - 1) / (rows - 1);
    table.row(epochs_text(content.bins.bin(b)));
    for (const DecimatedSeries* series : panel.agents) table.cell(estimate_html(series->estimate(b)));
  }
  return table.html("series", plot.title + (panel.name.empty() ? "" : ", " + panel.name) + ", numbers");
}

std::string at_rest_html(const Plot& plot) {
  std::string out = "<p class=\"rest\">Nothing moves it, with any agent: ";
  for (std::size_t i = 0; i < plot.panels.size(); ++i)
    out += (i > 0 ? ", " : "") + escaped(plot.panels[i].name) + " " +
           number_text(plot.panels[i].agents[0]->estimate(0).mean);
  return out + ".</p>";
}

std::string figure_html(const ReportContent& content, const Plot& plot, std::size_t index) {
  std::string out = "<figure class=\"plot" +
                    std::string(plot.panels.size() > 1 ? " wide"
                                : index == 0           ? " full"
                                                       : "") +
                    "\" id=\"plot-" + plot.id + "\">\n<figcaption><h3>" + plot.title + "</h3><p>" + plot.meaning +
                    "</p></figcaption>\n";
  if (!plot.moves) return out + at_rest_html(plot) + "</figure>\n";
  std::string tables;
  out += "<div class=\"panels\">";
  for (std::size_t p = 0; p < plot.panels.size(); ++p) {
    const Plot::Panel& panel = plot.panels[p];
    out += "<div class=\"panel\">";
    if (!panel.name.empty()) out += "<h4>" + escaped(panel.name) + "</h4>";
    out += "<div class=\"canvas\" role=\"img\" tabindex=\"0\" data-plot=\"" + std::to_string(index) +
           "\" data-panel=\"" + std::to_string(p) + "\" aria-label=\"" + escaped(summary(content, plot, panel)) +
           "\"></div></div>\n";
    tables += table_html(content, plot, panel);
  }
  return out + "</div>\n<details><summary>Numbers behind it</summary>\n" + tables + "</details>\n</figure>\n";
}

/// Little-endian 32-bit floats in base 64, NaN where undefined.
template <class Value>
std::string packed(std::size_t n, const Value& value) {
  static_assert(std::endian::native == std::endian::little);
  constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<unsigned char> bytes(4 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto number = static_cast<float>(value(i));
    std::memcpy(&bytes[4 * i], &number, 4);
  }
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const unsigned word =
        static_cast<unsigned>(bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0));
    for (int k = 0; k < 4; ++k) out += static_cast<std::size_t>(k) > left ? '=' : letters[word >> (18 - 6 * k) & 63];
  }
  return out;
}

ordered_json series_json(const DecimatedSeries& series) {
  std::vector<Estimate> estimates;
  for (std::size_t b = 0; b < series.size(); ++b) estimates.push_back(series.estimate(b));
  const auto column = [&](double Estimate::*member) {
    return packed(series.size(), [&](std::size_t b) { return estimates[b].*member; });
  };
  return {{"mean", column(&Estimate::mean)},
          {"low", column(&Estimate::low)},
          {"high", column(&Estimate::high)},
          {"min", packed(series.size(), [&](std::size_t b) { return series.lowest(b); })},
          {"max", packed(series.size(), [&](std::size_t b) { return series.highest(b); })}};
}

}  // namespace

std::vector<Plot> plots_of(const ReportContent& content) {
  std::vector<Plot> all;
  const bool staged = !content.trace.stages.empty();
  all.push_back({"reward",
                 staged ? "Reward" : "Expected reward",
                 staged ? "Utility per application that ended in the epoch, less the costs of its stages."
                        : "Utility per applicant, at each epoch's state with probabilities for outcomes.",
                 {panel(content, &AgentSeries::expected_reward)},
                 {},
                 true});
  if (std::ranges::any_of(content.series, [](const AgentSeries& one) { return one.score_learns; }))
    all.push_back({"auc",
                   "How well scores tell who succeeds",
                   "Area under the ROC curve in the whole population, rejected or not: whoever learns of the accepted "
                   "alone cannot know it. 1/2: scores tell nothing.",
                   {panel(content, &AgentSeries::score_auc)},
                   {},
                   true});
  all.push_back(threshold_plot(content));
  all.push_back(gap_plot(content));
  all.push_back(service_plot(content));
  if (!content.trace.constraints.empty())
    all.push_back({"violation",
                   "Cumulative violation",
                   "Running sum of the worst " + std::string(judged_basis(content.trace)) + " residual above 0.",
                   {panel(content, &AgentSeries::cumulative_violation)},
                   {},
                   true});
  all.push_back({"composition",
                 "Who applies",
                 "Each group's share of expected arrivals; each panel has its own scale.",
                 group_panels(content, &AgentSeries::composition),
                 {},
                 true});
  all.push_back({"qualification",
                 "Who is qualified",
                 "Share of each group that would succeed if accepted; each panel has its own scale.",
                 group_panels(content, &AgentSeries::qualification_rate),
                 {},
                 true});
  for (Plot& plot : all)
    if (plot.id == "composition" || plot.id == "qualification") plot.moves = !std::ranges::all_of(plot.panels, at_rest);
  return all;
}

std::string plots_html(const ReportContent& content, const std::vector<Plot>& plots) {
  std::string out;
  for (std::size_t i = 0; i < plots.size(); ++i) out += figure_html(content, plots[i], i);
  return out;
}

ordered_json plots_json(const ReportContent& content, const std::vector<Plot>& plots) {
  ordered_json out, edges = ordered_json::array();
  for (std::size_t b = 0; b < content.bins.size(); ++b) edges.push_back(content.bins.bin(b).begin);
  edges.push_back(content.bins.window().end);
  out["edges"] = std::move(edges);
  out["agents"] = ordered_json::array();
  for (const AgentSeries& agent : content.series) out["agents"].push_back(agent.label);
  out["plots"] = ordered_json::array();
  for (const Plot& plot : plots) {
    ordered_json lines = ordered_json::array(), panels = ordered_json::array();
    for (const LimitLine& line : plot.lines)
      lines.push_back({{"label", line.label}, {"first", line.first}, {"last", line.last}});
    for (const Plot::Panel& panel : plot.panels) {
      if (!plot.moves) break;
      ordered_json agents = ordered_json::array();
      for (const DecimatedSeries* series : panel.agents) agents.push_back(series_json(*series));
      panels.push_back({{"name", panel.name}, {"agents", std::move(agents)}});
    }
    out["plots"].push_back({{"title", plot.title}, {"lines", std::move(lines)}, {"panels", std::move(panels)}});
  }
  return out;
}

}  // namespace loopgate::cli
