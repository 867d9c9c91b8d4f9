#pragma once

#include <memory>

#include "core/model/population.hpp"
#include "core/scenario/data_files.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// Groups whose score laws are formulas, with P(success | score) by a common rule.
Description describe_parametric();
std::unique_ptr<Population> make_parametric(const Node& settings, const DataFiles& files, Diagnostics& diagnostics);

}  // namespace loopgate
