#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// Places that get attention have fewer incidents, others more (ml-fairness-gym).
Description describe_attention_allocation();
std::unique_ptr<Dynamics> make_attention_allocation(const Node& settings, const ApplicantLaw& law,
                                                    Diagnostics& diagnostics);

}  // namespace loopgate
