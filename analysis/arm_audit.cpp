#include "analysis/arm_audit.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/loop_dynamics.hpp"
#include "analysis/metric_rows.hpp"

namespace loopgate {

namespace {

constexpr std::uint32_t audits_at_once = 64;

/// One replication, one stream.
struct StreamAudit {
  IntervalCoverage coverage;
  std::vector<double> expected;  ///< [n_arms] of the last audit; empty: none yet
  double variation = undefined;  ///< sum over audits of the largest change of an arm; NaN: fewer than two audits

  void add(std::span<const double> count, std::span<const double> mean, std::span<const double> radius,
           std::span<const double> now) {
    const IntervalCoverage one = interval_coverage(count, mean, radius, now);
    coverage.held += one.held;
    coverage.n += one.n;
    if (!expected.empty()) {
      double largest = 0.0;
      for (std::size_t k = 0; k < now.size(); ++k) largest = std::max(largest, std::abs(now[k] - expected[k]));
      variation = std::isnan(variation) ? largest : variation + largest;
    }
    expected.assign(now.begin(), now.end());
  }
};

/// Audits begin..end-1 of one replication.
std::vector<StreamAudit> audit(const TraceReader& trace, const std::string& agent, std::uint32_t replication,
                               std::uint32_t begin, std::uint32_t end, std::size_t n_streams) {
  std::vector<StreamAudit> streams(n_streams);
  for (std::uint32_t first = begin; first < end; first += audits_at_once) {
    const std::uint32_t last = std::min(end, first + audits_at_once);
    const auto read = [&](const char* name) {
      return trace.read(agent, std::string("arms/") + name, replication, first, last);
    };
    const std::vector<double> count = read("count"), mean = read("mean"), radius = read("radius"),
                              expected = read("expected");
    const std::size_t n_arms = count.size() / n_streams / (last - first);
    for (std::size_t i = 0; i < (last - first) * n_streams; ++i) {
      const auto part = [&](const std::vector<double>& all) { return std::span(all).subspan(i * n_arms, n_arms); };
      streams[i % n_streams].add(part(count), part(mean), part(radius), part(expected));
    }
  }
  return streams;
}

}  // namespace

void add_arm_audit(const TraceReader& trace, Window window, AgentMetrics& out) {
  if (!trace.has(out.label, "arms")) return;
  const std::vector<std::string> names = trace.arm_streams(out.label);
  const std::vector<std::int64_t> epochs = trace.audited_epochs(out.label);
  const auto written = trace.epochs_written(out.label);
  const auto first_from = [&](std::int64_t epoch) {
    return static_cast<std::uint32_t>(std::ranges::lower_bound(epochs, epoch) - epochs.begin());
  };
  const std::uint32_t begin = first_from(window.begin);
  if (begin == first_from(window.end)) return;
  std::vector<std::vector<StreamAudit>> runs;
  for (const std::uint32_t r : out.replications) {
    const std::uint32_t end = first_from(std::min<std::int64_t>(written[r], window.end));
    runs.push_back(audit(trace, out.label, r, begin, end, names.size()));
  }
  for (std::size_t s = 0; s < names.size(); ++s) {
    IntervalCoverage all;
    std::vector<double> shares;
    for (const auto& run : runs) {
      const IntervalCoverage& one = run[s].coverage;
      shares.push_back(one.n > 0 ? static_cast<double>(one.held) / static_cast<double>(one.n) : undefined);
      all.held += one.held;
      all.n += one.n;
    }
    MetricValue& row = out.loop.emplace_back(of_each_run("interval_coverage", "expected", names[s], std::move(shares)));
    row.numerator = static_cast<double>(all.held);
    row.denominator = static_cast<double>(all.n);
  }
  for (std::size_t s = 0; s < names.size(); ++s) {
    std::vector<double> variation;
    for (const auto& run : runs) variation.push_back(run[s].variation);
    out.loop.push_back(of_each_run("variation_budget", "expected", names[s], std::move(variation)));
  }
}

}  // namespace loopgate
