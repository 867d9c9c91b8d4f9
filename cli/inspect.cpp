#include <iostream>

#include "analysis/epoch_piece.hpp"
#include "analysis/summary.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/table.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

int inspect(const Arguments& arguments, const Catalog&) {
  const std::string usage = "loopgate inspect TRACE [--format table|json|csv]";
  po::options_description options("options");
  options.add_options()("format", po::value<std::string>()->default_value("table"), "table, json or csv");
  const auto given = parse(arguments, usage, options, {"trace"});
  if (given.count("help") > 0) return 0;
  if (given.count("trace") == 0) throw ScenarioError("command line: no trace named (expected " + usage + ")");
  const std::string path = given["trace"].as<std::string>(), format = given["format"].as<std::string>();
  const TraceReader trace(path);
  const auto summaries = summarise(trace);
  std::vector<Table::Column> columns{{"agent", "agent", Table::Align::left},
                                     {"epochs", "epochs"},
                                     {"epochs_planned", "of"},
                                     {"mean_reward", "reward"},
                                     {"mean_reward_half_width", "+-95%"}};
  for (const std::string& group : trace.groups) columns.push_back({"acceptance:" + group, "accepted:" + group});
  for (const char* key : {"gap", "violation"}) columns.push_back({key, key});
  columns.push_back({"applicants_per_second", "applicants/s"});
  Table table(columns);
  for (const AgentSummary& one : summaries) {
    Table::Row& row = table.row();
    row.text(one.label).number(static_cast<double>(one.epochs), 0).number(static_cast<double>(one.epochs_planned), 0);
    row.number(one.mean_reward, 5).number(one.reward_half_width, 5);
    for (const double rate : one.acceptance) row.number(rate, 4);
    row.number(one.gap, 4).number(one.violation, 5).number(one.applicants_per_second, 0);
  }
  if (format == "table") {
    std::cout << "scenario " << trace.scenario_name << ", seed " << trace.seed << ", " << trace.n_replications
              << " replications x " << trace.n_epochs << " epochs, "
              << (trace.complete ? "complete" : "PARTIAL: not all epochs are written") << "\n\n";
  }
  table.print(format);
  if (format == "table")
    std::cout << "\nreward: utility per applicant, mean over replications with a 95 % t interval"
              << (trace.n_replications < 2 ? " (one replication: no interval)" : "")
              << "; gap: largest minus smallest acceptance;\n"
              << "violation: mean per epoch of the worst " << judged_basis(trace)
              << " residual above 0; `-`: undefined\n";
  return 0;
}

}  // namespace loopgate::cli
