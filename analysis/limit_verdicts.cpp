#include "analysis/limit_verdicts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "analysis/four_fifths.hpp"
#include "analysis/metric_list.hpp"
#include "analysis/metrics.hpp"
#include "analysis/paired.hpp"
#include "analysis/tolerance.hpp"

namespace loopgate {

namespace {

/// "replications: 9 (expected 10 or more)"; empty: there are enough.
std::string too_few(std::size_t n) {
  if (n >= minimum_replications) return "";
  return "replications: " + std::to_string(n) + " (expected " + std::to_string(minimum_replications) + " or more)";
}

Finding judge(const Estimate& residual) {
  if (residual.n == 0) return Finding::no_value;
  if (residual.n < minimum_replications) return Finding::too_few;
  if (!is_violated(residual.high)) return Finding::met;
  return is_violated(residual.low) ? Finding::violated : Finding::undecided;
}

/// Epochs of the agent's tails in which a residual is undefined.
std::uint64_t undefined_epochs(const AgentMetrics& agent, const MetricValue& mean_residual) {
  const MetricValue* frequency =
      find_metric(agent.tail, "violation_frequency", mean_residual.basis, "", mean_residual.subject);
  return frequency == nullptr ? 0 : agent.tail_epochs - static_cast<std::uint64_t>(frequency->denominator);
}

/// "undefined in 30 of 600 epochs (equal_opportunity:a-b)": of the worst residual, for want of which others.
std::string undefined_text(const AgentMetrics& agent, const MetricValue& mean_residual) {
  const std::uint64_t n = undefined_epochs(agent, mean_residual);
  if (n == 0) return "";
  std::string names;
  for (const MetricValue& row : agent.tail)
    if (mean_residual.subject == worst_of_residuals && row.metric == mean_residual.metric &&
        row.basis == mean_residual.basis && row.subject != worst_of_residuals && undefined_epochs(agent, row) > 0)
      names += (names.empty() ? " (" : ", ") + row.subject;
  return "undefined in " + std::to_string(n) + " of " + std::to_string(agent.tail_epochs) + " epochs" + names +
         (names.empty() ? "" : ")");
}

/// n_constraints: those among which one is looked for that is violated.
LimitVerdict of_residual(const AgentMetrics& agent, const MetricValue& mean_residual, std::size_t n_constraints) {
  LimitVerdict out;
  out.limit = mean_residual.subject;
  out.estimate = mean_residual.estimate;
  out.finding = judge(out.estimate);
  std::vector<double> values = mean_residual.values;
  std::erase_if(values, [](double x) { return std::isnan(x); });
  const double share = mean_residual.subject == worst_of_residuals ? 1.0 : static_cast<double>(n_constraints);
  out.violated_among_all =
      out.finding == Finding::violated && is_violated(t_interval(values, 1.0 - (1.0 - confidence_level) / share).low);
  if (out.finding == Finding::too_few) out.reason = too_few(out.estimate.n);
  if (const std::string lacking = undefined_text(agent, mean_residual); !lacking.empty())
    out.reason += (out.reason.empty() ? "" : "; ") + lacking;
  return out;
}

/// Applicants of a group in a mean replication, and those who would be accepted at the rate of all.
std::string too_small(const MetricValue& group, double rate) {
  const double arrived = group.denominator / static_cast<double>(group.values.size());
  if (arrived * rate >= minimum_expected_accepted) return "";
  char text[160];
  std::snprintf(text, sizeof text, ": %.1f applicants a replication, of whom %.1f would be accepted at the rate of all",
                arrived, arrived * rate);
  return group.subject + text + " (expected " + std::to_string(std::lround(minimum_expected_accepted)) + " or more)";
}

LimitVerdict four_fifths_verdict(const std::vector<MetricValue>& tail) {
  LimitVerdict out;
  out.limit = "four-fifths rule";
  out.bound = four_fifths;
  const double rate = find_metric(tail, "service_rate", "realised")->estimate.mean;
  std::vector<std::string> groups;
  std::vector<std::vector<double>> rates;
  for (const MetricValue& row : tail) {
    if (row.metric != "selection_rate" || row.estimate.n == 0) continue;
    groups.push_back(row.subject);
    rates.push_back(row.values);
  }
  if (!(rate > 0.0) || groups.size() < 2) {
    out.finding = Finding::no_value;
    out.reason = "nobody is accepted, or only one group has applicants";
    return out;
  }
  const FourFifths rule = judge_four_fifths(rates);
  out.estimate = rule.ratio;
  out.lowest = groups[rule.worst.low];
  out.highest = groups[rule.worst.high];
  if (rule.met) out.finding = Finding::met;
  if (rule.violated) out.finding = Finding::violated;
  out.violated_among_all = rule.violated;
  out.reason = too_few(out.estimate.n);
  for (const MetricValue& row : tail)
    if (row.metric == "selection_rate" && out.reason.empty()) out.reason = too_small(row, rate);
  if (out.reason.empty()) return out;
  out.finding = Finding::too_few;
  out.violated_among_all = false;
  return out;
}

}  // namespace

std::vector<LimitVerdict> limit_verdicts(const AgentMetrics& agent, const char* basis) {
  std::vector<LimitVerdict> out;
  if (agent.replications.empty()) return out;
  std::vector<const MetricValue*> residuals;
  for (const MetricValue& row : agent.tail)
    if (row.metric == "mean_residual" && row.basis == basis) residuals.push_back(&row);
  const auto n_constraints = static_cast<std::size_t>(
      std::ranges::count_if(residuals, [](const MetricValue* row) { return row->subject != worst_of_residuals; }));
  for (const MetricValue* row : residuals) out.push_back(of_residual(agent, *row, n_constraints));
  out.push_back(four_fifths_verdict(agent.tail));
  return out;
}

}  // namespace loopgate
