#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/scenario/diagnostics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// A number for all groups, or a mapping from every group's name to its own.
Schema group_values_schema();

/// [n_groups] what such a value says. A group that is unknown or left out goes to diagnostics, which call the value by
/// `what`, as in "no threshold for group".
std::vector<double> group_values(const Node& given, const std::vector<std::string>& groups, std::string_view what,
                                 Diagnostics& diagnostics);

}  // namespace loopgate
