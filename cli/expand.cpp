#include <algorithm>
#include <iostream>
#include <thread>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/quantities.hpp"
#include "core/run/jobs.hpp"
#include "core/run/rerun.hpp"
#include "core/trace/rows_file.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

RowSelection select(const po::variables_map& given, const TraceReader& trace) {
  RowSelection chosen;
  for (const std::string& label : chosen_agents(given, trace.agents))
    chosen.agents.push_back(static_cast<std::size_t>(std::ranges::find(trace.agents, label) - trace.agents.begin()));
  for (std::uint32_t r = 0; r < trace.n_replications; ++r)
    if (given.count("replication") == 0 || given["replication"].as<std::uint32_t>() == r)
      chosen.replications.push_back(r);
  if (chosen.replications.empty())
    throw ScenarioError("command line: --replication: out of range (expected 0 to " +
                        std::to_string(trace.n_replications - 1) + ")");
  const std::string epochs = given.count("epochs") > 0 ? given["epochs"].as<std::string>() : ":";
  std::tie(chosen.begin, chosen.end) = epoch_range("--epochs", epochs, trace.n_epochs);
  for (const std::size_t a : chosen.agents) {
    const auto written = trace.epochs_written(trace.agents[a]);
    for (const std::uint32_t r : chosen.replications)
      if (written[r] < chosen.end)
        throw TraceError(trace.path + ": holds epochs 0:" + std::to_string(written[r]) + " of agent " +
                         trace.agents[a] + ", replication " + std::to_string(r) +
                         " (expected --epochs within, or another --replication)");
  }
  return chosen;
}

}  // namespace

int expand(const Arguments& arguments, const Catalog& catalog) {
  const std::string usage =
      "loopgate expand TRACE -o ROWS [--agents LABEL...] [--replication R] [--epochs A:B] [--threads N] [--force] "
      "[--quiet]";
  po::options_description options("options");
  add_agents_option(options);
  options.add_options()("output,o", po::value<std::string>(), "the file of applicants")(
      "replication", po::value<std::uint32_t>(), "only this one, from 0; default: all")(
      "epochs", po::value<std::string>(), "A:B: epochs A to B - 1; default: all")(
      "threads", po::value<unsigned>(), "default: all cores; the rows do not depend on it")(
      "force", po::bool_switch(), "replace an existing file")("quiet", po::bool_switch(), "print nothing but errors");
  const auto given = parse(arguments, usage, options, {"trace"});
  if (given.count("help") > 0) return 0;
  if (given.count("trace") == 0 || given.count("output") == 0)
    throw ScenarioError("command line: a trace and -o ROWS are needed (expected " + usage + ")");
  const std::string path = given["trace"].as<std::string>(), output = given["output"].as<std::string>();
  const unsigned threads = thread_count(given);
  const Output claimed(output, given["force"].as<bool>(), {path});
  const TraceReader trace(path);
  RowSelection selection = select(given, trace);
  const Rerun rerun(trace, catalog);
  if (decisions_change_arrivals(rerun.scenario()) || !rerun.scenario().route.stages.empty())
    selection.arrivals = [&](std::size_t agent, std::uint32_t replication) {
      return rerun.n_rows(agent, replication, selection.begin, selection.end);
    };
  RowsFile file(output, trace_layout(rerun.scenario()), selection);
  const std::atomic<bool>& interrupted = watch_interrupts();
  std::atomic<bool> halt{false};
  const std::size_t n_agents = selection.agents.size();
  run_jobs(
      threads, n_agents * selection.replications.size(), halt,
      [&](std::size_t job) {
        const std::size_t a = job % n_agents, r = job / n_agents;
        file.fill(a, r, [&](RowSink& rows) {
          rerun.rows(selection.agents[a], selection.replications[r], selection.begin, selection.end, rows,
                     file.library());
        });
      },
      [&] {
        if (interrupted) halt = true;
      });
  if (halt) {
    std::cerr << "interrupted; nothing is written\n";
    return 130;
  }
  file.complete();
  if (!given["quiet"].as<bool>())
    std::cout << "wrote " << output << ": the applicants of " << counted(n_agents, "agent") << " x "
              << counted(selection.replications.size(), "replication") << ", epochs " << selection.begin << " to "
              << selection.end - 1 << '\n';
  return 0;
}

}  // namespace loopgate::cli
