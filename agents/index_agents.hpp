#pragma once

#include "core/scenario/catalog.hpp"

namespace loopgate {

/// Agents that play the arm of the best index, built from arm statistics, a confidence radius and a selector.
void register_index_agents(Catalog& catalog);

}  // namespace loopgate
