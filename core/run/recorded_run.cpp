#include "core/run/recorded_run.hpp"

#include "core/error.hpp"
#include "core/run/states.hpp"

namespace loopgate {

Scenario recorded_scenario(const TraceReader& trace, const Catalog& catalog) {
  const RecordedPopulation population{trace.groups,        trace.shares(),        trace.types(),
                                      trace.score_range(), trace.arrival_times(), trace.arrival_groups(),
                                      trace.features()};
  return rebuild_scenario(trace.scenario_resolved, trace.path + ":/scenario_resolved", population, catalog);
}

Scenario required_scenario(const TraceReader& trace, const Catalog& catalog) {
  try {
    return recorded_scenario(trace, catalog);
  } catch (const ScenarioError& problem) {
    throw TraceError(problem.what());
  }
}

void set_recorded_state(const Scenario& scenario, std::span<const double> shares, std::span<const double> state,
                        Composition& composition) {
  set_states(scenario.states, state, composition);
  composition.set_shares(shares);
}

}  // namespace loopgate
