#pragma once

#include <memory>

#include "core/model/arrivals.hpp"
#include "core/scenario/data_files.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// A Poisson process: a constant, seasonal or piecewise constant rate.
Description describe_poisson_process();
std::unique_ptr<Arrivals> make_poisson_process(const Node& settings, const DataFiles&,
                                               const std::vector<std::string>& groups, Diagnostics& diagnostics);

}  // namespace loopgate
