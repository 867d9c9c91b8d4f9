#pragma once

#include "core/scenario/catalog.hpp"

namespace loopgate {

/// Agents that decide each group by a rule of its own: an oracle that knows the law and a learner that estimates it.
void register_group_agents(Catalog& catalog);

}  // namespace loopgate
