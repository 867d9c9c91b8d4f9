#pragma once

#include <memory>

#include "core/model/arrivals.hpp"
#include "core/scenario/data_files.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// The same number of applicants in every epoch.
Description describe_batch();
std::unique_ptr<Arrivals> make_batch(const Node& settings, const DataFiles&, const std::vector<std::string>& groups,
                                     Diagnostics& diagnostics);

/// A Poisson number of applicants in every epoch.
Description describe_poisson();
std::unique_ptr<Arrivals> make_poisson(const Node& settings, const DataFiles&, const std::vector<std::string>& groups,
                                       Diagnostics& diagnostics);

}  // namespace loopgate
