#include "analysis/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "analysis/common_applicants.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

using Traces = std::span<const TraceReader>;
using Notes = std::vector<std::string>;

/// Agents that are paired: those of all traces of one seed.
struct PairedSet {
  std::uint64_t seed;
  std::vector<std::size_t> agents;
  std::vector<std::int64_t> written;  ///< [replications that all its traces have] epochs that all its agents have
};

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::string counted(std::size_t n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

std::string range(Window window) { return std::to_string(window.begin) + ":" + std::to_string(window.end); }

/// Notes how a trace differs from the first one, or refuses it.
void check_same(const TraceReader& first, const TraceReader& trace, const std::vector<std::string>& differences,
                const char* what, bool may_differ, Notes& notes) {
  if (differences.empty()) return;
  const std::string text = trace.path + ": its " + what + " are not those of " + first.path;
  if (!may_differ)
    throw ScenarioError(text + " (expected the same, or --allow-different-applicants)\n  " +
                        joined(differences, "\n  "));
  notes.push_back(text + ": " + joined(differences, "; "));
}

void check_traces(Traces traces, const ComparisonRequest& request, Notes& notes) {
  const bool of_constraints = request.metric.metric == Metric::violation;
  for (const TraceReader& trace : traces) {
    if (of_constraints && trace.constraints.empty())
      throw ScenarioError("command line: --metric = " + std::string(request.metric.name) + ": " + trace.path +
                          " has no constraints (expected another metric)");
    check_same(traces[0], trace, applicant_differences(traces[0], trace), "applicants", request.different_applicants,
               notes);
    if (of_constraints)
      check_same(traces[0], trace, constraint_differences(traces[0], trace), "constraints",
                 request.different_applicants, notes);
  }
}

/// Where traces differ in a number of theirs: "horizons differ (300 in a.h5, 310 in b.h5)"; else nothing.
std::string differing(Traces traces, const char* what, std::uint32_t TraceReader::*number) {
  std::vector<std::string> parts;
  for (const TraceReader& trace : traces) parts.push_back(std::to_string(trace.*number) + " in " + trace.path);
  const bool same = std::ranges::all_of(traces, [&](const TraceReader& t) { return t.*number == traces[0].*number; });
  return same ? "" : std::string(what) + " differ (" + joined(parts, ", ") + ")";
}

std::vector<ComparedAgent> agents_of(Traces traces, const std::vector<std::string>& wanted) {
  std::vector<ComparedAgent> agents;
  for (std::size_t i = 0; i < traces.size(); ++i) {
    const std::size_t before = agents.size();
    for (const std::string& label : traces[i].agents)
      if (std::ranges::find(wanted, label) != wanted.end()) agents.push_back({i, label});
    if (agents.size() == before)
      throw ScenarioError("command line: --agents: " + traces[i].path + " has none of them (it has " +
                          joined(traces[i].agents, ", ") + "; expected one of these, or the trace left out)");
  }
  return agents;
}

std::vector<PairedSet> paired_sets(Traces traces, const std::vector<ComparedAgent>& agents) {
  std::vector<PairedSet> sets;
  for (std::size_t a = 0; a < agents.size(); ++a) {
    const TraceReader& trace = traces[agents[a].trace];
    const auto written = trace.epochs_written(agents[a].label);
    auto set = std::ranges::find(sets, trace.seed, &PairedSet::seed);
    if (set == sets.end()) set = sets.insert(set, {trace.seed, {}, written});
    set->agents.push_back(a);
    set->written.resize(std::min(set->written.size(), written.size()));
    for (std::size_t r = 0; r < set->written.size(); ++r) set->written[r] = std::min(set->written[r], written[r]);
  }
  return sets;
}

Window choose_window(Traces traces, const std::vector<PairedSet>& sets, const ComparisonRequest& request,
                     Notes& notes) {
  const TraceReader& shortest = *std::ranges::min_element(traces, {}, &TraceReader::n_epochs);
  std::uint32_t written = shortest.n_epochs;
  for (const PairedSet& set : sets) written = std::min(written, common_end(set.written, request.begin));
  const Window window{request.begin, request.end.value_or(written)};
  const std::string within = " (expected --window within 0:" + std::to_string(written) + ")";
  if (std::max(window.begin + 1, window.end) > shortest.n_epochs)
    throw ScenarioError("command line: --window: " + shortest.path + " has " + counted(shortest.n_epochs, "epoch") +
                        within);
  if (written == 0) throw TraceError(traces[0].path + ": no epoch of any replication is written for all agents");
  if (window.begin >= window.end)
    throw TraceError(traces[0].path + ": nothing is written for all agents from epoch " + std::to_string(window.begin) +
                     " on" + within);
  if (const std::string text = differing(traces, "horizons", &TraceReader::n_epochs); !text.empty())
    notes.push_back(text + ": the same epochs of all are compared; agents that plan for their horizon decide by it");
  if (!request.end && window.end < shortest.n_epochs)
    notes.push_back("PARTIAL: epochs " + range(window) + " of " + std::to_string(shortest.n_epochs) +
                    " are compared, as far as two replications (or one, if no other began) are written for all agents");
  return window;
}

/// The replications of a set that are written over the whole window for all of its agents.
std::vector<std::uint32_t> whole_replications(Traces traces, const PairedSet& set, Window window, Notes& notes) {
  std::vector<std::uint32_t> whole;
  for (std::uint32_t r = 0; r < set.written.size(); ++r)
    if (set.written[r] >= window.end) whole.push_back(r);
  const std::string of_seed = " of seed " + std::to_string(set.seed);
  if (whole.empty())
    throw TraceError(
        traces[0].path + ": no replication" + of_seed + " is written up to epoch " + std::to_string(window.end) +
        " for all agents (expected --window within 0:" + std::to_string(std::ranges::max(set.written)) + ")");
  if (whole.size() < set.written.size())
    notes.push_back("PARTIAL: " + std::to_string(whole.size()) + " of " + counted(set.written.size(), "replication") +
                    of_seed + " are written up to epoch " + std::to_string(window.end) +
                    " for all agents, and only these are used");
  return whole;
}

/// Values of the agents of a set, of the replications in which all have one.
void read_values(Traces traces, const Comparison& all, const PairedSet& set, const MetricInfo& metric,
                 const std::vector<std::uint32_t>& replications, std::vector<Contestant>& contestants, Notes& notes) {
  std::size_t n_undefined = 0;
  for (const std::uint32_t r : replications) {
    std::vector<double> values;
    for (const std::size_t a : set.agents)
      values.push_back(
          replication_value(traces[all.agents[a].trace], all.agents[a].label, r, all.window, metric.metric));
    if (std::ranges::any_of(values, [](double value) { return std::isnan(value); })) {
      ++n_undefined;
      continue;
    }
    for (std::size_t m = 0; m < set.agents.size(); ++m) contestants[set.agents[m]].values.push_back(values[m]);
  }
  const std::string name(metric.name);
  if (n_undefined == replications.size())
    throw TraceError(traces[all.agents[set.agents[0]].trace].path + ": " + name + " is undefined for some agent in " +
                     "every replication (expected a window in which each group has applicants, and each constraint a "
                     "value, in the same epochs)");
  if (n_undefined > 0)
    notes.push_back(counted(n_undefined, "replication") + " of seed " + std::to_string(set.seed) +
                    " left out: " + name + " is undefined there for some agent");
}

void note_spread(Traces traces, const Comparison& all, const std::vector<Contestant>& contestants, Notes& notes) {
  const std::size_t n =
      std::ranges::min(contestants, {}, [](const Contestant& one) { return one.values.size(); }).values.size();
  if (n < 2) notes.push_back("one replication: no interval and no test (expected replications: 2 or more)");
  else if (const std::string text = too_few_text(all.standings); !text.empty())
    notes.push_back(std::to_string(n) + " replications: no verdict: " + text);
  std::vector<std::string> names;
  for (const ComparedAgent& agent : all.agents)
    names.push_back(agent.label + (traces.size() > 1 ? " of " + traces[agent.trace].path : ""));
  for (std::string& text : lone_replication_texts(all.standings, names)) notes.push_back(std::move(text));
  for (std::size_t a = 0; a < contestants.size(); ++a) {
    const auto& values = contestants[a].values;
    if (values.size() < 2 || std::ranges::min(values) < std::ranges::max(values)) continue;
    notes.push_back(names[a] + ": the same in all replications, so its interval has no width");
  }
}

}  // namespace

