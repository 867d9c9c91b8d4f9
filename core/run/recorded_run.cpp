#include "core/run/recorded_run.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace loopgate {

Scenario recorded_scenario(const TraceReader& trace, const Catalog& catalog) {
  RecordedPopulation population{trace.groups, {}, trace.types(), trace.score_range()};
  for (const std::string& agent : trace.agents) {
    const auto written = trace.epochs_written(agent);
    const auto some = std::ranges::find_if(written, [](std::int64_t n) { return n > 0; });
    if (some == written.end()) continue;
    population.shares = trace.read(agent, "composition", static_cast<std::uint32_t>(some - written.begin()), 0, 1);
    break;
  }
  if (population.shares.empty()) throw TraceError(trace.path + ": the trace holds no epoch");
  return rebuild_scenario(trace.scenario_resolved, trace.path + ":/scenario_resolved", population, catalog);
}

void set_recorded_state(const Scenario& scenario, std::span<const double> shares, std::span<const double> state,
                        Composition& composition) {
  composition.set_shares(shares);
  for (std::size_t s = 0; s < scenario.states.size(); ++s)
    if (scenario.states[s].kind == StateEntry::Kind::score_mean)
      composition.set_score_mean(scenario.states[s].group, state[s]);
}

}  // namespace loopgate
