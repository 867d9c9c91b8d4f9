#include "analysis/summary.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/constraint_statistics.hpp"
#include "analysis/epoch_piece.hpp"
#include "analysis/epoch_tally.hpp"
#include "analysis/intervals.hpp"
#include "analysis/metrics.hpp"
#include "analysis/tolerance.hpp"

namespace loopgate {

namespace {

constexpr std::uint32_t piece = 4096;  // epochs held at once

/// Sums over the epochs of one agent, gathered replication by replication.
struct Gathered {
  std::vector<double> arrived, accepted;   ///< [n_groups]
  std::vector<double> replication_reward;  ///< mean per replication
  RunningMean violation;
  std::uint64_t epochs = 0;

  void add_epochs(const TraceReader& trace, const std::string& agent, std::uint32_t r, std::uint32_t begin,
                  std::uint32_t end, double& reward_sum, std::uint64_t& reward_count) {
    const std::size_t n_groups = trace.groups.size(), n_residuals = trace.constraints.size();
    const auto came = trace.read(agent, "arrived", r, begin, end), taken = trace.read(agent, "accepted", r, begin, end);
    for (std::size_t i = 0; i < came.size(); ++i) {
      arrived[i % n_groups] += came[i];
      accepted[i % n_groups] += taken[i];
    }
    for (const double reward : trace.read(agent, "reward", r, begin, end)) {
      if (std::isnan(reward)) continue;
      reward_sum += reward;
      ++reward_count;
    }
    if (n_residuals == 0) return;
    const auto residual = trace.read(agent, judged_residuals(trace), r, begin, end);
    for (std::size_t t = 0; t < end - begin; ++t)
      violation.add(violation_of(worst_residual(std::span(residual).subspan(t * n_residuals, n_residuals))));
  }
};

AgentSummary summarise_agent(const TraceReader& trace, const std::string& agent, double seconds) {
  Gathered all;
  all.arrived.assign(trace.groups.size(), 0.0);
  all.accepted = all.arrived;
  const auto written = trace.epochs_written(agent);
  for (std::uint32_t r = 0; r < trace.n_replications; ++r) {
    const auto n = static_cast<std::uint32_t>(written[r]);
    double reward_sum = 0.0;
    std::uint64_t reward_count = 0;
    for (std::uint32_t t = 0; t < n; t += piece)
      all.add_epochs(trace, agent, r, t, std::min(n, t + piece), reward_sum, reward_count);
    if (reward_count > 0) all.replication_reward.push_back(reward_sum / static_cast<double>(reward_count));
    all.epochs += n;
  }
  AgentSummary out;
  out.label = agent;
  out.epochs = all.epochs;
  out.epochs_planned = static_cast<std::uint64_t>(trace.n_replications) * trace.n_epochs;
  const Estimate reward = t_interval(all.replication_reward, 0.95);
  out.mean_reward = reward.mean;
  out.reward_half_width = reward.high - reward.mean;
  double people = 0.0;
  for (std::size_t g = 0; g < all.arrived.size(); ++g) {
    people += all.arrived[g];
    out.acceptance.push_back(Ratio{all.accepted[g], all.arrived[g]}.value());
  }
  out.gap = spread(out.acceptance).gap;
  out.violation = all.violation.value();
  if (seconds > 0.0) out.applicants_per_second = people / seconds;
  return out;
}

}  // namespace

std::vector<AgentSummary> summarise(const TraceReader& trace) {
  std::vector<AgentSummary> all;
  for (std::size_t a = 0; a < trace.agents.size(); ++a)
    all.push_back(summarise_agent(trace, trace.agents[a], trace.seconds[a]));
  return all;
}

}  // namespace loopgate
