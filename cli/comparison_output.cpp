#include "cli/comparison_output.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>

#include "cli/table.hpp"
#include "cli/verdict_words.hpp"

namespace loopgate::cli {

using nlohmann::ordered_json;

namespace {

enum Output : unsigned {
  in_table = 1,
  in_csv = 2,
  in_json = 4,
  in_data = in_csv | in_json,
  in_all = in_table | in_data
};

struct Field {
  Table::Column column;
  unsigned outputs;
  std::function<void(Table::Row&, std::size_t rank)> fill;
};

std::vector<Field> fields(std::span<const TraceReader> traces, const ComparisonRequest& request,
                          const Comparison& all) {
  const std::vector<Standing>& standings = all.standings;
  const auto agent = [&](std::size_t k) -> const ComparedAgent& { return all.agents[standings[k].contestant]; };
  const auto number = [&](const char* key, const char* heading, unsigned outputs, int digits, auto value) {
    return Field{{key, heading}, outputs, [&standings, digits, value](Table::Row& row, std::size_t k) {
                   row.number(value(standings[k]), digits);
                 }};
  };
  const auto chance = [&](const char* key, const char* heading, unsigned outputs, int digits, auto value) {
    return Field{{key, heading}, outputs, [&standings, digits, value](Table::Row& row, std::size_t k) {
                   row.chance(value(standings[k]), digits);
                 }};
  };
  const auto text = [](const char* key, unsigned outputs, auto value) {
    return Field{
        {key, key, Table::Align::left}, outputs, [value](Table::Row& row, std::size_t k) { row.text(value(k)); }};
  };
  using S = const Standing&;
  return {
      {{"rank", "rank"}, in_all, [](Table::Row& row, std::size_t k) { row.number(static_cast<double>(k + 1), 0); }},
      text("agent", in_all, [agent](std::size_t k) { return agent(k).label; }),
      text("trace", traces.size() > 1 ? in_all : in_data,
           [agent, traces](std::size_t k) { return traces[agent(k).trace].path; }),
      text("metric", in_csv, [&request](std::size_t) { return std::string(request.metric.name); }),
      number("replications", "n", in_all, 0, [](S s) { return static_cast<double>(s.t.n); }),
      number("mean", "mean", in_all, 5, [](S s) { return s.t.mean; }),
      number("mean_low", "low", in_all, 5, [](S s) { return s.t.low; }),
      number("mean_high", "high", in_all, 5, [](S s) { return s.t.high; }),
      number("bca_low", "BCa low", in_data, 5, [](S s) { return s.bca.low; }),
      number("bca_high", "BCa high", in_data, 5, [](S s) { return s.bca.high; }),
      number("difference", "to best", in_all, 5, [](S s) { return s.difference.mean; }),
      number("difference_low", "low", in_all, 5, [](S s) { return s.difference.low; }),
      number("difference_high", "high", in_all, 5, [](S s) { return s.difference.high; }),
      chance("p", "p", in_data, 4, [](S s) { return s.p; }),
      chance("p_holm", "p (Holm)", in_all, 4, [](S s) { return s.p_adjusted; }),
      chance("probability_best", "P(best)", in_all, 3, [](S s) { return s.probability_best; }),
      number("variance_reduction", "pairing", in_all, 1, [](S s) { return s.variance_reduction; }),
      text("test", in_data,
           [&standings](std::size_t k) {
             return std::isnan(standings[k].p) ? "" : standings[k].paired ? "sign flips" : "Welch";
           }),
      text("verdict", in_all, [&standings](std::size_t k) { return standing_text(standings, k); }),
  };
}

Table table_of(std::span<const TraceReader> traces, const ComparisonRequest& request, const Comparison& all,
               Output output) {
  std::vector<Field> chosen = fields(traces, request, all);
  std::erase_if(chosen, [output](const Field& field) { return (field.outputs & output) == 0; });
  std::vector<Table::Column> columns;
  for (const Field& field : chosen) columns.push_back(field.column);
  Table table(columns);
  for (std::size_t k = 0; k < all.standings.size(); ++k) {
    Table::Row& row = table.row();
    for (const Field& field : chosen) field.fill(row, k);
  }
  return table;
}

/// Some agents' constraints are left out of account by the metric.
bool blind_to_constraints(std::span<const TraceReader> traces, const ComparisonRequest& request) {
  return request.metric.metric != Metric::violation &&
         std::ranges::any_of(traces, [](const TraceReader& trace) { return !trace.constraints.empty(); });
}

}  // namespace

void print_comparison_table(std::span<const TraceReader> traces, const ComparisonRequest& request,
                            const Comparison& all) {
  std::cout << request.metric.name << ": " << request.metric.meaning << "; "
            << (request.metric.better == Better::higher ? "highest" : "lowest") << " first\nepochs " << all.window.begin
            << " to " << all.window.end - 1 << "\n\n";
  table_of(traces, request, all, in_table).print("table");
  std::cout << '\n';
  for (const std::string& note : all.notes) std::cout << note << '\n';
  std::cout << "Mean over n replications and difference to the best, each with a 95 % t interval; `-`: undefined.\n"
               "p: of no difference to the best, by sign flips of paired differences, or Welch's test where seeds\n"
               "differ; Holm: adjusted for all pairs of agents. Worse: that p is at most 0.05, and the difference's\n"
               "intervals, t and Hall, exclude 0. P(best): share of bootstrap draws of replications in which the agent "
               "is best.\n"
               "Pairing: independent runs would take so many times as many replications.\n";
  if (blind_to_constraints(traces, request))
    std::cout << "This ranking does not look at the constraints: --metric mean_violation does.\n";
}

void print_comparison_csv(std::span<const TraceReader> traces, const ComparisonRequest& request,
                          const Comparison& all) {
  table_of(traces, request, all, in_csv).print("csv");
  for (const std::string& note : all.notes) std::cerr << note << '\n';
}

ordered_json comparison_json(std::span<const TraceReader> traces, const ComparisonRequest& request,
                             const Comparison& all) {
  ordered_json out;
  out["format"] = 1;
  out["metric"] = request.metric.name;
  out["better"] = request.metric.better == Better::higher ? "higher" : "lower";
  out["window"] = {all.window.begin, all.window.end};
  out["level"] = request.level;
  out["notes"] = all.notes;
  out["traces"] = ordered_json::array();
  for (const TraceReader& trace : traces)
    out["traces"].push_back({{"trace", trace.path},
                             {"scenario", trace.scenario_name},
                             {"seed", trace.seed},
                             {"complete", trace.complete},
                             {"n_replications", trace.n_replications},
                             {"n_epochs", trace.n_epochs}});
  out["agents"] = table_of(traces, request, all, in_json).json();
  return out;
}

}  // namespace loopgate::cli
