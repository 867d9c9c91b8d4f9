#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// Score laws follow the deployed threshold or model (Perdomo et al. 2020).
Description describe_performative_shift();
std::unique_ptr<Dynamics> make_performative_shift(const Node& settings, const ApplicantLaw& law,
                                                  Diagnostics& diagnostics);

}  // namespace loopgate
