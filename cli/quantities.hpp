#pragma once

#include <string>
#include <vector>

#include "core/scenario/scenario.hpp"

namespace loopgate::cli {

// Quantities as people read them.

std::string duration_text(double seconds);  ///< "under 0.1 s", "4.2 s", "42 s", "3 min 20 s", "2 h 05 min", "3 d 4 h"
std::string count_text(double count);       ///< rounded, in groups of three: "1,234,567"
std::string counted(std::size_t n, const std::string& noun);    ///< "1 agent", "3 agents"
std::string enumerated(const std::vector<std::string>& items);  ///< "a", "a and b", "a, b and c"
std::string bytes_text(double bytes);                           ///< in powers of 1000: "812 bytes", "62.6 MB"

/// "3 agents x 20 replications x 5000 epochs".
std::string extent(const Scenario& scenario);

}  // namespace loopgate::cli
