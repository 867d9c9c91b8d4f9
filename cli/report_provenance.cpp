#include <filesystem>

#include "cli/html.hpp"
#include "cli/quantities.hpp"
#include "cli/report_content.hpp"

namespace loopgate::cli {

namespace {

/// As one word of a shell command.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_./:=-") == std::string::npos;
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string copyable(const std::string& text) {
  return "<div class=\"copyable\"><button type=\"button\" class=\"copy\">Copy</button><pre>" + escaped(text) +
         "</pre></div>";
}

std::string completeness(const ReportContent& content) {
  std::uint64_t written = 0, planned = 0;
  for (const AgentMetrics& agent : content.analysis.agents) {
    written += agent.epochs;
    planned += agent.epochs_planned;
  }
  if (content.trace.complete) return "complete";
  return "PARTIAL: " + count_text(static_cast<double>(written)) + " of " + count_text(static_cast<double>(planned)) +
         " epochs, over agents and replications";
}

std::string files_html(const ReportContent& content) {
  if (content.trace.inputs.empty()) return "no data file";
  std::string out;
  for (const InputFile& file : content.trace.inputs)
    out += (out.empty() ? "" : "<br>") + escaped(file.path) + " <code>" + escaped(file.sha256) + "</code>";
  return out;
}

/// What makes this part of the trace be looked at: " --window a:b --agents x y".
std::string choice(const ReportContent& content) {
  std::string out;
  const Window window = content.analysis.options.window;
  if (shows_part(content)) out += " --window " + std::to_string(window.begin) + ":" + std::to_string(window.end);
  if (content.analysis.agents.size() == content.trace.agents.size()) return out;
  out += " --agents";
  for (const AgentMetrics& agent : content.analysis.agents) out += " " + shell_word(agent.label);
  return out;
}

std::string commands(const ReportContent& content) {
  const std::string trace = shell_word(std::filesystem::path(content.trace.path).filename().string());
  std::string out =
      "# the same trace again, from the scenario below saved as scenario.yaml\n"
      "loopgate run scenario.yaml -o " +
      trace +
      "\n"
      "# every number of the tables, and of the words above\n"
      "loopgate analyze " +
      trace + choice(content) + " --format json\n";
  if (content.analysis.agents.size() > 1)
    out += "# which agent earned most, and how sure that is\nloopgate compare " + trace + choice(content) + "\n";
  return out + "# the sweep of fixed thresholds\nloopgate oracle scenario.yaml --save -o " +
         shell_word(std::filesystem::path(content.trace.path).stem().string() + ".oracle.h5") +
         "\n# this page\nloopgate report " + trace + choice(content) + "\n";
}

/// What `analyze` has noted, files by their names alone: a page goes to other people.
std::string notes_html(const ReportContent& content) {
  const std::string folder = std::filesystem::path(content.trace.path).parent_path().string() + "/";
  std::string out;
  for (std::string note : content.analysis.notes) {
    for (std::size_t at = note.find(folder); folder.size() > 1 && at != std::string::npos; at = note.find(folder))
      note.erase(at, folder.size());
    out += (out.empty() ? "" : "<br>") + escaped(note);
  }
  return out.empty() ? "none" : out;
}

}  // namespace

std::string provenance_html(const ReportContent& content) {
  const TraceReader& trace = content.trace;
  const std::pair<const char*, std::string> facts[]{
      {"Scenario", escaped(trace.scenario_name) + ", seed " + std::to_string(trace.seed)},
      {"Trace", escaped(std::filesystem::path(trace.path).filename().string()) + ", " + completeness(content)},
      {"Run", escaped(trace.creation_time) + " by loopgate " + escaped(trace.program_version) +
                  (trace.results ? ", results version " + std::to_string(*trace.results) : "") + ", " +
                  extent(content.scenario) + (trace.complete ? ", " + duration_text(trace.wall_time) : "")},
      {"Page", std::string("by loopgate ") + LOOPGATE_VERSION + ", trace format " + std::to_string(format_version)},
      {"Notes of the analysis", notes_html(content)},
      {"SHA-256 of the scenario", "<code>" + escaped(trace.scenario_sha256) + "</code>"},
      {"SHA-256 of its data", files_html(content)}};
  std::string out = "<dl class=\"facts\">";
  for (const auto& [term, words] : facts)
    out += "<div><dt>" + std::string(term) + "</dt><dd>" + words + "</dd></div>\n";
  return out + "</dl><h3>Run it again, reproduce each number</h3>" + copyable(commands(content)) +
         "<details><summary>The scenario as it ran, with every default and override</summary>" +
         copyable(trace.scenario_resolved) + "</details><details><summary>The scenario as it was written</summary>" +
         copyable(trace.scenario) + "</details>";
}

}  // namespace loopgate::cli
