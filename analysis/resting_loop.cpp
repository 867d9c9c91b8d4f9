#include "analysis/resting_loop.hpp"

#include <cmath>

#include "analysis/loop_dynamics.hpp"
#include "analysis/mean_field.hpp"
#include "analysis/metric_rows.hpp"

namespace loopgate {

namespace {

constexpr unsigned most_epochs_of_one = 1000;  ///< of a single replication: it starts near its rest

RestingPlace mean_of(const std::vector<RestingPlace>& places) {
  RestingPlace mean = places[0];
  for (std::size_t i = 1; i < places.size(); ++i) {
    const double part = 1.0 / static_cast<double>(i + 1);
    for (std::size_t g = 0; g < mean.threshold.size(); ++g)
      mean.threshold[g] += part * (places[i].threshold[g] - mean.threshold[g]);
    for (std::size_t s = 0; s < mean.state.size(); ++s) mean.state[s] += part * (places[i].state[s] - mean.state[s]);
  }
  return mean;
}

double distance(std::span<const double> a, std::span<const double> b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::fmax(largest, std::abs(a[i] - b[i]));
  return largest;
}

/// Factor by which two runs of the mean field come nearer in an epoch, until they are a millionth of the first distance
/// apart. NaN where they start together.
double coupled(MeanFieldMap& map, std::span<const double> threshold, std::vector<double> a, std::vector<double> b) {
  constexpr double together = 1e-9, part_left = 1e-6;
  constexpr std::size_t most_epochs = 2000;
  std::vector<double> apart{distance(a, b)};
  if (apart[0] < together) return undefined;
  while (apart.back() > part_left * apart[0] && apart.size() <= most_epochs) {
    a = map.next(threshold, a);
    b = map.next(threshold, b);
    apart.push_back(distance(a, b));
  }
  return coupling_factor(apart, 0.0);
}

std::vector<double> states_or_undefined(MeanFieldMap& map, const Settling& settling, std::size_t n_states) {
  return settling.converged ? map.states(settling.at.point) : std::vector<double>(n_states, undefined);
}

std::string how_it_ends(const Settling& settling) {
  if (settling.period > 0) return "ends in a cycle of " + std::to_string(settling.period) + " epochs";
  return "does not come to rest in " + std::to_string(settling.iterations) + " epochs";
}

}  // namespace

void add_resting_loop(const Scenario& scenario, const std::vector<RestingPlace>& tails, AgentMetrics& out,
                      std::vector<std::string>& notes) {
  MeanFieldMap map(scenario);
  const std::vector<std::string> names = state_names(scenario);
  const RestingPlace mean = mean_of(tails);
  const Settling from_start = settle(map, mean.threshold, map.start());
  const Settling from_tail = settle(map, mean.threshold, map.point(mean.state));
  const std::string where = out.label + ": by mean field the loop at the tail's mean threshold ";
  if (!from_tail.converged) notes.push_back(where + how_it_ends(from_tail));
  else if (!from_start.converged)
    notes.push_back(where + "comes to rest near the tail, but from the start " + how_it_ends(from_start));
  else if (!same_point(from_start.at.point, from_tail.at.point))
    notes.push_back(where + "comes to rest in one place from the tail and in another from the start");

  std::vector<std::vector<double>> state(names.size());
  std::vector<double> radius;
  for (const RestingPlace& tail : tails) {
    const Settling rest =
        from_tail.converged ? settle(map, tail.threshold, map.point(tail.state), most_epochs_of_one) : from_tail;
    const std::vector<double> values = states_or_undefined(map, rest, names.size());
    for (std::size_t s = 0; s < names.size(); ++s) state[s].push_back(values[s]);
    radius.push_back(rest.converged ? rest.at.spectral_radius : undefined);
  }
  for (std::size_t s = 0; s < names.size(); ++s)
    out.loop.push_back(of_each_run("fixed_point", "mean_field", names[s], std::move(state[s])));
  out.loop.push_back(of_each_run("spectral_radius", "mean_field", "", std::move(radius)));

  const auto together = [&](const char* metric, const std::string& subject, double value) {
    out.loop.push_back(of_all_runs(metric, "mean_field", subject, value, tails.size()));
  };
  const std::vector<double> states = states_or_undefined(map, from_start, names.size());
  for (std::size_t s = 0; s < names.size(); ++s) together("fixed_point_from_start", names[s], states[s]);
  together("coupling_factor", "", coupled(map, mean.threshold, map.start(), map.point(mean.state)));
}

}  // namespace loopgate
