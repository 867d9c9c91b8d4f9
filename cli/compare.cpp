#include <algorithm>
#include <filesystem>
#include <iostream>

#include "analysis/epoch_piece.hpp"
#include "cli/commands.hpp"
#include "cli/comparison_output.hpp"
#include "cli/options.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

const char* const usage =
    "loopgate compare TRACE... [--metric NAME] [--window a:b] [--agents LABEL...] [--allow-different-applicants] "
    "[--format table|json|csv]";

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const MetricInfo& one : metrics()) names.emplace_back(one.name);
  return names;
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

/// Expected reward is free of sampling noise, but that of a route hangs on those who wait in it.
MetricInfo default_metric(const std::vector<TraceReader>& traces) {
  const std::string_view realised = "realised";
  const bool any = std::ranges::any_of(traces, [&](const TraceReader& one) { return judged_basis(one) == realised; });
  return *std::ranges::find(metrics(), any ? "reward" : "expected_reward", &MetricInfo::name);
}

ComparisonRequest request_of(const std::vector<TraceReader>& traces, const po::variables_map& given) {
  ComparisonRequest request;
  request.metric =
      given.count("metric") > 0 ? metrics()[chosen(given, "metric", metric_names())] : default_metric(traces);
  const std::string window = given["window"].as<std::string>();
  const auto longest = std::ranges::max_element(traces, {}, &TraceReader::n_epochs);
  const auto [begin, end] = epoch_range("--window", window, longest->n_epochs);
  request.begin = begin;
  if (!window.ends_with(':')) request.end = end;
  std::vector<std::string> known;
  for (const TraceReader& trace : traces)
    for (const std::string& label : trace.agents)
      if (std::ranges::find(known, label) == known.end()) known.push_back(label);
  request.agents = chosen_agents(given, known);
  request.different_applicants = given["allow-different-applicants"].as<bool>();
  return request;
}

}  // namespace

int compare(const Arguments& arguments, const Catalog&) {
  po::options_description options("options");
  add_agents_option(options);
  const std::string metric = listed(metric_names()) + "; default: expected_reward, with a route reward";
  options.add_options()("metric", po::value<std::string>(), metric.c_str())(
      "window", po::value<std::string>()->default_value(":"),
      "epochs a to b - 1 only; b left out: as far as at least two replications of all agents got")(
      "allow-different-applicants", po::bool_switch(),
      "compare traces although their scenarios differ in more than agents, constraints, horizon and replications")(
      "format", po::value<std::string>()->default_value("table"), "table, json or csv");
  const auto given = parse(arguments, usage, options, {"trace..."});
  if (given.count("help") > 0) return 0;
  if (given.count("trace") == 0)
    throw ScenarioError("command line: no trace named (expected " + std::string(usage) + ")");
  const std::vector<std::string> formats{"table", "json", "csv"};
  const std::string format = formats[chosen(given, "format", formats)];
  const std::vector<TraceReader> traces = open_traces(given["trace"].as<std::vector<std::string>>());
  const ComparisonRequest request = request_of(traces, given);
  const Comparison all = compare_agents(traces, request);
  if (format == "json") std::cout << comparison_json(traces, request, all).dump(1) << '\n';
  else if (format == "csv") print_comparison_csv(traces, request, all);
  else print_comparison_table(traces, request, all);
  return 0;
}

}  // namespace loopgate::cli
