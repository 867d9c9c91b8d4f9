#pragma once

#include <memory>

#include "core/model/arrivals.hpp"
#include "core/scenario/data_files.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// Arrivals at the times of a file.
Description describe_times();
std::unique_ptr<Arrivals> make_times(const Node& settings, const DataFiles& files,
                                     const std::vector<std::string>& groups, Diagnostics& diagnostics);

/// Arrivals at given times [n], not decreasing, of given groups [n] or, where these are empty, of random ones.
std::unique_ptr<Arrivals> arrivals_at(std::vector<Time> times, std::vector<std::uint32_t> groups);

}  // namespace loopgate
