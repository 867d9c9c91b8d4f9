#include "cli/analysis_json.hpp"

#include <cmath>

namespace loopgate::cli {

using nlohmann::ordered_json;

namespace {

ordered_json number(double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr); }
ordered_json text(const std::string& value) { return value.empty() ? ordered_json(nullptr) : ordered_json(value); }

ordered_json as_json(const MetricValue& row) {
  ordered_json out{
      {"metric", row.metric}, {"basis", row.basis}, {"view", text(row.view)}, {"subject", text(row.subject)}};
  if (!row.highest.empty()) out["worst_pair"] = {row.highest, row.lowest};
  out["mean"] = number(row.estimate.mean);
  out["low"] = number(row.estimate.low);
  out["high"] = number(row.estimate.high);
  out["n"] = row.estimate.n;
  out["numerator"] = number(row.numerator);
  out["denominator"] = number(row.denominator);
  if (row.metric == "time_to_feasibility") out["censored"] = row.n_censored;
  ordered_json values = ordered_json::array();
  for (const double value : row.values) values.push_back(number(value));
  out["values"] = std::move(values);
  return out;
}

ordered_json as_json(const std::vector<MetricValue>& rows) {
  ordered_json out = ordered_json::array();
  for (const MetricValue& row : rows) out.push_back(as_json(row));
  return out;
}

}  // namespace

nlohmann::ordered_json analysis_json(const TraceReader& trace, const Analysis& analysis) {
  ordered_json out;
  out["format"] = 1;
  out["trace"] = trace.path;
  out["scenario"] = trace.scenario_name;
  out["seed"] = trace.seed;
  out["complete"] = trace.complete;
  out["groups"] = trace.groups;
  out["constraints"] = trace.constraints;
  out["n_replications"] = trace.n_replications;
  out["n_epochs"] = trace.n_epochs;
  out["window"] = {analysis.options.window.begin, analysis.options.window.end};
  out["tail_share"] = tail_share;
  out["average_over"] = analysis.options.average_over;
  out["level"] = 0.95;
  out["notes"] = analysis.notes;
  out["agents"] = ordered_json::array();
  for (const AgentMetrics& agent : analysis.agents)
    out["agents"].push_back({{"agent", agent.label},
                             {"epochs", agent.epochs},
                             {"epochs_planned", agent.epochs_planned},
                             {"replications", agent.replications},
                             {"window", as_json(agent.window)},
                             {"tail", as_json(agent.tail)}});
  return out;
}

}  // namespace loopgate::cli
