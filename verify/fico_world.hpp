#pragma once

#include <string>

#include "core/scenario/data_files.hpp"

namespace loopgate {

inline constexpr const char* fico_cdf_file = "fico/transrisk_cdf_by_race_ssa.csv";
inline constexpr const char* fico_performance_file = "fico/transrisk_performance_by_race_ssa.csv";

/// A scenario with the groups A (Black) and B (non-Hispanic White) of the FICO tables, their shares 0.12067 and
/// 0.87933, and setting 1: +1 for a loan repaid, -4 for a default. ScenarioError where a file is malformed.
std::string fico_world(const DataFiles& files, const std::string& dynamics, const std::string& constraints);

}  // namespace loopgate
