#include <iostream>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/picture.hpp"
#include "cli/scenario_options.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

int graph(const Arguments& arguments, const Catalog& catalog) {
  const std::string usage = "loopgate graph SCENARIO [--format dot|svg] [--set KEY.PATH=VALUE]...";
  auto options = scenario_options();
  options.add_options()("format", po::value<std::string>()->default_value("dot"),
                        "dot: for Graphviz; svg: a picture, to be looked at");
  const auto given = parse(arguments, usage, options, {"scenario"});
  if (given.count("help") > 0) return 0;
  const std::string path = scenario_path(given, usage);
  const bool dot = chosen(given, "format", {"dot", "svg"}) == 0;
  const Scenario scenario = load_scenario(path, overrides_of(given), catalog);
  print_warnings(scenario);
  const Picture picture = picture_of(scenario);
  std::cout << (dot ? dot_text(picture) : svg_text(picture));
  return 0;
}

}  // namespace loopgate::cli
