#include "cli/analysis_json.hpp"

#include <cmath>

#include "cli/verdict_words.hpp"

namespace loopgate::cli {

using nlohmann::ordered_json;

namespace {

ordered_json number(double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr); }
ordered_json text(const std::string& value) { return value.empty() ? ordered_json(nullptr) : ordered_json(value); }

ordered_json as_json(const MetricValue& row) {
  ordered_json out{
      {"metric", row.metric}, {"basis", row.basis}, {"view", text(row.view)}, {"subject", text(row.subject)}};
  if (!row.lowest.empty()) out["worst_pair"] = {row.highest, row.lowest};
  else if (!row.highest.empty()) out["worst_group"] = row.highest;
  out["mean"] = number(row.estimate.mean);
  out["low"] = number(row.estimate.low);
  out["high"] = number(row.estimate.high);
  out["bca_low"] = number(row.bca.low);
  out["bca_high"] = number(row.bca.high);
  out["n"] = row.estimate.n;
  out["numerator"] = number(row.numerator);
  out["denominator"] = number(row.denominator);
  if (row.metric == "time_to_feasibility" || row.metric == "settled_from") out["censored"] = row.n_censored;
  if (row.metric == "time_to_feasibility") out["survival"] = row.n_censored > 0 ? row.survival : 0.0;
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

ordered_json as_json(const LimitVerdict& one) {
  ordered_json out{{"limit", one.limit}, {"bound", one.bound}};
  if (!one.highest.empty()) out["worst_pair"] = {one.highest, one.lowest};
  out["mean"] = number(one.estimate.mean);
  out["low"] = number(one.estimate.low);
  out["high"] = number(one.estimate.high);
  out["n"] = one.estimate.n;
  out["verdict"] = finding_text(one.finding);
  out["reason"] = text(one.reason);
  return out;
}

ordered_json as_json(const std::vector<LimitVerdict>& verdicts) {
  ordered_json out = ordered_json::array();
  for (const LimitVerdict& one : verdicts) out.push_back(as_json(one));
  return out;
}

ordered_json as_json(const std::vector<ResidualMonitor>& monitors) {
  const auto column = [](const std::vector<Estimate>& runs, double Estimate::*end) {
    ordered_json values = ordered_json::array();
    for (const Estimate& run : runs) values.push_back(number(run.*end));
    return values;
  };
  const MonitorCount count = count_runs(monitors);
  ordered_json out{{"met", count.met}, {"violated", count.violated}, {"undecided", count.undecided}};
  out["residuals"] = ordered_json::array();
  for (const ResidualMonitor& one : monitors)
    out["residuals"].push_back({{"residual", one.residual},
                                {"mean", column(one.runs, &Estimate::mean)},
                                {"low", column(one.runs, &Estimate::low)},
                                {"high", column(one.runs, &Estimate::high)}});
  return out;
}

ordered_json as_json(const Ranking& ranking, const std::vector<AgentMetrics>& agents) {
  ordered_json out{{"metric", ranking.metric},
                   {"basis", ranking.basis},
                   {"subject", text(ranking.subject)},
                   {"better", ranking.better == Better::higher ? "higher" : "lower"},
                   {"replications", ranking.replications},
                   {"agents", ordered_json::array()}};
  for (std::size_t k = 0; k < ranking.standings.size(); ++k) {
    const Standing& one = ranking.standings[k];
    out["agents"].push_back({{"rank", k + 1},
                             {"agent", agents[one.contestant].label},
                             {"mean", number(one.t.mean)},
                             {"mean_low", number(one.t.low)},
                             {"mean_high", number(one.t.high)},
                             {"bca_low", number(one.bca.low)},
                             {"bca_high", number(one.bca.high)},
                             {"difference", number(one.difference.mean)},
                             {"difference_low", number(one.difference.low)},
                             {"difference_high", number(one.difference.high)},
                             {"p", number(one.p)},
                             {"p_holm", number(one.p_adjusted)},
                             {"probability_best", number(one.probability_best)},
                             {"variance_reduction", number(one.variance_reduction)},
                             {"verdict", standing_text(ranking.standings, k)}});
  }
  return out;
}

ordered_json as_json(const std::optional<Comparator>& comparator) {
  if (!comparator) return nullptr;
  return {{"file", comparator->scenario.path},
          {"objective", comparator->objective == Objective::horizon ? "horizon" : "stationary"},
          {"threshold", number(comparator->threshold)},
          {"reward", number(comparator->reward)},
          {"feasible", comparator->feasible}};
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
  out["stages"] = trace.stages;
  out["n_replications"] = trace.n_replications;
  out["n_epochs"] = trace.n_epochs;
  out["window"] = {analysis.options.window.begin, analysis.options.window.end};
  out["tail_share"] = tail_share;
  out["average_over"] = analysis.options.average_over;
  out["level"] = confidence_level;
  out["notes"] = analysis.notes;
  out["comparator"] = as_json(analysis.comparator);
  out["agents"] = ordered_json::array();
  for (std::size_t a = 0; a < analysis.agents.size(); ++a) {
    const AgentMetrics& agent = analysis.agents[a];
    out["agents"].push_back({{"agent", agent.label},
                             {"epochs", agent.epochs},
                             {"epochs_planned", agent.epochs_planned},
                             {"replications", agent.replications},
                             {"verdicts", as_json(analysis.verdicts[a])},
                             {"monitors", as_json(agent.monitors)},
                             {"window", as_json(agent.window)},
                             {"tail", as_json(agent.tail)},
                             {"loop", as_json(agent.loop)},
                             {"stages", as_json(agent.stages)}});
  }
  out["rankings"] = ordered_json::array();
  for (const Ranking& ranking : analysis.rankings) out["rankings"].push_back(as_json(ranking, analysis.agents));
  return out;
}

}  // namespace loopgate::cli
