#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/output_lock.hpp"

namespace loopgate::cli {

using Files = std::vector<std::filesystem::path>;

/// Why a new file cannot be written to `output`, above all because that would lose an older one; empty: it can. inputs:
/// the files that are read, none of which is replaced, by whatever name or link, even with force.
std::string output_problem(const std::filesystem::path& output, bool force, const Files& inputs);

/// The file that a verb makes. While this lives, `NAME.partial.lock` keeps other processes from making the same file; a
/// lock that a killed process left behind keeps nobody.
class Output {
 public:
  /// problem: why it cannot be written, asked once no other process can change that. ScenarioError where there is one
  /// or another process writes the file; TraceError where the lock cannot be made.
  Output(std::filesystem::path path, const std::function<std::string()>& problem);
  /// Where output_problem tells none, and no unfinished file of that name is there, or force.
  Output(const std::filesystem::path& path, bool force, const Files& inputs);

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
  OutputLock lock_;
};

/// `--save`, `-o` and `--force`, which saved_output reads. what: is saved; name: the default.
void add_save_options(boost::program_options::options_description& options, const std::string& what,
                      const std::string& name);

/// A new file's name from that of the file it is made of: without folder, extension and `.partial`, plus the suffix.
std::string derived_name(const std::filesystem::path& input, const std::string& suffix);

/// What --save makes: -o, or derived_name of the first input in the current folder; nothing without --save.
/// ScenarioError where it cannot.
std::optional<Output> saved_output(const boost::program_options::variables_map& given, const Files& inputs,
                                   const std::string& suffix);

}  // namespace loopgate::cli
