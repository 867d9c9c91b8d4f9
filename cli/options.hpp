#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace loopgate::cli {

/// Parses a verb's arguments: options, and positional ones by name in order, strings; a last one that is called
/// `name...` takes all that are left, as a vector under `name`. `--help` prints the usage and leaves `help` set.
/// ScenarioError on anything that does not fit.
boost::program_options::variables_map parse(const std::vector<std::string>& arguments, const std::string& usage,
                                            boost::program_options::options_description options,
                                            const std::vector<std::string>& positional);

/// What --threads says, by default the number of cores; ScenarioError outside 1 to 1024.
unsigned thread_count(const boost::program_options::variables_map& given);

/// Indices a:b of 0:most, as an option says it, as a pair (a, b), a < b; an end left out is the range's own. what:
/// "epochs" or the like. ScenarioError.
std::pair<std::uint32_t, std::uint32_t> index_range(const std::string& option, const std::string& what,
                                                    const std::string& text, std::uint32_t most);
/// The same of epochs.
std::pair<std::uint32_t, std::uint32_t> epoch_range(const std::string& option, const std::string& text,
                                                    std::uint32_t most);

std::string listed(const std::vector<std::string>& words);  ///< "table, json or csv"

/// The place of an option's word among the known ones, "--metric = gpa: unknown metric (did you mean `gap`?)" as
/// ScenarioError for another.
std::size_t chosen(const boost::program_options::variables_map& given, const std::string& option,
                   const std::vector<std::string>& known);

/// `--agents LABEL...`, which chosen_agents reads.
void add_agents_option(boost::program_options::options_description& options);

/// What --agents says, without repeats, in its order; by default all that are known. ScenarioError for an unknown one.
std::vector<std::string> chosen_agents(const boost::program_options::variables_map& given,
                                       const std::vector<std::string>& known);

/// Why a new file cannot be written to `output`, above all because that would lose an older one; empty: it can. input:
/// the file that is read, which is not replaced even with force.
std::string output_problem(const std::filesystem::path& output, bool force, const std::filesystem::path& input = {});

/// `--save`, `-o` and `--force`, which sidecar_path reads. what: is saved; name: the default.
void add_save_options(boost::program_options::options_description& options, const std::string& what,
                      const std::string& name);

/// A new file's name from that of the file it is made of: without folder, extension and `.partial`, plus the suffix.
std::string derived_name(const std::filesystem::path& input, const std::string& suffix);

/// Where --save writes: -o, or derived_name in the current folder; empty: nowhere. ScenarioError where it cannot.
std::string sidecar_path(const boost::program_options::variables_map& given, const std::filesystem::path& input,
                         const std::string& suffix);

}  // namespace loopgate::cli
