#include "analysis/limit_verdicts.hpp"

#include <cmath>
#include <cstdio>

#include "analysis/metric_list.hpp"
#include "analysis/metrics.hpp"
#include "analysis/paired.hpp"
#include "analysis/tolerance.hpp"

namespace loopgate {

namespace {

/// Judges by the interval alone. sign: 1 where the limit is kept below the bound, -1 above.
void judge(LimitVerdict& one, double sign) {
  if (one.estimate.n < minimum_replications) {
    one.finding = Finding::too_few;
    one.reason = "replications: " + std::to_string(one.estimate.n) + " (expected " +
                 std::to_string(minimum_replications) + " or more)";
    return;
  }
  const double low = sign * (one.estimate.low - one.bound), high = sign * (one.estimate.high - one.bound);
  if (std::max(low, high) <= limit_tolerance) one.finding = Finding::met;
  else if (is_violated(std::min(low, high))) one.finding = Finding::violated;
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

LimitVerdict of_residual(const AgentMetrics& agent, const MetricValue& mean_residual) {
  LimitVerdict out;
  out.limit = mean_residual.subject;
  out.estimate = mean_residual.estimate;
  judge(out, 1.0);
  const std::string undefined_part = undefined_text(agent, mean_residual);
  if (out.estimate.n == 0) {
    out.finding = Finding::undefined;
    out.reason = undefined_part;
  } else if (!undefined_part.empty()) {
    out.reason += (out.reason.empty() ? "" : "; ") + undefined_part;
  }
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

/// Lowest over highest selection rate of each replication, where defined.
std::vector<double> ratios(const MetricValue& lowest, const MetricValue& highest) {
  std::vector<double> out;
  for (std::size_t r = 0; r < lowest.values.size(); ++r) {
    const double ratio = Ratio{lowest.values[r], highest.values[r]}.value();
    if (!std::isnan(ratio)) out.push_back(ratio);
  }
  return out;
}

LimitVerdict four_fifths_verdict(const std::vector<MetricValue>& tail) {
  LimitVerdict out;
  out.limit = "four-fifths rule";
  out.bound = four_fifths;
  const MetricValue& gap = *find_metric(tail, "demographic_parity_gap", "realised");
  const double rate = find_metric(tail, "service_rate", "realised")->estimate.mean;
  if (!gap.highest.empty() && rate > 0.0) {
    out.highest = gap.highest;
    out.lowest = gap.lowest;
    out.estimate = t_interval(ratios(*find_metric(tail, "selection_rate", "realised", "", gap.lowest),
                                     *find_metric(tail, "selection_rate", "realised", "", gap.highest)),
                              confidence_level);
  }
  judge(out, -1.0);
  if (out.highest.empty()) {
    out.finding = Finding::undefined;
    out.reason = "nobody is accepted, or only one group has applicants";
  }
  for (const MetricValue& row : tail) {
    if (row.metric != "selection_rate" || !out.reason.empty()) continue;
    out.reason = too_small(row, rate);
    if (!out.reason.empty()) out.finding = Finding::too_few;
  }
  return out;
}

}  // namespace

std::vector<LimitVerdict> limit_verdicts(const AgentMetrics& agent, const char* basis) {
  std::vector<LimitVerdict> out;
  if (agent.replications.empty()) return out;
  for (const MetricValue& row : agent.tail)
    if (row.metric == "mean_residual" && row.basis == basis) out.push_back(of_residual(agent, row));
  out.push_back(four_fifths_verdict(agent.tail));
  return out;
}

}  // namespace loopgate
