#pragma once

#include <span>

#include "core/scenario/scenario.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate {

/// The scenario of a trace, built from what the trace itself keeps, so that no data file is needed. ScenarioError
/// where this program cannot build it, as with a component it does not know.
Scenario recorded_scenario(const TraceReader& trace, const Catalog& catalog);

/// The same where nothing can be done without it: TraceError.
Scenario required_scenario(const TraceReader& trace, const Catalog& catalog);

/// Puts a composition to a state that a trace holds: shares [n_groups], state [n_states] as scenario.states names it.
void set_recorded_state(const Scenario& scenario, std::span<const double> shares, std::span<const double> state,
                        Composition& composition);

}  // namespace loopgate
