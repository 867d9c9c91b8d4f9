#pragma once

#include "core/scenario/catalog.hpp"

namespace loopgate {

/// Adds every population, score model, arrival process, dynamics rule and constraint of this folder.
void register_environments(Catalog& catalog);

}  // namespace loopgate
