#pragma once

#include <memory>

#include "core/model/score_model.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

Description describe_retrained();
std::unique_ptr<ScoreModel> make_retrained(const Node& settings, Diagnostics& diagnostics);

}  // namespace loopgate
