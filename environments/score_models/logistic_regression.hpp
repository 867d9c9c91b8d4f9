#pragma once

#include <memory>

#include "core/model/score_model.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

Description describe_logistic_regression();
std::unique_ptr<ScoreModel> make_logistic_regression(const Node& settings, Diagnostics& diagnostics);

}  // namespace loopgate
