#pragma once

#include <memory>

#include "core/model/agent.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

// Agents that play the arm of the best index, built from arm statistics, a confidence radius and a selector.

Description describe_ofs();
std::unique_ptr<AgentFactory> make_ofs(const Node& settings, const Problem& problem, Diagnostics& diagnostics);
Description describe_ucb1();
std::unique_ptr<AgentFactory> make_ucb1(const Node& settings, const Problem& problem, Diagnostics& diagnostics);
Description describe_primal_dual();
std::unique_ptr<AgentFactory> make_primal_dual(const Node& settings, const Problem& problem, Diagnostics& diagnostics);
Description describe_penalty_ucb();
std::unique_ptr<AgentFactory> make_penalty_ucb(const Node& settings, const Problem& problem, Diagnostics& diagnostics);

}  // namespace loopgate
