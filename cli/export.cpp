#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/commands.hpp"
#include "cli/export_lines.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"

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
  if (given.count("output") > 0) return given["output"].as<std::string>();
  return derived_name(given["trace"].as<std::string>(), (what == "epochs" ? "" : "." + what) + ".csv");
}

/// written: how far each replication of the selection goes. TraceError where none has an epoch of it; a note where not
/// all have.
void check_written(const std::string& path, const ExportSelection& selection,
                   const std::vector<std::int64_t>& written) {
  const auto [begin, end] = selection.epochs;
  const std::int64_t furthest = written.empty() ? 0 : std::ranges::max(written);
  if (furthest == 0) throw TraceError(path + ": no epoch of what is asked for is written");
  if (furthest <= begin)
    throw TraceError(path + ": nothing is written from epoch " + std::to_string(begin) +
                     " on (expected --epochs within 0:" + std::to_string(furthest) + ")");
  if (std::ranges::min(written) < end)
    std::cerr << "PARTIAL: " << path << ": each replication is exported as far as it is written\n";
}

void check_arms(const TraceReader& trace, const ExportSelection& selection) {
  const bool some =
      std::ranges::any_of(selection.agents, [&](const std::string& agent) { return trace.has(agent, "arms"); });
  if (!some)
    throw TraceError(trace.path +
                     ": holds no arms of these agents (expected a run of learners with trace: {arms: n}, such as "
                     "--set trace.arms=50)");
}

ExportSelection select(const po::variables_map& given, const std::vector<std::string>& agents,
                       std::uint32_t n_replications, std::uint32_t n_epochs) {
  return {chosen_agents(given, agents),
          index_range("--replications", "replications", given["replications"].as<std::string>(), n_replications),
          epoch_range("--epochs", given["epochs"].as<std::string>(), n_epochs), watch_interrupts()};
}

/// Checks everything before the output is made; returns what then writes the lines.
std::function<void(TextOutput&)> lines_of_trace(const po::variables_map& given, const std::string& what) {
  const auto trace = std::make_shared<TraceReader>(given["trace"].as<std::string>());
  const ExportSelection selection = select(given, trace->agents, trace->n_replications, trace->n_epochs);
  const auto [first, last] = selection.replications;
  std::vector<std::int64_t> written;
  for (const std::string& agent : selection.agents) {
    const auto all = trace->epochs_written(agent);
    written.insert(written.end(), all.begin() + first, all.begin() + last);
  }
  check_written(trace->path, selection, written);
  if (what == "arms") check_arms(*trace, selection);
  return [=](TextOutput& out) { (what == "arms" ? export_arms : export_epochs)(*trace, selection, out); };
}

std::function<void(TextOutput&)> lines_of_rows(const po::variables_map& given) {
  const auto reader = std::make_shared<ApplicantReader>(given["trace"].as<std::string>());
  const auto [begin, end] = reader->planned();
  std::uint32_t n_replications = 0;
  for (const std::string& agent : reader->agents)
    n_replications = std::max(n_replications, reader->replications(agent).back() + 1);
  const ExportSelection selection = select(given, reader->agents, n_replications, end);
  if (selection.epochs.second <= begin)
    throw TraceError(reader->path + ": holds no epoch before " + std::to_string(begin) + " (expected --epochs within " +
                     std::to_string(begin) + ":" + std::to_string(end) + ")");
  std::vector<std::int64_t> written;
  for (const std::string& agent : selection.agents)
    for (const std::uint32_t r : reader->replications(agent))
      if (r >= selection.replications.first && r < selection.replications.second)
        written.push_back(reader->epochs(agent, r).end);
  check_written(reader->path, selection, written);
  return [=](TextOutput& out) { export_rows(*reader, selection, out); };
}

}  // namespace

int export_trace(const Arguments& arguments, const Catalog&) {
  const auto given = parse(arguments, usage, export_options(), {"trace"});
  if (given.count("help") > 0) return 0;
  const std::string what = chosen_what(given), output = chosen_output(given, what);
  std::optional<Output> claimed;
  if (output != "-") claimed.emplace(output, given["force"].as<bool>(), Files{given["trace"].as<std::string>()});
  const auto write_lines = what == "rows" ? lines_of_rows(given) : lines_of_trace(given, what);
  TextOutput out(output);
  write_lines(out);
  if (watch_interrupts()) {
    std::cerr << "interrupted; nothing is written\n";
    return 130;
  }
  out.complete();
  if (output != "-") std::cout << "wrote " << output << '\n';
  return 0;
}

}  // namespace loopgate::cli
