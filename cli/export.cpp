#include <algorithm>
#include <filesystem>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/export_lines.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

const std::string usage =
    "loopgate export TRACE --to csv [--what epochs|rows|arms] [-o FILE|-] [--agents LABEL...] [--replications a:b] "
    "[--epochs a:b] [--force]";

po::options_description export_options() {
  po::options_description options("options");
  add_agents_option(options);
  options.add_options()("to", po::value<std::string>(), "csv")(
      "what", po::value<std::string>()->default_value("epochs"),
      "epochs: one line a number; rows: one line an applicant; arms: one line an arm of an audited learner")(
      "output,o", po::value<std::string>(), "default: the trace's name with .csv, .rows.csv or .arms.csv; -: stdout")(
      "replications", po::value<std::string>()->default_value(":"), "replications a to b - 1 only")(
      "epochs", po::value<std::string>()->default_value(":"), "epochs a to b - 1 only")("force", po::bool_switch(),
                                                                                        "replace an existing file");
  return options;
}

/// What --what says; ScenarioError for what cannot be had.
std::string chosen_what(const po::variables_map& given) {
  if (given.count("trace") == 0) throw ScenarioError("command line: no trace named (expected " + usage + ")");
  if (given.count("to") == 0) throw ScenarioError("command line: --to: missing (expected --to csv)");
  if (const std::string to = given["to"].as<std::string>(); to != "csv")
    throw ScenarioError("command line: --to = " + to + ": unknown format (expected csv)");
  const std::string what = given["what"].as<std::string>();
  if (what != "epochs" && what != "rows" && what != "arms")
    throw ScenarioError("command line: --what = " + what + ": unknown (expected epochs, rows or arms)");
  return what;
}

std::string chosen_output(const po::variables_map& given, const std::string& what) {
  const std::filesystem::path trace = given["trace"].as<std::string>();
  const std::string output = given.count("output") > 0
                                 ? given["output"].as<std::string>()
                                 : derived_name(trace, (what == "epochs" ? "" : "." + what) + ".csv");
  if (output == "-") return output;
  const std::string problem = output_problem(output, given["force"].as<bool>(), trace);
  if (!problem.empty()) throw ScenarioError(problem);
  return output;
}

/// TraceError where nothing of the selection is written; a note where not all is.
void check_written(const TraceReader& trace, const ExportSelection& selection) {
  const auto [begin, end] = selection.epochs;
  std::int64_t furthest = 0;
  bool whole = true;
  for (const std::string& agent : selection.agents) {
    const auto written = trace.epochs_written(agent);
    for (std::uint32_t r = selection.replications.first; r < selection.replications.second; ++r) {
      furthest = std::max(furthest, written[r]);
      whole = whole && written[r] >= end;
    }
  }
  if (furthest <= begin)
    throw TraceError(trace.path + ": " +
                     (furthest == 0 ? "no epoch of what is asked for is written"
                                    : "nothing is written from epoch " + std::to_string(begin) +
                                          " on (expected --epochs within 0:" + std::to_string(furthest) + ")"));
  if (!whole) std::cerr << "PARTIAL: " << trace.path << ": each replication is exported as far as it is written\n";
}

void check_arms(const TraceReader& trace, const ExportSelection& selection) {
  const bool some =
      std::ranges::any_of(selection.agents, [&](const std::string& agent) { return trace.has(agent, "arms"); });
  if (!some)
    throw TraceError(trace.path +
                     ": holds no arms of these agents (expected a run of learners with trace: {arms: n}, such as "
                     "--set trace.arms=50)");
}

}  // namespace

int export_trace(const Arguments& arguments, const Catalog&) {
  const auto given = parse(arguments, usage, export_options(), {"trace"});
  if (given.count("help") > 0) return 0;
  const std::string what = chosen_what(given), output = chosen_output(given, what);
  const TraceReader trace(given["trace"].as<std::string>());
  const ExportSelection selection{
      chosen_agents(given, trace.agents),
      index_range("--replications", "replications", given["replications"].as<std::string>(), trace.n_replications),
      epoch_range("--epochs", given["epochs"].as<std::string>(), trace.n_epochs), watch_interrupts()};
  check_written(trace, selection);
  if (what == "arms") check_arms(trace, selection);
  TextOutput out(output);
  if (what == "epochs") export_epochs(trace, selection, out);
  else export_arms(trace, selection, out);
  if (selection.interrupted) {
    std::cerr << "interrupted; nothing is written\n";
    return 130;
  }
  out.complete();
  if (output != "-") std::cout << "wrote " << output << '\n';
  return 0;
}

}  // namespace loopgate::cli
