#pragma once

#include <filesystem>
#include <string>

#include "core/scenario/scenario.hpp"

namespace loopgate::cli {

/// What `run` was asked to do with a scenario.
struct RunRequest {
  std::filesystem::path scenario;
  std::filesystem::path output;
  bool resume = false;
  unsigned threads = 1;
  std::string problem;  ///< why `run` would refuse the output; empty: it would not
};

/// Prints what a run would do, how large its trace would be and about how long it would take. Takes a few tenths of a
/// second, or two epochs where those take longer, and writes nothing. format: table or json.
void print_plan(const Scenario& scenario, const RunRequest& request, const std::string& format);

}  // namespace loopgate::cli
