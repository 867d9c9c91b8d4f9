#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>

#include "analysis/common_applicants.hpp"
#include "analysis/ranking.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/table.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

constexpr double level = 0.95;

struct Agent {
  std::size_t trace;
  std::string label;
};

/// What is compared, and what a reader has to know of it.
struct Comparison {
  std::vector<TraceReader> traces;
  std::vector<std::size_t> applicants;  ///< [n_traces] traces of one number have common applicants
  MetricInfo metric{};
  std::optional<std::string> window;  ///< as written; nothing: whole replications
  std::vector<Agent> agents;
  std::vector<Contestant> contestants;  ///< [n_agents]
  std::vector<std::string> notes;
};

MetricInfo metric_named(const std::string& name) {
  std::vector<std::string> known;
  std::string list;
  for (const MetricInfo& one : metrics()) {
    if (one.name == name) return one;
    known.emplace_back(one.name);
    list += (list.empty() ? "" : ", ") + known.back();
  }
  throw ScenarioError("command line: --metric = " + name + ": unknown metric" + did_you_mean(name, known) +
                      " (expected one of " + list + ")");
}

std::vector<TraceReader> open_traces(const std::vector<std::string>& paths) {
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      std::error_code missing;
      if (paths[i] == paths[j] || std::filesystem::equivalent(paths[i], paths[j], missing))
        throw ScenarioError("command line: " + paths[i] + ": named twice (expected different traces)");
    }
  std::vector<TraceReader> traces;
  for (const std::string& path : paths) traces.emplace_back(path);
  return traces;
}

/// ScenarioError with every difference of a trace from the first one, or, where that is allowed, sets of traces whose
/// applicants are common.
void sort_by_applicants(Comparison& all, bool may_differ) {
  const auto refuse = [&](std::size_t i, const std::vector<std::string>& differences, const std::string& what) {
    std::string text = all.traces[i].path + ": " + what + " those of " + all.traces[0].path +
                       " (expected the same, or --allow-different-applicants)";
    for (const std::string& line : differences) text += "\n  " + line;
    return ScenarioError(text);
  };
  for (std::size_t i = 0; i < all.traces.size(); ++i) {
    if (all.metric.metric == Metric::violation && all.traces[i].constraints.empty())
      throw ScenarioError("command line: --metric = violation: " + all.traces[i].path +
                          " has no constraints (expected another metric)");
    const auto same = [&](std::size_t j) {
      const auto differences = applicant_differences(all.traces[j], all.traces[i]);
      if (!differences.empty() && !may_differ) throw refuse(i, differences, "its applicants are not");
      return differences.empty();
    };
    std::size_t set = 0;
    while (set < i && (all.applicants[set] != set || !same(set))) ++set;
    all.applicants.push_back(set);
    if (i == 0 || all.metric.metric != Metric::violation) continue;
    const auto differences = constraint_differences(all.traces[0], all.traces[i]);
    if (differences.empty()) continue;
    if (!may_differ) throw refuse(i, differences, "it measures violation by other constraints than");
    all.notes.push_back(all.traces[i].path + ": violation of other constraints than in " + all.traces[0].path);
  }
  if (std::ranges::any_of(all.applicants, [](std::size_t set) { return set != 0; }))
    all.notes.push_back("not all applicants are common: agents that met others are compared as independent (Welch)");
}

void choose_agents(Comparison& all, const po::variables_map& given) {
  std::vector<std::string> known;
  for (const TraceReader& trace : all.traces)
    for (const std::string& label : trace.agents)
      if (std::ranges::find(known, label) == known.end()) known.push_back(label);
  const std::vector<std::string> wanted = chosen_agents(given, known);
  for (std::size_t i = 0; i < all.traces.size(); ++i)
    for (const std::string& label : all.traces[i].agents)
      if (std::ranges::find(wanted, label) != wanted.end()) all.agents.push_back({i, label});
}

/// Replications that are written up to `end` for all agents of one set of applicants.
std::vector<std::uint32_t> whole_replications(const Comparison& all, std::size_t set, std::uint32_t end) {
  std::vector<std::uint32_t> whole;
  std::vector<std::int64_t> written(all.traces[set].n_replications, all.traces[set].n_epochs);
  for (const Agent& agent : all.agents) {
    if (all.applicants[agent.trace] != set) continue;
    const auto of_agent = all.traces[agent.trace].epochs_written(agent.label);
    for (std::size_t r = 0; r < written.size(); ++r) written[r] = std::min(written[r], of_agent[r]);
  }
  for (std::uint32_t r = 0; r < written.size(); ++r)
    if (written[r] >= end) whole.push_back(r);
  if (whole.empty() && std::ranges::max(written) == 0)
    throw TraceError(all.traces[set].path + ": no epoch of any replication is written for all agents");
  if (whole.empty())
    throw TraceError(all.traces[set].path + ": no replication is written up to epoch " + std::to_string(end) +
                     " for all agents (expected --window within 0:" + std::to_string(std::ranges::max(written)) + ")");
  return whole;
}

