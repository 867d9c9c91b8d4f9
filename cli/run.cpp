#include <atomic>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <thread>

#include "cli/commands.hpp"
#include "cli/dry_run.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/progress_line.hpp"
#include "cli/quantities.hpp"
#include "cli/scenario_options.hpp"
#include "core/run/experiment.hpp"
#include "core/scenario/scenario.hpp"

namespace po = boost::program_options;
namespace fs = std::filesystem;

namespace loopgate::cli {

namespace {

/// As output_problem, for a trace: an unfinished one may lie beside it.
std::string trace_problem(const fs::path& output, bool resume, bool force, const Files& inputs) {
  const std::string problem = output_problem(output, force, inputs), partial = output.string() + ".partial";
  if (!problem.empty()) return problem;
  std::error_code ignored;
  const bool unfinished = fs::exists(partial, ignored);
  if (resume && !unfinished) return partial + ": does not exist, so there is nothing to resume";
  if (!resume && !force && unfinished)
    return partial + ": an unfinished run is there (expected --resume to go on with it, or --force to start anew)";
  return {};
}

const char* const usage =
    "loopgate run SCENARIO [-o TRACE] [--set KEY.PATH=VALUE]... [--seed N] [--replications N] [--threads N] "
    "[--resume] [--force] [--dry-run [--format table|json]] [--quiet]";

po::options_description run_options() {
  po::options_description options = scenario_options();
  options.add_options()("output,o", po::value<std::string>(),
                        "the trace; default: the scenario's file name with .h5, in this folder")(
      "threads", po::value<unsigned>(), "default: all cores; the trace does not depend on it")(
      "resume", po::bool_switch(), "go on with an unfinished run")("force", po::bool_switch(),
                                                                   "replace an existing trace")(
      "dry-run", po::bool_switch(), "say what would be run, how large and about how long; write nothing")(
      "format", po::value<std::string>(), "of --dry-run: table or json")("quiet", po::bool_switch(),
                                                                         "print nothing but errors");
  return options;
}

/// table or json. ScenarioError for another word, and where there is nothing to print.
std::string plan_format(const po::variables_map& given) {
  if (given.count("format") == 0) return "table";
  const std::string format = given["format"].as<std::string>();
  if (!given["dry-run"].as<bool>()) throw ScenarioError("command line: --format: is for --dry-run only");
  if (format != "table" && format != "json")
    throw ScenarioError("command line: --format = " + format + ": unknown format (expected table or json)");
  return format;
}

int execute(const Scenario& scenario, const RunRequest& request, ProgressLine::Wanted wanted) {
  const std::atomic<bool>& interrupted = watch_interrupts();
  const TraceLayout layout = trace_layout(scenario);
  const std::string output = request.output.string();
  // Writing hides behind the simulation where a core is left for it.
  const auto mode =
      request.threads < std::thread::hardware_concurrency() ? WriteQueue::Mode::background : WriteQueue::Mode::at_once;
  TraceWriter writer =
      request.resume ? TraceWriter::resume(output, layout, mode) : TraceWriter::create(output, layout, mode);
  std::vector<std::string> labels;
  for (const ScenarioAgent& agent : scenario.agents) labels.push_back(agent.label);
  ProgressLine line(std::move(labels), wanted);
  const auto start = std::chrono::steady_clock::now();
  const auto passed = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Experiment experiment(scenario, writer, request.threads);
  const bool done = experiment.run(interrupted, [&line](const Progress& progress) { line.show(progress); });
  if (!done) {
    writer.flush();
    line.erase();
    std::cerr << "interrupted; what was done is kept in " << output << ".partial\n"
              << "to go on: the same command with --resume\n";
    return 130;
  }
  if (layout.compression != Compression::none) line.show("100 %  compressing the trace");
  writer.complete(passed(), request.threads);
  line.erase();
  if (wanted == ProgressLine::Wanted::yes)
    std::cout << "wrote " << output << ": " << extent(scenario) << " in " << duration_text(passed()) << '\n'
              << "next: loopgate inspect " << output << '\n';
  return 0;
}

}  // namespace

int run(const Arguments& arguments, const Catalog& catalog) {
  const auto given = parse(arguments, usage, run_options(), {"scenario"});
  if (given.count("help") > 0) return 0;
  const bool dry_run = given["dry-run"].as<bool>(), quiet = given["quiet"].as<bool>();
  const std::string format = plan_format(given);
  RunRequest request;
  request.scenario = scenario_path(given, usage);
  request.output = given.count("output") > 0 ? fs::path(given["output"].as<std::string>())
                                             : fs::path(request.scenario.stem().string() + ".h5");
  request.resume = given["resume"].as<bool>();
  request.threads = thread_count(given);
  const Scenario scenario = load_scenario(request.scenario, overrides_of(given), catalog);
  if (!quiet) print_warnings(scenario);
  const auto problem = [&, inputs = files_read(request.scenario, scenario)] {
    return trace_problem(request.output, request.resume, given["force"].as<bool>(), inputs);
  };
  if (dry_run) {
    request.problem = problem();
    if (!quiet) print_plan(scenario, request, format);
    if (!request.problem.empty()) throw ScenarioError(request.problem);
    return 0;
  }
  const Output output(request.output, problem);
  return execute(scenario, request, quiet ? ProgressLine::Wanted::no : ProgressLine::Wanted::yes);
}

}  // namespace loopgate::cli
