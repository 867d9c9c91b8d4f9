#pragma once

#include <cstdint>
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

/// The numbers of one stage of a route that interventions can change.
struct StageValues {
  std::vector<double> threshold;  ///< [n_groups] in units of the stage's scores; empty where an agent decides
  std::uint32_t capacity = 0;     ///< most that are accepted in an epoch; 0: no limit
  double cost = 0.0;              ///< of each decision, in the unit of utility, >= 0
};

/// The numbers that rule an epoch, as they are now in one replication. Components hold none of them, so that all
/// threads can share a component.
struct ParameterValues {
  Utility utility;
  double lost = 0.0;                             ///< probability that an outcome is never known [0, 1)
  std::vector<double> arrivals;                  ///< in the order of their parameters()
  std::vector<std::vector<double>> constraints;  ///< of each constraint, in the order of its parameters()
  std::vector<std::vector<double>> dynamics;     ///< of each rule, the same
  std::vector<StageValues> stages;               ///< of each stage, in the order of the route
};

}  // namespace loopgate
