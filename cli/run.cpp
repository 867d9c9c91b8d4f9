#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <thread>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "core/run/experiment.hpp"
#include "core/scenario/scenario.hpp"

namespace po = boost::program_options;
namespace fs = std::filesystem;

namespace loopgate::cli {

namespace {

/// The options that change a scenario, as overrides.
std::vector<std::string> overrides_of(const po::variables_map& given) {
  std::vector<std::string> all;
  if (given.count("set") > 0) all = given["set"].as<std::vector<std::string>>();
  for (const char* key : {"seed", "replications"})
    if (given.count(key) > 0) all.push_back(std::string(key) + "=" + given[key].as<std::string>());
  return all;
}

po::options_description scenario_options() {
  po::options_description options("options");
  options.add_options()("set", po::value<std::vector<std::string>>()->composing(),
                        "KEY.PATH=VALUE: overrides a key of the scenario; may be repeated")(
      "seed", po::value<std::string>(), "the same as --set seed=N")("replications", po::value<std::string>(),
                                                                    "the same as --set replications=N");
  return options;
}

std::string scenario_path(const po::variables_map& given, const std::string& usage) {
  if (given.count("scenario") == 0) throw ScenarioError("command line: no scenario named (expected " + usage + ")");
  return given["scenario"].as<std::string>();
}

/// Refuses whatever would lose an older file, before anything is run.
void check_output(const fs::path& output, bool resume, bool force) {
  if (!output.has_filename()) throw ScenarioError("-o " + output.string() + ": names no file (expected a file name)");
  const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
  if (!fs::is_directory(folder))
    throw ScenarioError("-o " + output.string() + ": " + folder.string() + ": " +
                        (fs::exists(folder) ? "is not a folder" : "no such folder") + " (expected an existing folder)");
  if (fs::is_directory(output)) throw ScenarioError("-o " + output.string() + ": is a folder (expected a file name)");
  const fs::path partial = output.string() + ".partial";
  if (resume && !fs::exists(partial))
    throw ScenarioError(partial.string() + ": does not exist, so there is nothing to resume");
  if (fs::exists(output) && !force)
    throw ScenarioError(output.string() + ": exists already (expected a new name, or --force to replace it)");
  if (!resume && !force && fs::exists(partial))
    throw ScenarioError(partial.string() +
                        ": an unfinished run is there (expected --resume to go on with it, or --force to start anew)");
}

void show_progress(const Progress& progress) {
  const auto done = static_cast<double>(progress.epochs_done), all = static_cast<double>(progress.epochs_all);
  const double rate = (done - static_cast<double>(progress.epochs_kept)) / std::max(progress.seconds, 1e-9);
  std::fprintf(stderr, "\r%5.1f %%  %.0f epochs/s  %.0f s left   ", 100.0 * done / all, rate,
               rate > 0.0 ? (all - done) / rate : 0.0);
}

}  // namespace

int validate_scenario(const Arguments& arguments, const Catalog& catalog) {
  const std::string usage = "loopgate validate SCENARIO [--set KEY.PATH=VALUE]...";
  const auto given = parse(arguments, usage, scenario_options(), {"scenario"});
  if (given.count("help") > 0) return 0;
  const std::string path = scenario_path(given, usage);
  const Scenario scenario = load_scenario(path, overrides_of(given), catalog);
  std::cout << path << ": valid: " << scenario.agents.size() << " agents x " << scenario.n_replications
            << " replications x " << scenario.n_epochs << " epochs\n";
  return 0;
}

int run(const Arguments& arguments, const Catalog& catalog) {
  const std::string usage =
      "loopgate run SCENARIO [-o TRACE] [--set KEY.PATH=VALUE]... [--seed N] [--replications N] [--threads N] "
      "[--resume] [--force] [--quiet]";
  po::options_description options = scenario_options();
  options.add_options()("output,o", po::value<std::string>(),
                        "the trace; default: the scenario's file name with .h5, in this folder")(
      "threads", po::value<unsigned>(), "default: all cores; the trace does not depend on it")(
      "resume", po::bool_switch(), "go on with an unfinished run")(
      "force", po::bool_switch(), "replace an existing trace")("quiet", po::bool_switch(), "print nothing but errors");
  const auto given = parse(arguments, usage, options, {"scenario"});
  if (given.count("help") > 0) return 0;
  const fs::path path = scenario_path(given, usage);
  const fs::path output =
      given.count("output") > 0 ? fs::path(given["output"].as<std::string>()) : fs::path(path.stem().string() + ".h5");
  const bool resume = given["resume"].as<bool>(), quiet = given["quiet"].as<bool>();
  const unsigned threads = thread_count(given);
  const Scenario scenario = load_scenario(path, overrides_of(given), catalog);
  check_output(output, resume, given["force"].as<bool>());
  const std::atomic<bool>& interrupted = watch_interrupts();
  const TraceLayout layout = trace_layout(scenario);
  // Writing hides behind the simulation where a core is left for it.
  const auto mode =
      threads < std::thread::hardware_concurrency() ? WriteQueue::Mode::background : WriteQueue::Mode::at_once;
  TraceWriter writer =
      resume ? TraceWriter::resume(output.string(), layout, mode) : TraceWriter::create(output.string(), layout, mode);
  const bool show = !quiet && isatty(STDERR_FILENO) != 0;
  const auto start = std::chrono::steady_clock::now();
  Experiment experiment(scenario, writer, threads);
  const bool done = experiment.run(interrupted, show ? show_progress : std::function<void(const Progress&)>{});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (show) std::fprintf(stderr, "\n");
  if (!done) {
    writer.flush();
    std::cerr << "interrupted; what was done is kept in " << output.string() << ".partial\n"
              << "to go on: the same command with --resume\n";
    return 130;
  }
  writer.complete(seconds, threads);
  if (!quiet)
    std::cout << "wrote " << output.string() << ": " << scenario.agents.size() << " agents x "
              << scenario.n_replications << " replications x " << scenario.n_epochs << " epochs in "
              << static_cast<double>(static_cast<long>(seconds * 100)) / 100 << " s\n"
              << "next: loopgate inspect " << output.string() << '\n';
  return 0;
}

}  // namespace loopgate::cli
