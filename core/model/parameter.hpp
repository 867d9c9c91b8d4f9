#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/utility.hpp"
#include "core/types.hpp"

namespace loopgate {

/// A number of a component that interventions can change.
struct Parameter {
  std::string name;              ///< the scenario's key
  Interval range;                ///< of the values it may take
  double value;                  ///< as the scenario says it
  std::optional<GroupId> group;  ///< of a key that has a value for each group
};

/// The numbers that rule an epoch, as they are now in one replication. Components hold none of them, so that all
/// threads can share a component.
struct ParameterValues {
  Utility utility;
  double lost = 0.0;                             ///< probability that an outcome is never known [0, 1)
  std::vector<double> arrivals;                  ///< in the order of their parameters()
  std::vector<std::vector<double>> constraints;  ///< of each constraint, in the order of its parameters()
  std::vector<std::vector<double>> dynamics;     ///< of each rule, the same
};

}  // namespace loopgate
