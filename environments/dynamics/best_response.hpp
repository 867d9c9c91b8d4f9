#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// People near below the threshold pay to reach it.
Description describe_best_response();
std::unique_ptr<Dynamics> make_best_response(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics);

}  // namespace loopgate
