#include <algorithm>
#include <iostream>

#include "cli/analyze_output.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

std::vector<std::string> chosen_agents(const TraceReader& trace, const po::variables_map& given) {
  if (given.count("agents") == 0) return trace.agents;
  std::vector<std::string> chosen;
  for (const std::string& label : given["agents"].as<std::vector<std::string>>()) {
    if (std::ranges::find(trace.agents, label) == trace.agents.end())
      throw ScenarioError("command line: --agents = " + label + ": no such agent in " + trace.path +
                          did_you_mean(label, trace.agents));
    if (std::ranges::find(chosen, label) == chosen.end()) chosen.push_back(label);
  }
  return chosen;
}

void add_notes(const TraceReader& trace, Analysis& all) {
  for (const AgentMetrics& agent : all.agents) {
    if (agent.epochs == agent.epochs_planned) continue;
    all.notes.push_back("PARTIAL: " + agent.label + ": " + std::to_string(agent.epochs) + " of " +
                        std::to_string(agent.epochs_planned) + " epochs are written, in " +
                        std::to_string(agent.replications.size()) + " of " + std::to_string(trace.n_replications) +
                        " replications; each is analysed as far as it goes");
  }
  if (std::ranges::any_of(all.agents, [](const AgentMetrics& agent) { return agent.replications.size() == 1; }))
    all.notes.push_back("one replication: no interval can be given, since epochs of one run depend on each other");
}

Analysis analyse(const TraceReader& trace, const po::variables_map& given) {
  Analysis all;
  const auto [begin, end] = epoch_range("--window", given["window"].as<std::string>(), trace.n_epochs);
  all.options.window = {begin, end};
  all.options.average_over = std::min(all.options.average_over, end - begin);
  if (given.count("average-over") > 0) all.options.average_over = given["average-over"].as<std::uint32_t>();
  if (all.options.average_over == 0 || all.options.average_over > end - begin)
    throw ScenarioError("command line: --average-over = " + std::to_string(all.options.average_over) +
                        ": out of range (expected 1 to the window's " + std::to_string(end - begin) + " epochs)");
  std::int64_t furthest = 0;
  for (const std::string& agent : chosen_agents(trace, given)) {
    furthest = std::max(furthest, std::ranges::max(trace.epochs_written(agent)));
    all.agents.push_back(agent_metrics(trace, agent, all.options));
  }
  if (furthest == 0) throw TraceError(trace.path + ": no epoch is written");
  if (furthest <= begin)
    throw TraceError(trace.path + ": nothing is written from epoch " + std::to_string(begin) +
                     " on (expected --window within 0:" + std::to_string(furthest) + ")");
  add_notes(trace, all);
  return all;
}

}  // namespace

int analyze(const Arguments& arguments, const Catalog&) {
  const std::string usage =
      "loopgate analyze TRACE [--window a:b] [--agents LABEL...] [--average-over W] [--format table|json|csv]";
  po::options_description options("options");
  options.add_options()("window", po::value<std::string>()->default_value(":"), "epochs a to b - 1 only")(
      "agents", po::value<std::vector<std::string>>()->multitoken(), "these only, by label; after TRACE")(
      "average-over", po::value<std::uint32_t>(),
      "epochs whose mean residual has to be <= 0 for a constraint to count as met: time to feasibility; 100, or the "
      "window if that is shorter")("format", po::value<std::string>()->default_value("table"), "table, json or csv");
  const auto given = parse(arguments, usage, options, {"trace"});
  if (given.count("help") > 0) return 0;
  if (given.count("trace") == 0) throw ScenarioError("command line: no trace named (expected " + usage + ")");
  const std::string format = given["format"].as<std::string>();
  if (format != "table" && format != "json" && format != "csv")
    throw ScenarioError("command line: --format = " + format + ": unknown format (expected table, json or csv)");
  const TraceReader trace(given["trace"].as<std::string>());
  const Analysis all = analyse(trace, given);
  if (format == "json") print_analysis_json(trace, all);
  else if (format == "csv") print_analysis_csv(all);
  else print_analysis_table(trace, all);
  return 0;
}

}  // namespace loopgate::cli
