#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
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

}  // namespace loopgate::cli
