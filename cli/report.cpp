#include <filesystem>
#include <iostream>

#include "analysis/comparator.hpp"
#include "cli/commands.hpp"
#include "cli/html.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/quantities.hpp"
#include "cli/report_content.hpp"
#include "cli/report_template.hpp"
#include "cli/text_output.hpp"
#include "core/run/recorded_run.hpp"
#include "core/scenario/yaml.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

/// Numbers that a page embeds at most, so that it stays below 5 MB with any number of agents and groups.
constexpr std::size_t most_numbers = 600'000;

std::size_t bins_for(const TraceReader& trace, std::size_t n_agents) {
  const std::size_t series = n_agents * (4 + 3 * trace.groups.size());
  return std::clamp<std::size_t>(most_numbers / (5 * series), 20, 250);
}

/// Puts the parts in the places of the page that name them; what they hold is not looked at again.
std::string filled(std::string_view page, const std::vector<std::pair<std::string_view, std::string>>& parts) {
  std::string out;
  for (;;) {
    const std::size_t at = page.find("<!--{");
    out += page.substr(0, at);
    if (at == std::string_view::npos) return out;
    const std::size_t end = page.find("}-->", at);
    const std::string_view name = page.substr(at + 5, end - at - 5);
    for (const auto& [key, text] : parts)
      if (key == name) out += text;
    page.remove_prefix(end + 4);
  }
}

/// As text within a script element: `<` would let a name end it.
std::string script_json(const nlohmann::ordered_json& value) {
  std::string out;
  for (const char c : value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace))
    if (c == '<') out += "\\u003c";
    else out += c;
  return out;
}

std::string time_html(const ReportContent& content) {
  const Window first = content.bins.bin(0);
  const std::size_t n = first.end - first.begin;
  const bool one = content.trace.n_replications == 1;
  return "<p>" +
         std::string(n == 1 ? "Each point is one epoch" : "Each point is the mean of about " + counted(n, "epoch")) +
         (one ? ", of the one replication. "
              : ", then over replications; bands are 95 % intervals of that mean, for each point by itself. ") +
         "<span class=\"screen\">Drag to zoom all plots in time, double-click to see all of it; on a focused plot, "
         "arrow keys walk along it, "
         "+ and − zoom.</span></p>";
}

std::string page_of(const ReportContent& content) {
  const std::vector<Plot> plots = plots_of(content);
  nlohmann::ordered_json data = plots_json(content, plots);
  data["sweep"] = sweep_json(content);
  std::string notes;
  if (shows_part(content))
    notes += "<p class=\"note\">This page is of " + time_text(content) + " alone, of " +
             count_text(content.trace.n_epochs) + ".</p>";
  for (const std::string& note : content.analysis.notes)
    if (note.starts_with("PARTIAL")) notes += "<p class=\"note\">" + escaped(note) + "</p>";
  std::string legend;
  for (std::size_t a = 0; a < content.series.size(); ++a)
    legend += "<button type=\"button\" aria-pressed=\"true\" data-agent=\"" + std::to_string(a) + "\">" +
              agent_html(content, a) + "</button>";
  return filled(report_template,
                {{"title", escaped(content.trace.scenario_name)},
                 {"notes", notes},
                 {"scenario", scenario_html(content)},
                 {"answer", answer_html(content)},
                 {"agents", agents_html(content)},
                 {"legend", legend},
                 {"plots", plots_html(content, plots)},
                 {"time", time_html(content)},
                 {"sweep", sweep_html(content)},
                 {"outcomes", outcomes_html(content)},
                 {"fairness", fairness_html(content)},
                 {"stages", stages_html(content)},
                 {"stages_link", content.trace.stages.empty() ? "" : "<a href=\"#stages\">Stage by stage</a>"},
                 {"provenance", provenance_html(content)},
                 {"data", script_json(data)}});
}

/// The sweep that the comparator comes from, or why there is none.
void find_sweep(ReportContent& content) {
  if (content.analysis.comparator) content.sweep = load_sweep(content.analysis.comparator->scenario.path);
  else if (std::filesystem::exists(sidecar_beside(content.trace.path)))
    content.sweep_missing = "The sweep beside the trace is of another scenario.";
  else content.sweep_missing = "No sweep of fixed thresholds lies beside the trace.";
}

