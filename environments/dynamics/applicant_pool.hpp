#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// One group's share of the applicants follows its share of the admitted (Puranik, Madhow & Pedarsani 2022).
Description describe_applicant_pool();
std::unique_ptr<Dynamics> make_applicant_pool(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics);

}  // namespace loopgate
