#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model/constraint.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// The groups' selection rates may differ by at most a tolerance.
Description describe_demographic_parity();
std::unique_ptr<Constraint> make_demographic_parity(const Node& settings, const std::vector<std::string>& groups,
                                                    Diagnostics& diagnostics);

/// The share of all applicants who are accepted stays between a floor and a ceiling.
Description describe_service_rate();
std::unique_ptr<Constraint> make_service_rate(const Node& settings, const std::vector<std::string>& groups,
                                              Diagnostics& diagnostics);

}  // namespace loopgate
