#include <iostream>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/quantities.hpp"
#include "cli/scenario_options.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate::cli {

int validate_scenario(const Arguments& arguments, const Catalog& catalog) {
  const std::string usage = "loopgate validate SCENARIO [--set KEY.PATH=VALUE]... [--seed N] [--replications N]";
  const auto given = parse(arguments, usage, scenario_options(), {"scenario"});
  if (given.count("help") > 0) return 0;
  const std::string path = scenario_path(given, usage);
  const Scenario scenario = load_scenario(path, overrides_of(given), catalog);
  print_warnings(scenario);
  std::cout << path << ": valid: " << extent(scenario) << '\n';
  return 0;
}

}  // namespace loopgate::cli
