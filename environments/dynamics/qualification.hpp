#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// Who is qualified tomorrow depends on who is and on the decision (Zhang et al. 2020).
Description describe_qualification();
std::unique_ptr<Dynamics> make_qualification(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics);

}  // namespace loopgate
