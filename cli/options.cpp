#include "cli/options.hpp"

#include <algorithm>
#include <iostream>
#include <thread>

namespace po = boost::program_options;
namespace fs = std::filesystem;

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

unsigned thread_count(const po::variables_map& given) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const unsigned threads = given.count("threads") > 0 ? given["threads"].as<unsigned>() : cores;
  if (threads == 0 || threads > 1024) throw ScenarioError("command line: --threads: out of range (expected 1 to 1024)");
  return threads;
}

std::string output_problem(const fs::path& output, bool force) {
  const std::string named = "-o " + output.string() + ": ";
  if (!output.has_filename()) return named + "names no file (expected a file name)";
  const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
  if (!fs::is_directory(folder))
    return named + folder.string() + ": " + (fs::exists(folder) ? "is not a folder" : "no such folder") +
           " (expected an existing folder)";
  if (fs::is_directory(output)) return named + "is a folder (expected a file name)";
  if (fs::exists(output) && !force)
    return output.string() + ": exists already (expected a new name, or --force to replace it)";
  return {};
}

}  // namespace loopgate::cli
