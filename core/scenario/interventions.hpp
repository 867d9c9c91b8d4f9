#pragma once

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// The list `interventions` of a scenario.
Schema interventions_schema();

/// Turns the validated list into scenario.changes, in the order in which they happen; at one time, ends come before
/// starts. Everything else of the scenario must be built without a problem. Adds what becomes movable to
/// scenario.states. Problems and warnings go to diagnostics. root: of the scenario.
void resolve_interventions(const Node& root, Scenario& scenario, Diagnostics& diagnostics);

}  // namespace loopgate
