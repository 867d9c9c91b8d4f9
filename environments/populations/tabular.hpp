#pragma once

#include <memory>

#include "core/model/population.hpp"
#include "core/scenario/data_files.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// The rows of a CSV or ARFF file, resampled within group.
Description describe_tabular();
std::unique_ptr<Population> make_tabular(const Node& settings, const DataFiles& files, Diagnostics& diagnostics);

}  // namespace loopgate
