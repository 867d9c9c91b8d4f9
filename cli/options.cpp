#include "cli/options.hpp"

#include <iostream>

namespace po = boost::program_options;

namespace loopgate::cli {

po::variables_map parse(const std::vector<std::string>& arguments, const std::string& usage,
                        po::options_description options, const std::vector<std::string>& positional) {
  options.add_options()("help,h", "print this help");
  po::options_description all;
  all.add(options);
  po::positional_options_description places;
  for (const std::string& name : positional) {
    all.add_options()(name.c_str(), po::value<std::string>());
    places.add(name.c_str(), 1);
  }
  po::variables_map given;
  try {
    po::store(po::command_line_parser(arguments).options(all).positional(places).run(), given);
    po::notify(given);
  } catch (const po::error& problem) {
    throw ScenarioError(std::string("command line: ") + problem.what() + " (expected " + usage + ")");
  }
  if (given.count("help") > 0) std::cout << "usage: " << usage << "\n" << options;
  return given;
}

}  // namespace loopgate::cli
