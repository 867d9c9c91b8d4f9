#include "core/run/recorded_run.hpp"

#include "core/error.hpp"

namespace loopgate {

Scenario recorded_scenario(const TraceReader& trace, const Catalog& catalog) {
  const RecordedPopulation population{trace.groups,        trace.shares(),        trace.types(),
                                      trace.score_range(), trace.arrival_times(), trace.arrival_groups(),
                                      trace.features()};
  return rebuild_scenario(trace.scenario_resolved, trace.path + ":/scenario_resolved", population, catalog);
}

void set_recorded_state(const Scenario& scenario, std::span<const double> shares, std::span<const double> state,
                        Composition& composition) {
  composition.set_shares(shares);
  for (std::size_t s = 0; s < scenario.states.size(); ++s) {
    const auto& [kind, group] = scenario.states[s];
    if (kind == StateEntry::Kind::score_mean) composition.set_score_mean(group, state[s]);
    if (kind == StateEntry::Kind::score_shift) composition.set_score_shift(group, state[s]);
    if (kind == StateEntry::Kind::success_shift) composition.set_success_shift(group, state[s]);
  }
}

}  // namespace loopgate
