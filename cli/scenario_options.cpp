#include "cli/scenario_options.hpp"

#include <iostream>

#include "core/error.hpp"
#include "core/scenario/data_files.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

po::options_description scenario_options() {
  po::options_description options("options");
  options.add_options()("set", po::value<std::vector<std::string>>()->composing(),
                        "KEY.PATH=VALUE: overrides a key of the scenario; may be repeated")(
      "seed", po::value<std::string>(), "the same as --set seed=N")("replications", po::value<std::string>(),
                                                                    "the same as --set replications=N");
  return options;
}

std::vector<std::string> overrides_of(const po::variables_map& given) {
  std::vector<std::string> all;
  if (given.count("set") > 0) all = given["set"].as<std::vector<std::string>>();
  for (const char* key : {"seed", "replications"})
    if (given.count(key) > 0) all.push_back(std::string(key) + "=" + given[key].as<std::string>());
  return all;
}

std::string scenario_path(const po::variables_map& given, const std::string& usage) {
  if (given.count("scenario") == 0) throw ScenarioError("command line: no scenario named (expected " + usage + ")");
  return given["scenario"].as<std::string>();
}

Files files_read(const std::filesystem::path& path, const Scenario& scenario) {
  Files all{path};
  const DataFiles data = DataFiles::from_environment(path.parent_path());
  for (const InputFile& input : scenario.inputs)
    if (const auto found = data.find(input.path)) all.push_back(*found);
  return all;
}

void print_warnings(const Scenario& scenario) {
  for (const std::string& one : scenario.warnings) std::cerr << "warning: " << one << '\n';
}

}  // namespace loopgate::cli
