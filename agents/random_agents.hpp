#pragma once

#include <memory>

#include "core/model/agent.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

// Agents that draw their threshold, and the one that never changes it.

Description describe_epsilon_greedy();
std::unique_ptr<AgentFactory> make_epsilon_greedy(const Node& settings, const Problem& problem,
                                                  Diagnostics& diagnostics);
Description describe_thompson();
std::unique_ptr<AgentFactory> make_thompson(const Node& settings, const Problem& problem, Diagnostics& diagnostics);
Description describe_random();
std::unique_ptr<AgentFactory> make_random(const Node& settings, const Problem& problem, Diagnostics& diagnostics);
Description describe_fixed();
std::unique_ptr<AgentFactory> make_fixed(const Node& settings, const Problem& problem, Diagnostics& diagnostics);

}  // namespace loopgate
