#include "cli/loop_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "analysis/metric_list.hpp"
#include "cli/analysis_table.hpp"
#include "cli/table.hpp"

namespace loopgate::cli {

namespace {

/// "120 +-15 (too short to tell in 3)".
std::string settled_text(const AgentMetrics& agent, const std::string& signal) {
  const MetricValue& row = *find_metric(agent.loop, "settled_from", "expected", "", signal);
  if (find_metric(agent.loop, "tail_change", "expected", "", signal)->estimate.n == 0) return "-";  // undefined itself
  const auto unclear = std::ranges::count_if(row.values, [](double epochs) { return std::isnan(epochs); });
  if (unclear == static_cast<std::ptrdiff_t>(row.values.size())) return "too short to tell";
  return cell(agent.loop, "settled_from", "expected", "", signal) +
         (unclear > 0 ? " (too short to tell in " + std::to_string(unclear) + ")" : "");
}

void print_signals(const TraceReader& trace, const AgentMetrics& agent) {
  Table table({{"signal", "expected signal", Table::Align::left},
               {"settled", "settled after"},
               {"change", "change within tail"},
               {"r_hat", "R-hat, tail"},
               {"noise", "noise"},
               {"drift", "drift"},
               {"unbiased", "drift, unbiased"}});
  std::vector<std::string> signals{"expected reward"};
  if (!trace.constraints.empty()) signals.emplace_back(worst_of_residuals);
  for (const std::string& signal : signals) {
    Table::Row& row = table.row();
    row.text(signal).text(settled_text(agent, signal));
    for (const char* metric : {"tail_change", "r_hat", "noise", "drift", "drift_unbiased"})
      row.text(cell(agent.loop, metric, "expected", "", signal));
  }
  table.print("table");
}

void print_states(const TraceReader& trace, const AgentMetrics& agent) {
  if (trace.states.empty()) return;
  const auto of_agent = [&](const char* metric, const char* basis, const std::string& subject = "") {
    const std::string shown = cell(agent.loop, metric, basis, "", subject);
    return shown.empty() ? "-" : shown;
  };
  Table table({{"state", "state", Table::Align::left},
               {"tail", "tail"},
               {"rest", "rests at, mean field"},
               {"r_hat", "R-hat"},
               {"slope", "AR(1) slope"},
               {"corrected", "corrected"},
               {"fixed", "AR(1) fixed point"},
               {"half", "half-life"}});
  for (const std::string& state : trace.states) {
    Table::Row& row = table.row();
    row.text(state).text(of_agent("tail_state", "realised", state)).text(of_agent("fixed_point", "mean_field", state));
    for (const char* metric : {"r_hat", "autoregression_slope", "autoregression_slope_corrected",
                               "autoregression_fixed_point", "autoregression_half_life"})
      row.text(of_agent(metric, "realised", state));
  }
  std::cout << '\n';
  table.print("table");
  std::cout << "tail's mean threshold:";
  for (const std::string& group : trace.groups)
    std::cout << ' ' << group << ' ' << of_agent("tail_threshold", "realised", group);
  std::cout << "; there, by mean field,\na small disturbance shrinks by the factor "
            << of_agent("spectral_radius", "mean_field")
            << " an epoch, and the distance of runs from the start and from the tail by "
            << of_agent("coupling_factor", "mean_field")
            << "\nlongest stretch under one threshold: " << of_agent("held_epochs", "realised") << " epochs\n";
}

void print_audit(const AgentMetrics& agent) {
  Table table({{"stream", "what the learner averages", Table::Align::left},
               {"coverage", "its intervals hold"},
               {"n", "intervals"},
               {"variation", "variation budget"}});
  bool some = false;
  for (const MetricValue& one : agent.loop) {
    if (one.metric != "interval_coverage") continue;
    table.row()
        .text(one.subject)
        .text(cell(agent.loop, "interval_coverage", "expected", "", one.subject))
        .number(one.denominator, 0)
        .text(cell(agent.loop, "variation_budget", "expected", "", one.subject));
    some = true;
  }
  if (!some) return;
  std::cout << '\n';
  table.print("table");
}

}  // namespace

void print_regret(const TraceReader& trace, const Analysis& analysis, const AgentMetrics& agent) {
  if (!analysis.comparator) return;
  const Comparator& best = *analysis.comparator;
  char heading[160];
  std::snprintf(heading, sizeof heading, "regret against threshold %.6g (%s, reward %.4f)", best.threshold,
                best.objective == Objective::horizon ? "horizon" : "stationary", best.reward);
  Table table({{"metric", heading, Table::Align::left}, {"window", "window"}, {"tail", "tail"}});
  const auto add = [&](const char* name, const char* metric, const std::string& subject = "") {
    table.row()
        .text(name)
        .text(cell(agent.window, metric, "expected", "", subject))
        .text(cell(agent.tail, metric, "expected", "", subject));
  };
  add("external", "external_regret");
  add("policy", "policy_regret");
  add("safe", "safe_regret");
  add("safe, positive part", "safe_regret_positive");
  add("steady-state gap per epoch", "steady_state_gap");
  if (!trace.constraints.empty()) add("beside it: cumulative violation", "cumulative_violation", worst_of_residuals);
  std::cout << '\n';
  table.print("table");
}

void print_loop(const TraceReader& trace, const AgentMetrics& agent) {
  std::cout << '\n';
  print_signals(trace, agent);
  print_states(trace, agent);
  print_audit(agent);
}

}  // namespace loopgate::cli
