#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// Shares move towards base share x exp(gain x acceptance rate).
Description describe_acceptance_share();
std::unique_ptr<Dynamics> make_acceptance_share(const Node& settings, const ApplicantLaw& law,
                                                Diagnostics& diagnostics);

/// Shares move towards acceptance rate / sum of acceptance rates.
Description describe_acceptance_ratio();
std::unique_ptr<Dynamics> make_acceptance_ratio(const Node& settings, const ApplicantLaw& law,
                                                Diagnostics& diagnostics);

/// A score law's mean moves towards base + gain x acceptance rate.
Description describe_score_mean();
std::unique_ptr<Dynamics> make_score_mean(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics);

}  // namespace loopgate
