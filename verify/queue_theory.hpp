#pragma once

#include <cstdint>

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// P(wait > 0) in M/M/c with `servers` c and `load` = arrival rate x mean service < c (Erlang 1917; Kleinrock 1975,
/// Queueing Systems 1, chapter 3), by the recursion of Erlang B.
double erlang_c(double load, int servers);

/// Share of customers who abandon M/M/c + M, Erlang A: arrivals and patience at these rates, a service at rate 1. From
/// the balance equations of the number in the system (Gans, Koole & Mandelbaum 2003, doi:10.1287/msom.5.2.79.16071).
double erlang_a_abandoned(double arrivals, int servers, double impatience);

/// What one replication says of its route's first stage from a decision epoch on.
struct StageUse {
  double decided = 0.0, left = 0.0;  ///< applicants
  double waited = 0.0;               ///< of those decided who waited; exact where no two of a group are decided at once
  double wait = 0.0;                 ///< sum over those decided, in time units
};
StageUse stage_use(const Scenario& scenario, std::uint32_t replication, std::uint32_t from_epoch);

}  // namespace loopgate
