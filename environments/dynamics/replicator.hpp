#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// People imitate those whom their choice to qualify serves better (Raab & Liu 2021).
Description describe_replicator();
std::unique_ptr<Dynamics> make_replicator(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics);

}  // namespace loopgate
