#pragma once

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// Most that a stage's `capacity` can be.
constexpr double most_accepted = 4294967295.0;

/// The mapping `route` of a scenario.
Schema route_schema(const Catalog& catalog);

/// Who is out there, and the score model that made the scenario's law; both null where a trace gave the law.
struct ScoredPopulation {
  const Population* population = nullptr;
  const ScoreModel* model = nullptr;
};

/// Turns the validated mapping `route` into scenario.route, and checks it as a graph. The scenario's law, costs and
/// problem must be there; problems go to diagnostics. root: of the scenario.
void resolve_route(const Node& root, const Catalog& catalog, ScoredPopulation people, Scenario& scenario,
                   Diagnostics& diagnostics);

/// What the decisions of n applicants and of their later applications will not exceed: certain, or with a probability
/// below 1e-20 where the bound by chance is the smaller one.
std::uint64_t most_decisions(const Route& route, std::uint64_t n, std::uint32_t n_epochs);

}  // namespace loopgate
