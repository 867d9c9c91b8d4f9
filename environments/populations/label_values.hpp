#pragma once

#include <cstdint>
#include <vector>

#include "core/scenario/diagnostics.hpp"
#include "core/scenario/schema.hpp"
#include "environments/populations/table.hpp"

namespace loopgate {

/// The mapping `label` of a population of rows: column, success and failure.
Schema label_schema();

/// [kept rows] 1: a success, 0: a failure. Values are compared as numbers where both are numbers, else as text. What is
/// declared must stand somewhere in the column. Without `failure` the one other value of the kept rows is the failure;
/// more of them, or any beside a declared `failure`, are a problem that lists the values found. label: validated.
/// column: of the label; its cells in the rows kept, [n_rows], are not missing.
std::vector<std::uint8_t> label_successes(const Node& label, const Table::Column& column, const std::vector<bool>& keep,
                                          Diagnostics& diagnostics);

}  // namespace loopgate
