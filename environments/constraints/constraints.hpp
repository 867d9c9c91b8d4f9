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

/// True positive rates, false positive rates, both, or qualification rates may differ by at most a tolerance.
Description describe_equal_opportunity();
std::unique_ptr<Constraint> make_equal_opportunity(const Node& settings, const std::vector<std::string>& groups,
                                                   Diagnostics& diagnostics);
Description describe_false_positive_parity();
std::unique_ptr<Constraint> make_false_positive_parity(const Node& settings, const std::vector<std::string>& groups,
                                                       Diagnostics& diagnostics);
Description describe_equalised_odds();
std::unique_ptr<Constraint> make_equalised_odds(const Node& settings, const std::vector<std::string>& groups,
                                                Diagnostics& diagnostics);
Description describe_qualification_gap();
std::unique_ptr<Constraint> make_qualification_gap(const Node& settings, const std::vector<std::string>& groups,
                                                   Diagnostics& diagnostics);

/// The share of applicants who are accepted, of all or of some groups, stays below a ceiling.
Description describe_capacity();
std::unique_ptr<Constraint> make_capacity(const Node& settings, const std::vector<std::string>& groups,
                                          Diagnostics& diagnostics);

/// The share of all applicants who are accepted stays between a floor and a ceiling.
Description describe_service_rate();
std::unique_ptr<Constraint> make_service_rate(const Node& settings, const std::vector<std::string>& groups,
                                              Diagnostics& diagnostics);

}  // namespace loopgate