/// What is read for regret, if it is there.
std::filesystem::path oracle_file(const po::variables_map& given, const std::filesystem::path& trace) {
  return given.count("oracle") > 0 ? given["oracle"].as<std::string>() : sidecar_beside(trace.string());
}

AnalysisRequest request_of(const TraceReader& trace, const po::variables_map& given) {
  AnalysisRequest request;
  const auto [begin, end] = epoch_range("--window", given["window"].as<std::string>(), trace.n_epochs);
  request.options.window = {begin, end};
  request.options.average_over = std::min(request.options.average_over, end - begin);
  request.agents = chosen_agents(given, trace.agents);
  if (given.count("oracle") > 0) request.oracle = given["oracle"].as<std::string>();
  return request;
}

po::options_description report_options() {
  po::options_description options("options");
  add_agents_option(options);
  options.add_options()("output,o", po::value<std::string>(), "the page; default: NAME.html for NAME.h5")(
      "window", po::value<std::string>()->default_value(":"), "epochs a to b - 1 only")(
      "oracle", po::value<std::string>(), "file of `loopgate oracle --save`; default: NAME.oracle.h5 beside the trace")(
      "force", po::bool_switch(), "replace an existing page");
  return options;
}

Node settings_of(const TraceReader& trace) {
  Diagnostics diagnostics;
  Node settings = parse_yaml(trace.scenario_resolved, trace.path + ":/scenario_resolved", diagnostics);
  if (!diagnostics.ok()) throw TraceError(diagnostics.errors().front());
  return settings;
}

ReportContent content_of(const TraceReader& trace, const Node& settings, const AnalysisRequest& request,
                         const Catalog& catalog) {
  Analysis analysis = analyse(trace, request, catalog);
  Scenario scenario = required_scenario(trace, catalog);
  const EpochBins bins(request.options.window, bins_for(trace, request.agents.size()));
  Limits limits_drawn = limits_of(trace, scenario, settings, bins);
  ReportContent content{
      trace, std::move(scenario), settings, catalog, bins, std::move(limits_drawn), std::move(analysis), {}, {}, {}};
  const Limits& limits = content.limits;
  const SeriesRequest series{request.options.window, content.bins.size(), limits.parity_residuals,
                             limits.parity_tolerance};
  for (const std::string& agent : request.agents) content.series.push_back(agent_series(trace, agent, series));
  find_sweep(content);
  return content;
}

}  // namespace

bool shows_part(const ReportContent& content) {
  const Window window = content.analysis.options.window;
  return window.begin > 0 || window.end < content.trace.n_epochs;
}

std::string time_text(const ReportContent& content) {
  if (!shows_part(content)) return "the whole time";
  const Window window = content.analysis.options.window;
  if (window.end - window.begin == 1) return "epoch " + count_text(window.begin);
  return "epochs " + count_text(window.begin) + " to " + count_text(window.end - 1);
}

int report(const Arguments& arguments, const Catalog& catalog) {
  const std::string usage =
      "loopgate report TRACE [-o PAGE] [--agents LABEL...] [--window a:b] [--oracle FILE] [--force]";
  const auto given = parse(arguments, usage, report_options(), {"trace"});
  if (given.count("help") > 0) return 0;
  if (report_template.empty())
    throw ScenarioError("loopgate report: this program was built without it, since " + std::string(report_missing) +
                        " (expected a build where npm can fetch the plotting library: -D LOOPGATE_REPORT=ON)");
  if (given.count("trace") == 0) throw ScenarioError("command line: no trace named (expected " + usage + ")");
  const std::filesystem::path path = given["trace"].as<std::string>();
  const std::string output =
      given.count("output") > 0 ? given["output"].as<std::string>() : path.stem().string() + ".html";
  const Output claimed(output, given["force"].as<bool>(), {path, oracle_file(given, path)});
  const TraceReader trace(path.string());
  const Node settings = settings_of(trace);
  std::string text = page_of(content_of(trace, settings, request_of(trace, given), catalog));
  TextOutput page(output);
  page.text = std::move(text);
  const double size = static_cast<double>(page.text.size());
  page.complete();
  std::cout << "wrote " << output << " (" << bytes_text(size) << "): open it in a browser\n";
  return 0;
}

}  // namespace loopgate::cli
