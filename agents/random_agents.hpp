#pragma once

#include "core/scenario/catalog.hpp"

namespace loopgate {

/// Agents that draw their threshold, and the one that never changes it.
void register_random_agents(Catalog& catalog);

}  // namespace loopgate
