#include "agents/register_agents.hpp"

#include "agents/index_agents.hpp"
#include "agents/random_agents.hpp"

namespace loopgate {

void register_agents(Catalog& catalog) {
  catalog.agents.add(describe_ofs(), make_ofs);
  catalog.agents.add(describe_ucb1(), make_ucb1);
  catalog.agents.add(describe_primal_dual(), make_primal_dual);
  catalog.agents.add(describe_penalty_ucb(), make_penalty_ucb);
  catalog.agents.add(describe_epsilon_greedy(), make_epsilon_greedy);
  catalog.agents.add(describe_thompson(), make_thompson);
  catalog.agents.add(describe_random(), make_random);
  catalog.agents.add(describe_fixed(), make_fixed);
}

}  // namespace loopgate
