#pragma once

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// The mapping `route` of a scenario.
Schema route_schema(const Catalog& catalog);

/// Turns the validated mapping `route` into scenario.route, and checks it as a graph. The scenario's law, costs and
/// problem must be there; problems go to diagnostics. root: of the scenario.
void resolve_route(const Node& root, const Catalog& catalog, Scenario& scenario, Diagnostics& diagnostics);

}  // namespace loopgate