std::uint32_t common_end(std::span<const std::int64_t> written, std::uint32_t begin) {
  std::vector<std::int64_t> order(written.begin(), written.end());
  std::ranges::sort(order, std::greater{});
  const bool two = order.size() > 1 && order[1] > begin;
  return order.empty() ? 0 : static_cast<std::uint32_t>(two ? order[1] : order[0]);
}

Comparison compare_agents(std::span<const TraceReader> traces, const ComparisonRequest& request) {
  LOOPGATE_EXPECT(!traces.empty());
  Comparison all;
  check_traces(traces, request, all.notes);
  all.agents = agents_of(traces, request.agents);
  const std::vector<PairedSet> sets = paired_sets(traces, all.agents);
  if (sets.size() > 1)
    all.notes.push_back("agents of different seeds are compared as independent (Welch), those of one seed as pairs");
  if (const std::string text = differing(traces, "replications", &TraceReader::n_replications); !text.empty())
    all.notes.push_back(text + ": of one seed only those count that all of its traces have");
  all.window = choose_window(traces, sets, request, all.notes);
  std::vector<Contestant> contestants(all.agents.size());
  for (std::size_t s = 0; s < sets.size(); ++s) {
    for (const std::size_t a : sets[s].agents) contestants[a].paired_set = s;
    const auto replications = whole_replications(traces, sets[s], all.window, all.notes);
    read_values(traces, all, sets[s], request.metric, replications, contestants, all.notes);
  }
  all.standings = rank_agents(contestants, request.metric.better, request.level, Seed{traces[0].seed});
  note_spread(traces, all, contestants, all.notes);
  return all;
}

}  // namespace loopgate
