#include "core/run/replay.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "core/run/individual_draw.hpp"

namespace loopgate {

namespace {

constexpr std::uint32_t piece = 4096;  // epochs held at once

Scenario rebuild(const TraceReader& trace, const Catalog& catalog) {
  if (trace.program_version != LOOPGATE_VERSION)
    throw TraceError(trace.path + ": the trace was written by loopgate " + trace.program_version +
                     ", whose applicants this program (" LOOPGATE_VERSION ") cannot promise to draw again");
  RecordedPopulation population{trace.groups, {}, trace.types(), trace.score_range()};
  for (const std::string& agent : trace.agents) {
    const auto written = trace.epochs_written(agent);
    const auto some = std::ranges::find_if(written, [](std::int64_t n) { return n > 0; });
    if (some == written.end()) continue;
    population.shares = trace.read(agent, "composition", static_cast<std::uint32_t>(some - written.begin()), 0, 1);
    break;
  }
  if (population.shares.empty()) throw TraceError(trace.path + ": the trace holds no epoch");
  Scenario scenario =
      rebuild_scenario(trace.scenario_resolved, trace.path + ":/scenario_resolved", population, catalog);
  if (scenario.fidelity != Fidelity::individuals)
    throw TraceError(trace.path +
                     ": the trace is of a fidelity that draws no applicants (expected fidelity: individuals)");
  return scenario;
}

/// Some epochs of one replication, as the trace keeps them.
struct Epochs {
  std::uint32_t first;
  std::vector<double> composition, state, threshold, arrived, reward, residual;
};

}  // namespace

Replay::Replay(const TraceReader& trace, const Catalog& catalog) : trace_(trace), scenario_(rebuild(trace, catalog)) {}

void Replay::rows(std::size_t agent, std::uint32_t replication, std::uint32_t begin, std::uint32_t end, RowSink& rows,
                  std::mutex& library) const {
  const std::string& label = scenario_.agents.at(agent).label;
  const std::size_t n_groups = trace_.groups.size(), n_residuals = trace_.constraints.size(),
                    n_states = trace_.states.size();
  const auto laws =
      std::ranges::any_of(scenario_.states, [](const StateEntry& e) { return e.kind == StateEntry::Kind::score_mean; })
          ? IndividualDraw::Laws::moving
          : IndividualDraw::Laws::fixed;
  LawAnswers answers(*scenario_.law);
  IndividualDraw draw(answers, scenario_.seed, static_cast<Replication>(replication), laws, &rows);
  const auto player = scenario_.agents[agent].factory->make(scenario_.problem);
  Rng player_rng(scenario_.seed, static_cast<Replication>(replication), Stream::agent(label));
  const bool randomised = player->randomised();
  AcceptPropensity propensity;
  std::vector<double> chosen(n_groups), arms, probability;
  Composition now = scenario_.law->start();
  Counts counts(n_groups);
  for (std::uint32_t first = randomised ? 0 : begin; first < end; first += piece) {
    const std::uint32_t last = std::min(end, first + piece);
    Epochs epochs{first, {}, {}, {}, {}, {}, {}};
    {
      const std::scoped_lock lock(library);
      const auto read = [&](const char* name) { return trace_.read(label, name, replication, first, last); };
      epochs.composition = read("composition");
      epochs.threshold = read("threshold");
      epochs.arrived = read("arrived");
      if (n_states > 0) epochs.state = read("state");
      if (randomised) epochs.reward = read("reward");
      if (randomised && n_residuals > 0) epochs.residual = read("residual");
    }
    for (std::uint32_t t = first; t < last; ++t) {
      const std::size_t i = t - first;
      const std::span<const double> threshold = std::span(epochs.threshold).subspan(i * n_groups, n_groups);
      if (randomised) {
        player_rng.begin_epoch(t);
        player->choose({t, static_cast<Time>(t)}, player_rng, chosen);
        if (!std::ranges::equal(chosen, threshold))
          throw TraceError(
              "agent " + label + ", replication " + std::to_string(replication) + ", epoch " + std::to_string(t) +
              ": chooses another threshold than in the trace, so it was written on another kind of machine");
        if (t >= begin) {
          player->choice_law(arms, probability);
          propensity.set(arms, probability);
        }
        player->learn({t,
                       static_cast<Time>(t),
                       static_cast<Time>(t),
                       threshold,
                       epochs.reward[i],
                       std::span(epochs.residual).subspan(i * n_residuals, n_residuals),
                       {},
                       {},
                       {},
                       {}});
      }
      if (t < begin) continue;
      now.set_shares(std::span(epochs.composition).subspan(i * n_groups, n_groups));
      for (std::size_t s = 0; s < n_states; ++s)
        if (scenario_.states[s].kind == StateEntry::Kind::score_mean)
          now.set_score_mean(scenario_.states[s].group, epochs.state[i * n_states + s]);
      const auto came = std::span(epochs.arrived).subspan(i * n_groups, n_groups);
      rows.begin_epoch(randomised ? &propensity : nullptr);
      draw.tally(now, threshold, t, std::accumulate(came.begin(), came.end(), 0.0), counts);
    }
  }
}

}  // namespace loopgate
