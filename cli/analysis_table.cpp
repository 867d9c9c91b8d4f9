#include "cli/analysis_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "analysis/comparator.hpp"
#include "analysis/metric_list.hpp"
#include "cli/loop_table.hpp"
#include "cli/quantities.hpp"
#include "cli/stage_table.hpp"
#include "cli/table.hpp"
#include "cli/verdict_words.hpp"

namespace loopgate::cli {

namespace {

std::string shown(double value) {
  if (!std::isfinite(value)) return "-";
  char text[64];
  const bool whole = value == std::round(value) && std::abs(value) >= 10.0;
  std::snprintf(text, sizeof text, whole ? "%.0f" : std::abs(value) >= 100.0 ? "%.1f" : "%.4f", value);
  return text;
}

/// "0.1234 +-0.0056"; a mean alone where nothing tells how far values spread.
std::string with_interval(const Estimate& estimate) {
  if (std::isnan(estimate.high)) return shown(estimate.mean);
  return shown(estimate.mean) + " +-" + shown(estimate.high - estimate.mean);
}

}  // namespace

std::string cell(const std::vector<MetricValue>& rows, const std::string& metric, const std::string& basis,
                 const std::string& view, const std::string& subject) {
  const MetricValue* row = find_metric(rows, metric, basis, view, subject);
  if (row == nullptr) return "";
  if (row->n_censored > 0 && row->n_censored == row->values.size()) return "never";
  std::string text = with_interval(row->estimate);
  if (!row->highest.empty() && row->estimate.mean > 0.0)
    text += " (" + row->highest + (row->lowest.empty() ? "" : " - " + row->lowest) + ")";
  if (row->n_censored > 0) text += " (never in " + std::to_string(row->n_censored) + ")";
  return text;
}

namespace {

/// "3 of 20": replications in which a flag is 1, of those where it is defined.
std::string runs_with(const std::vector<MetricValue>& rows, const std::string& flag) {
  const MetricValue* row = find_metric(rows, flag, "realised");
  if (row == nullptr) return "";
  return std::to_string(std::ranges::count(row->values, 1.0)) + " of " + std::to_string(row->estimate.n);
}

/// " from epoch 35 +-12 on (too short to tell in 3)".
std::string warm_up_text(const std::vector<MetricValue>& rows) {
  const MetricValue *epochs = find_metric(rows, "warm_up", "expected"),
                    *at_limit = find_metric(rows, "warm_up_at_limit", "expected");
  if (epochs == nullptr || epochs->estimate.n == 0) return "";
  const auto unclear = std::ranges::count(at_limit->values, 1.0);
  return " (" + with_interval(epochs->estimate) + " epochs" +
         (unclear > 0 ? "; too short to tell in " + std::to_string(unclear) : "") + ")";
}

void print_rewards(const AgentMetrics& agent) {
  Table table({{"metric", "", Table::Align::left}, {"window", "window"}, {"tail", "tail"}});
  const auto add = [&](const char* heading, const char* metric, const char* basis) {
    table.row().text(heading).text(cell(agent.window, metric, basis)).text(cell(agent.tail, metric, basis));
  };
  add("reward, expected", "reward", "expected");
  add("reward, realised", "reward", "realised");
  table.row()
      .text("reward, expected, after warm-up")
      .text(cell(agent.window, "reward_after_warm_up", "expected") + warm_up_text(agent.window))
      .text("");
  add("service rate", "service_rate", "realised");
  add("parity gap", "demographic_parity_gap", "realised");
  add("parity ratio", "demographic_parity_ratio", "realised");
  table.row()
      .text("replications with ratio >= 0.8")
      .text(runs_with(agent.window, "four_fifths_met"))
      .text(runs_with(agent.tail, "four_fifths_met"));
  table.print("table");
}

void print_constraints(const TraceReader& trace, const AgentMetrics& agent) {
  if (trace.constraints.empty()) return;
  const std::string basis = trace.stages.empty() ? "expected" : "realised";  // a route has no expected residuals
  Table table({{"constraint", "constraint, " + basis + " residual", Table::Align::left},
               {"frequency", "violated share"},
               {"cumulative", "cumulative violation"},
               {"signed", "signed sum"},
               {"worst", "worst"},
               {"spell", "longest spell"},
               {"time", "feasible after"},
               {"tail", "violated share, tail"}});
  std::vector<std::string> names = trace.constraints;
  names.emplace_back(worst_of_residuals);
  for (const std::string& name : names) {
    Table::Row& row = table.row();
    row.text(name);
    for (const char* metric : {"violation_frequency", "cumulative_violation", "cumulative_residual", "worst_excursion",
                               "longest_spell", "time_to_feasibility"})
      row.text(cell(agent.window, metric, basis, "", name));
    row.text(cell(agent.tail, "violation_frequency", basis, "", name));
  }
  std::cout << '\n';
  table.print("table");
}

/// "0.0123 (-0.0045 to 0.0291)".
std::string with_ends(const Estimate& estimate) {
  if (std::isnan(estimate.high)) return shown(estimate.mean);
  return shown(estimate.mean) + " (" + shown(estimate.low) + " to " + shown(estimate.high) + ")";
}

void print_verdicts(const std::vector<LimitVerdict>& verdicts) {
  Table table({{"limit", "limit, on the tail", Table::Align::left},
               {"verdict", "verdict", Table::Align::left},
               {"bound", "bound"},
               {"mean", "mean, 95 % interval"},
               {"why", "", Table::Align::left}});
  for (const LimitVerdict& one : verdicts) {
    const std::string pair = one.highest.empty() ? "" : one.lowest + " / " + one.highest;
    table.row()
        .text(one.limit)
        .text(finding_text(one.finding))
        .text((one.bound > 0.0 ? ">= " : "<= ") + shown(one.bound))
        .text(with_ends(one.estimate))
        .text(one.reason.empty() ? pair : one.reason);
  }
  std::cout << '\n';
  table.print("table");
}

void print_monitors(const std::vector<ResidualMonitor>& monitors) {
  if (monitors.empty()) return;
  const MonitorCount runs = count_runs(monitors);
  std::cout << "watched from realised residuals alone, the run's mean residuals are shown met in " << runs.met
            << " runs,\nviolated in " << runs.violated << ", undecided in " << runs.undecided << '\n';
}

void print_ranking(const Analysis& analysis, const Ranking& ranking) {
  const bool reward = ranking.better == Better::higher;
  const std::string what = reward ? "reward, " : "mean violation of the worst residual, ";
  Table table({{"agent", what + ranking.basis, Table::Align::left},
               {"mean", "mean"},
               {"difference", "to best, 95 % interval"},
               {"p", "p (Holm)"},
               {"best", "P(best)"},
               {"pairing", "pairing"},
               {"verdict", "verdict", Table::Align::left}});
  for (std::size_t k = 0; k < ranking.standings.size(); ++k) {
    const Standing& one = ranking.standings[k];
    table.row()
        .text(analysis.agents[one.contestant].label)
        .text(with_interval(one.t))
        .text(k == 0 ? "" : with_ends(one.difference))
        .chance(one.p_adjusted, 4)
        .chance(one.probability_best, 3)
        .number(one.variance_reduction, 1)
        .text(standing_text(ranking.standings, k));
  }
  std::cout << '\n';
  table.print("table");
}

void print_rankings(const Analysis& analysis) {
  if (analysis.rankings.empty()) return;
  std::cout << "\n== agents side by side, window ==\n";
  for (const Ranking& ranking : analysis.rankings) print_ranking(analysis, ranking);
}

struct GroupRow {
  const char* heading;
  const char* metric;
  const char* basis;
  const char* view;
  const char* gap;  ///< the metric in the last column
};

constexpr GroupRow group_rows[]{
    {"selection rate", "selection_rate", "realised", "", "demographic_parity_gap"},
    {"qualified, all applicants", "applicant_qualification_rate", "realised", "true", "applicant_qualification_gap"},
    {"  as observed: the accepted", "applicant_qualification_rate", "realised", "observed",
     "applicant_qualification_gap"},
    {"true-positive rate", "true_positive_rate", "realised", "true", "equal_opportunity_gap"},
    {"  as observed", "true_positive_rate", "realised", "observed", "equal_opportunity_gap"},
    {"false-positive rate", "false_positive_rate", "realised", "true", "false_positive_rate_gap"},
    {"  as observed", "false_positive_rate", "realised", "observed", "false_positive_rate_gap"},
    {"predictive value, also observed", "positive_predictive_value", "realised", "true", "predictive_parity_gap"},
    {"qualification, state", "qualification_rate", "expected", "true", "qualification_disparity"},
    {"share of applicants", "group_share", "realised", "", ""},
    {"representation ratio", "representation_ratio", "realised", "", "representation_gap"},
    {"calibration error", "calibration_error", "realised", "true", "largest_calibration_error"},
    {"  as observed: the accepted", "calibration_error", "realised", "observed", "largest_calibration_error"},
    {"success rate less score", "calibration_in_the_large", "realised", "true", ""},
    {"  as observed: the accepted", "calibration_in_the_large", "realised", "observed", ""}};

void print_groups(const TraceReader& trace, const std::vector<MetricValue>& rows, const char* title) {
  std::vector<Table::Column> columns{{"metric", title, Table::Align::left}};
  for (const std::string& group : trace.groups) columns.push_back({group, group});
  columns.push_back({"gap", "gap (worst pair)"});
  Table table(columns);
  for (const GroupRow& one : group_rows) {
    if (find_metric(rows, one.metric, one.basis, one.view, trace.groups[0]) == nullptr) continue;
    Table::Row& row = table.row();
    row.text(one.heading);
    for (const std::string& group : trace.groups) row.text(cell(rows, one.metric, one.basis, one.view, group));
    row.text(cell(rows, one.gap, one.basis, one.view));
  }
  std::cout << '\n';
  table.print("table");
  std::cout << "equalised odds: gap " << cell(rows, "equalised_odds_gap", "realised", "true") << "; benefit: Gini "
            << cell(rows, "benefit_gini", "realised", "true") << ", entropy within "
            << cell(rows, "benefit_entropy_within", "realised", "true") << ", between "
            << cell(rows, "benefit_entropy_between", "realised", "true") << '\n';
}

}  // namespace

void print_analysis_table(const TraceReader& trace, const Analysis& analysis) {
  const Window window = analysis.options.window;
  std::cout << "scenario " << trace.scenario_name << ", seed " << trace.seed << ", epochs " << window.begin << " to "
            << window.end - 1 << " of " << trace.n_epochs << ", " << counted(trace.n_replications, "replication")
            << "; tail: the last quarter\n";
  for (const std::string& note : analysis.notes) std::cout << note << '\n';
  if (!analysis.comparator && trace.stages.empty())  // the oracle takes no route
    std::cout << "regret: needs the oracle's file: `loopgate oracle SCENARIO --save -o " << sidecar_beside(trace.path)
              << "`, or --oracle FILE\n";
  for (const std::string& hint : analysis.hints) std::cout << hint << '\n';
  for (std::size_t a = 0; a < analysis.agents.size(); ++a) {
    const AgentMetrics& agent = analysis.agents[a];
    std::cout << "\n== " << agent.label << " ==\n\n";
    if (agent.replications.empty()) {
      std::cout << "nothing is written in this window\n";
      continue;
    }
    print_rewards(agent);
    print_constraints(trace, agent);
    print_verdicts(analysis.verdicts[a]);
    print_monitors(agent.monitors);
    print_regret(trace, analysis, agent);
    print_groups(trace, agent.window, "groups, window");
    print_groups(trace, agent.tail, "groups, tail");
    print_stages(trace, agent);
    print_loop(trace, agent);
  }
  print_rankings(analysis);
  std::cout
      << "\nMeans over replications with 95 % t intervals; `-`: undefined. Rates are of counts summed over epochs.\n"
         "Expected: at each epoch's state with probabilities for rates, free of sampling noise; rates of groups are\n"
         "realised only. Observed: what an auditor knows who sees outcomes of the accepted only.\n"
      << "Feasible after: epochs until the mean residual of " << analysis.options.average_over
      << " epochs is <= 0; where that never comes in some\nreplications, the expected time up to the end "
         "(Kaplan-Meier). Warm-up: MSER-5, leading epochs left out; too short to\n"
         "tell: the best cut is at half the run. Watched: 95 % confidence sequences, each run for itself, valid at "
         "every\n"
         "epoch, for all constraints at once.\n"
         "Verdicts: met or violated where the whole 95 % interval of the mean expected residual is on that side of "
         "the\n"
         "bound; four-fifths rule: over all pairs of groups, with the worst one shown and the number of pairs allowed "
         "for.\n"
         "Undefined is not met: the reason says in how many epochs. Side by side: differences replication by "
         "replication;\n"
         "p by sign flips, Holm over all pairs; P(best): bootstrap draws in which the agent is best; pairing: "
         "independent "
         "runs\n"
         "would take so many times as many replications.\n"
         "Regret: expected reward of the oracle's threshold minus the agent's, summed; external: at the agent's "
         "states,\n"
         "policy: held from the start; safe: or the worst residual, where that is larger. Noise and drift: sums of "
         "the\n"
         "variance across replications and of squared changes of their mean. AR(1): on the longest stretch under one\n"
         "threshold; corrected: its bias solved for. Variation budget: largest changes of an arm's expected value,\n"
         "summed. More in docs/analyze-json.md.\n"
         "--format json or csv: every metric, realised residuals, each replication's value, counts.\n";
}

void print_analysis_csv(const Analysis& analysis) {
  Table table({{"agent", ""},
               {"part", ""},
               {"metric", ""},
               {"basis", ""},
               {"view", ""},
               {"subject", ""},
               {"highest", ""},
               {"lowest", ""},
               {"mean", ""},
               {"low", ""},
               {"high", ""},
               {"bca_low", ""},
               {"bca_high", ""},
               {"n", ""},
               {"numerator", ""},
               {"denominator", ""},
               {"censored", ""}});
  const auto add = [&](const AgentMetrics& agent, const char* part, const std::vector<MetricValue>& rows) {
    for (const MetricValue& one : rows) {
      Table::Row& row = table.row();
      for (const std::string& word :
           {agent.label, std::string(part), one.metric, one.basis, one.view, one.subject, one.highest, one.lowest})
        row.text(word);
      for (const double value :
           {one.estimate.mean, one.estimate.low, one.estimate.high, one.bca.low, one.bca.high,
            static_cast<double>(one.estimate.n), one.numerator, one.denominator, static_cast<double>(one.n_censored)})
        row.number(value, 6);
    }
  };
  for (const AgentMetrics& agent : analysis.agents) {
    add(agent, "window", agent.window);
    add(agent, "tail", agent.tail);
    add(agent, "loop", agent.loop);
    add(agent, "stages", agent.stages);
  }
  table.print("csv");
}

}  // namespace loopgate::cli
