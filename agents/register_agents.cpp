#include "agents/register_agents.hpp"

#include "agents/active_accept.hpp"
#include "agents/group_agents.hpp"
#include "agents/index_agents.hpp"
#include "agents/random_agents.hpp"

namespace loopgate {

void register_agents(Catalog& catalog) {
  register_index_agents(catalog);
  register_random_agents(catalog);
  register_active_accept(catalog);
  register_group_agents(catalog);
}

}  // namespace loopgate
