#pragma once

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// Whether the clock, the arrivals and the fidelity of a scenario go together; warns of epochs in which nobody can
/// come.
void check_clock(const Node& root, const Scenario& scenario, Diagnostics& diagnostics);

/// Whether what moves the groups' shares goes together with given groups.
void check_shares(const Node& root, const Scenario& scenario, Diagnostics& diagnostics);

}  // namespace loopgate
