#include <algorithm>
#include <iostream>

#include "analysis/analysis_file.hpp"
#include "analysis/comparator.hpp"
#include "cli/analysis_json.hpp"
#include "cli/analysis_table.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

AnalysisRequest request_of(const TraceReader& trace, const po::variables_map& given) {
  AnalysisRequest request;
  const auto [begin, end] = epoch_range("--window", given["window"].as<std::string>(), trace.n_epochs);
  std::uint32_t& average_over = request.options.average_over;
  request.options.window = {begin, end};
  average_over = std::min(average_over, end - begin);
  if (given.count("average-over") > 0) average_over = given["average-over"].as<std::uint32_t>();
  if (average_over == 0 || average_over > end - begin)
    throw ScenarioError("command line: --average-over = " + std::to_string(average_over) +
                        ": out of range (expected 1 to the window's " + std::to_string(end - begin) + " epochs)");
  request.agents = chosen_agents(given, trace.agents);
  if (given.count("rows") > 0) request.rows = given["rows"].as<std::string>();
  if (given.count("oracle") > 0) request.oracle = given["oracle"].as<std::string>();
  return request;
}

/// What is read: the trace, and applicants and an oracle's file, if they are there.
Files files_of(const po::variables_map& given) {
  const std::string trace = given["trace"].as<std::string>();
  Files all{trace, given.count("oracle") > 0 ? given["oracle"].as<std::string>() : sidecar_beside(trace)};
  if (given.count("rows") > 0) all.emplace_back(given["rows"].as<std::string>());
  return all;
}

}  // namespace

int analyze(const Arguments& arguments, const Catalog& catalog) {
  const std::string usage =
      "loopgate analyze TRACE [--window a:b] [--agents LABEL...] [--rows ROWS] [--oracle FILE] "
      "[--average-over W] [--format table|json|csv] "
      "[--save [-o FILE] [--force]]";
  po::options_description options("options");
  add_agents_option(options);
  options.add_options()("window", po::value<std::string>()->default_value(":"), "epochs a to b - 1 only")(
      "rows", po::value<std::string>(),
      "applicants that `loopgate expand` drew from the trace, for calibration; default: the trace's own, if it keeps "
      "them")(
      "oracle", po::value<std::string>(),
      "what `loopgate oracle --save` wrote, for regret; default: NAME.oracle.h5 beside NAME.h5, if it is there")(
      "average-over", po::value<std::uint32_t>(),
      "epochs whose mean residual has to be <= 0 for a constraint to count as met: time to feasibility; 100, or the "
      "window if that is shorter")("format", po::value<std::string>()->default_value("table"), "table, json or csv");
  add_save_options(options, "every number, and each metric over time,", "the trace's name with .analysis.h5");
  const auto given = parse(arguments, usage, options, {"trace"});
  if (given.count("help") > 0) return 0;
  if (given.count("trace") == 0) throw ScenarioError("command line: no trace named (expected " + usage + ")");
  const std::string format = given["format"].as<std::string>();
  if (format != "table" && format != "json" && format != "csv")
    throw ScenarioError("command line: --format = " + format + ": unknown format (expected table, json or csv)");
  const Files inputs = files_of(given);
  const std::optional<Output> saved = saved_output(given, inputs, ".analysis.h5");
  const TraceReader trace(inputs.front().string());
  const Analysis all = analyse(trace, request_of(trace, given), catalog);
  if (saved && !save_analysis(saved->path(), trace, all, watch_interrupts())) {
    std::cerr << "interrupted; nothing is written\n";
    return 130;
  }
  if (format == "json") std::cout << analysis_json(trace, all).dump(1) << '\n';
  else if (format == "csv") print_analysis_csv(all);
  else print_analysis_table(trace, all);
  if (saved && format == "table") std::cout << "wrote " << saved->path() << '\n';
  return 0;
}

}  // namespace loopgate::cli
