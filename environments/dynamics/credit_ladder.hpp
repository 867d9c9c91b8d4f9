#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// The accepted move up the scores when they succeed and down when they fail (Liu et al. 2018; ml-fairness-gym).
Description describe_credit_ladder();
std::unique_ptr<Dynamics> make_credit_ladder(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics);

}  // namespace loopgate
