#pragma once

#include "core/scenario/catalog.hpp"

namespace loopgate {

/// Adds every agent of this folder.
void register_agents(Catalog& catalog);

}  // namespace loopgate
