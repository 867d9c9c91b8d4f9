#pragma once

#include <memory>

#include "core/model/population.hpp"
#include "core/scenario/data_files.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// Bins of a published score: in each group their masses and probabilities of success, inline or from a file.
Description describe_score_table();
std::unique_ptr<Population> make_score_table(const Node& settings, const DataFiles& files, Diagnostics& diagnostics);

}  // namespace loopgate
