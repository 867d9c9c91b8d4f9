#pragma once

#include <vector>

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// One replication of a scenario's first agent.
struct StatePath {
  std::vector<std::vector<double>> state, arrived;  ///< [n_epochs] of [n_states], [n_groups]
  double gain = 0.0;                                ///< sum of the epochs' rewards
};

StatePath state_path(const Scenario& scenario, std::uint32_t replication = 0);

}  // namespace loopgate