/// Values of the agents of one set of applicants, of the replications in which all have one.
void read_values(Comparison& all, std::size_t set) {
  const TraceReader& first = all.traces[set];
  const auto [begin, end] = epoch_range("--window", all.window.value_or(":"), first.n_epochs);
  const auto whole = whole_replications(all, set, end);
  if (whole.size() < first.n_replications)
    all.notes.push_back("PARTIAL: " + std::to_string(whole.size()) + " of " + std::to_string(first.n_replications) +
                        " replications are written up to epoch " + std::to_string(end) +
                        " for all agents, and only these are used");
  std::vector<std::size_t> members;
  for (std::size_t a = 0; a < all.agents.size(); ++a)
    if (all.applicants[all.agents[a].trace] == set) members.push_back(a);
  std::size_t undefined_ones = 0;
  for (const std::uint32_t r : whole) {
    std::vector<double> values;
    for (const std::size_t a : members)
      values.push_back(
          replication_value(all.traces[all.agents[a].trace], all.agents[a].label, r, {begin, end}, all.metric.metric));
    if (std::ranges::any_of(values, [](double value) { return std::isnan(value); })) {
      ++undefined_ones;
      continue;
    }
    for (std::size_t m = 0; m < members.size(); ++m) all.contestants[members[m]].values.push_back(values[m]);
  }
  for (const std::size_t a : members) all.contestants[a].applicants = set;
  if (undefined_ones == whole.size())
    throw TraceError(first.path + ": " + std::string(all.metric.name) +
                     " is undefined in every replication (expected a window with applicants)");
  if (undefined_ones > 0)
    all.notes.push_back(std::to_string(undefined_ones) + " replications are left out: " + std::string(all.metric.name) +
                        " is undefined in them");
}

void note_spread(Comparison& all) {
  const auto fewest = std::ranges::min(all.contestants, {}, [](const Contestant& c) { return c.values.size(); });
  const std::size_t n = fewest.values.size();
  if (n < 2) all.notes.push_back("one replication: no interval and no test (expected replications: 2 or more)");
  else if (n < minimum_replications)
    all.notes.push_back(std::to_string(n) + " replications: no verdict (expected " +
                        std::to_string(minimum_replications) + " or more)");
  for (std::size_t a = 0; a < all.agents.size(); ++a) {
    const auto& values = all.contestants[a].values;
    if (values.size() > 1 && std::ranges::min(values) == std::ranges::max(values))
      all.notes.push_back(all.agents[a].label + ": the same in all replications, so that its interval has no width");
  }
}

std::string verdict_text(const std::vector<Standing>& standings, std::size_t rank) {
  const Verdict one = standings[rank].against_best;
  if (rank > 0)
    return one == Verdict::too_few ? "too few replications" : one == Verdict::different ? "worse" : "not separated";
  if (standings.size() == 1) return "alone";
  const auto all_are = [&](Verdict v) {
    return std::all_of(standings.begin() + 1, standings.end(), [v](const Standing& s) { return s.against_best == v; });
  };
  return all_are(Verdict::different) ? "best" : all_are(Verdict::too_few) ? "too few replications" : "leads";
}

struct Field {
  Table::Column column;
  bool in_table;  ///< else in JSON and CSV only
  std::function<void(Table::Row&, std::size_t rank)> fill;
};

