#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// A group's people stay the less the worse it is served (Hashimoto et al. 2018, Zhang et al. 2019).
Description describe_retention();
std::unique_ptr<Dynamics> make_retention(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics);

}  // namespace loopgate
