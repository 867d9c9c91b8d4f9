#include "cli/output.hpp"

#include <utility>

#include "core/error.hpp"

namespace po = boost::program_options;
namespace fs = std::filesystem;

namespace loopgate::cli {

namespace {

void refuse(const std::string& problem) {
  if (!problem.empty()) throw ScenarioError(problem);
}

/// False for names that the system does not take, too.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Of an unfinished file that other runs of the verb do not go on with.
std::string leftover_problem(const fs::path& output, bool force) {
  const std::string partial = output.string() + ".partial";
  if (force || !is_there(partial)) return {};
  return partial + ": an unfinished file is there (expected another name, or --force to replace it)";
}

}  // namespace

std::string output_problem(const fs::path& output, bool force, const Files& inputs) {
  const std::string named = "-o " + output.string() + ": ";
  if (!output.has_filename()) return named + "names no file (expected a file name)";
  const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
  if (!fs::is_directory(folder))
    return named + folder.string() + ": " + (fs::exists(folder) ? "is not a folder" : "no such folder") +
           " (expected an existing folder)";
  std::error_code ignored;
  if (fs::is_directory(output, ignored)) return named + "is a folder (expected a file name)";
  for (const char* suffix : {"", ".partial", ".partial.new"})  // the names that the file has until it is whole
    for (const fs::path& input : inputs) {
      if (fs::equivalent(output.string() + suffix, input, ignored))
        return named + (*suffix == '\0' ? "" : "is called " + output.string() + suffix + " until it is whole, which ") +
               "is the file that is read (expected another name)";
    }
  if (output.extension() == ".partial")
    return named + "is what an unfinished file is called (expected a name without .partial)";
  if (is_there(output) && !force)
    return output.string() + ": exists already (expected a new name, or --force to replace it)";
  return {};
}

Output::Output(fs::path path, const std::function<std::string()>& problem)
    : path_(std::move(path)), lock_(path_.string()) {
  refuse(problem());
  lock_.require();
}

Output::Output(const fs::path& path, bool force, const Files& inputs)
    : Output(path, [&] {
        const std::string problem = output_problem(path, force, inputs);
        return problem.empty() ? leftover_problem(path, force) : problem;
      }) {}

void add_save_options(po::options_description& options, const std::string& what, const std::string& name) {
  options.add_options()("save", po::bool_switch(), ("write " + what + " to a file").c_str())(
      "output,o", po::value<std::string>(), ("that file; default: " + name + ", in the current folder").c_str())(
      "force", po::bool_switch(), "of --save: replace an existing file");
}

std::string derived_name(const fs::path& input, const std::string& suffix) {
  const fs::path whole = input.extension() == ".partial" ? input.stem() : input;
  return whole.stem().string() + suffix;
}

std::optional<Output> saved_output(const po::variables_map& given, const Files& inputs, const std::string& suffix) {
  const bool force = given["force"].as<bool>(), named = given.count("output") > 0;
  if (!given["save"].as<bool>()) {
    if (named || force)
      throw ScenarioError(std::string("command line: ") + (named ? "-o" : "--force") + ": is for --save only");
    return std::nullopt;
  }
  return Output(named ? given["output"].as<std::string>() : derived_name(inputs.front(), suffix), force, inputs);
}

}  // namespace loopgate::cli