std::vector<Field> fields(const Comparison& all, const std::vector<Standing>& standings) {
  constexpr auto left = Table::Align::left;
  const auto agent = [&](std::size_t k) -> const Agent& { return all.agents[standings[k].contestant]; };
  const auto number = [&](const char* key, const char* heading, bool in_table, int digits, auto value) {
    return Field{{key, heading}, in_table, [&standings, digits, value](Table::Row& row, std::size_t k) {
                   row.number(value(standings[k]), digits);
                 }};
  };
  const auto text = [](const char* key, bool in_table, auto value) {
    return Field{{key, key, left}, in_table, [value](Table::Row& row, std::size_t k) { row.text(value(k)); }};
  };
  using S = const Standing&;
  return {
      {{"rank", "rank"}, true, [](Table::Row& row, std::size_t k) { row.number(static_cast<double>(k + 1), 0); }},
      text("agent", true, [agent](std::size_t k) { return agent(k).label; }),
      text("trace", all.traces.size() > 1, [agent, &all](std::size_t k) { return all.traces[agent(k).trace].path; }),
      text("metric", false, [&all](std::size_t) { return std::string(all.metric.name); }),
      number("replications", "n", true, 0, [](S s) { return static_cast<double>(s.t.n); }),
      number("mean", "mean", true, 5, [](S s) { return s.t.mean; }),
      number("mean_low", "low", true, 5, [](S s) { return s.t.low; }),
      number("mean_high", "high", true, 5, [](S s) { return s.t.high; }),
      number("bca_low", "BCa low", false, 5, [](S s) { return s.bca.low; }),
      number("bca_high", "BCa high", false, 5, [](S s) { return s.bca.high; }),
      number("difference", "to best", true, 5, [](S s) { return s.difference.mean; }),
      number("difference_low", "low", true, 5, [](S s) { return s.difference.low; }),
      number("difference_high", "high", true, 5, [](S s) { return s.difference.high; }),
      number("p", "p", false, 4, [](S s) { return s.p; }),
      number("p_holm", "p (Holm)", true, 4, [](S s) { return s.p_adjusted; }),
      number("probability_best", "P(best)", true, 3, [](S s) { return s.probability_best; }),
      number("variance_reduction", "pairing", true, 1, [](S s) { return s.variance_reduction; }),
      text("test", false,
           [&standings](std::size_t k) { return k == 0                ? ""
                                                : standings[k].paired ? "sign flips"
                                                                      : "Welch"; }),
      text("verdict", true, [&standings](std::size_t k) { return verdict_text(standings, k); }),
  };
}

void print(const Comparison& all, const std::vector<Standing>& standings, const std::string& format) {
  const bool as_table = format == "table";
  std::vector<Field> chosen = fields(all, standings);
  std::erase_if(chosen, [&](const Field& field) { return as_table && !field.in_table; });
  std::vector<Table::Column> columns;
  for (const Field& field : chosen) columns.push_back(field.column);
  Table table(columns);
  for (std::size_t k = 0; k < standings.size(); ++k) {
    Table::Row& row = table.row();
    for (const Field& field : chosen) field.fill(row, k);
  }
  if (as_table)
    std::cout << all.metric.name << " (" << all.metric.meaning << "), "
              << (all.metric.better == Better::higher ? "highest" : "lowest") << " first, epochs "
              << all.window.value_or("0:" + std::to_string(all.traces[0].n_epochs)) << "\n\n";
  table.print(format);
  std::ostream& out = as_table ? std::cout : std::cerr;
  if (as_table) out << '\n';
  for (const std::string& note : all.notes) out << note << '\n';
  if (as_table)
    out << "mean over n replications and difference to the best, each with a 95 % t interval; p: sign flips of paired\n"
           "differences, Holm over all pairs of agents; P(best): share of bootstrap draws of replications; pairing: "
           "how\n"
           "many times more replications independent runs would take; `-`: undefined\n";
}

}  // namespace

int compare(const Arguments& arguments, const Catalog&) {
  const std::string usage =
      "loopgate compare TRACE... [--metric NAME] [--window A:B] [--agents LABEL...] [--allow-different-applicants] "
      "[--format table|json|csv]";
  po::options_description options("options");
  add_agents_option(options);
  options.add_options()("metric", po::value<std::string>()->default_value("expected_reward"),
                        "reward, expected_reward, violation, gap or service_rate")(
      "window", po::value<std::string>(), "A:B: epochs A to B - 1; default: all")(
      "allow-different-applicants", po::bool_switch(),
      "compare agents that did not meet the same applicants as independent ones")(
      "format", po::value<std::string>()->default_value("table"), "table, json or csv");
  const auto given = parse(arguments, usage, options, {"trace..."});
  if (given.count("help") > 0) return 0;
  if (given.count("trace") == 0) throw ScenarioError("command line: no trace named (expected " + usage + ")");
  Comparison all;
  all.metric = metric_named(given["metric"].as<std::string>());
  if (given.count("window") > 0) all.window = given["window"].as<std::string>();
  all.traces = open_traces(given["trace"].as<std::vector<std::string>>());
  sort_by_applicants(all, given["allow-different-applicants"].as<bool>());
  choose_agents(all, given);
  all.contestants.resize(all.agents.size());
  for (std::size_t i = 0; i < all.traces.size(); ++i)
    if (std::ranges::any_of(all.agents, [&](const Agent& agent) { return all.applicants[agent.trace] == i; }))
      read_values(all, i);
  note_spread(all);
  print(all, rank_agents(all.contestants, all.metric.better, level, Seed{all.traces[0].seed}),
        given["format"].as<std::string>());
  return 0;
}

}  // namespace loopgate::cli
