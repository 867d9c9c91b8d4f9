#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate::cli {

// What the verbs that take a scenario share.

/// --set, --seed, --replications.
boost::program_options::options_description scenario_options();

/// Those options, as overrides.
std::vector<std::string> overrides_of(const boost::program_options::variables_map& given);

/// ScenarioError where none was named.
std::string scenario_path(const boost::program_options::variables_map& given, const std::string& usage);

/// The scenario's file and the data files that it was built from.
Files files_read(const std::filesystem::path& path, const Scenario& scenario);

/// What the scenario allows but hardly means, on stderr, a line each.
void print_warnings(const Scenario& scenario);

}  // namespace loopgate::cli
