#include "analysis/stage_metrics.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/metric_rows.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr const char* basis = "realised";

/// Of a group's applications, the share that was lost at each stage [n_stages].
std::vector<double> lost_shares(const RouteCounts& route, std::size_t g) {
  std::vector<double> shares;
  for (const auto& stage : route.stages) shares.push_back(Ratio{stage[g].lost, route.whole[g].arrived}.value());
  return shares;
}

RouteCounts read_counts(const TraceReader& trace, const std::string& agent, std::uint32_t replication, Window window) {
  const std::size_t n_groups = trace.groups.size();
  RouteCounts route{std::vector(trace.stages.size(), std::vector<StageCounts>(n_groups)),
                    std::vector<GroupCounts>(n_groups), 0};
  for (std::uint32_t t = window.begin; t < window.end;) {
    const std::uint32_t next = piece_end(trace, t, window.end);
    const auto read = [&](const char* name) { return trace.read(agent, name, replication, t, next); };
    const EpochPiece piece = read_piece(trace, agent, replication, {t, next});
    const auto arrived = read("stage_arrived"), accepted = read("stage_accepted"), left = read("stage_left"),
               succeeded = read("stage_succeeded"), qualified = read("stage_qualified"), lost = read("stage_lost"),
               waiting = read("stage_waiting"), wait = read("stage_wait");
    for (std::size_t i = 0; i < arrived.size(); ++i) {
      StageCounts& one = route.stages[i / n_groups % route.stages.size()][i % n_groups];
      one.counts.arrived += arrived[i];
      one.counts.accepted += accepted[i];
      one.counts.succeeded += succeeded[i];
      one.counts.qualified += qualified[i];
      one.left += left[i];
      one.lost += lost[i];
      one.waiting += waiting[i];
      if (const double decided = arrived[i] - left[i]; decided > 0.0) one.waited += wait[i] * decided;
    }
    for (std::size_t i = 0; i < piece.arrived.size(); ++i) {
      GroupCounts& whole = route.whole[i % n_groups];
      whole.arrived += piece.arrived[i];
      whole.accepted += piece.accepted[i];
      whole.succeeded += piece.succeeded[i];
      whole.qualified += piece.qualified[i];
    }
    route.n_epochs += piece.n_epochs;
    t = next;
  }
  return route;
}

/// The rows of all replications, in one order.
class StageRows {
 public:
  explicit StageRows(const TraceReader& trace) : trace_(trace) {}

  void add(const RouteCounts& route) {
    at_ = 0;
    for (std::size_t k = 0; k < route.stages.size(); ++k) add_stage(route, k);
  }

  /// The pair of groups whose acceptance for good differs most, over the replications' mean rates.
  void add_decomposition(const std::vector<RouteCounts>& runs) {
    std::vector<double> rates;
    for (std::size_t g = 0; g < trace_.groups.size(); ++g) {
      std::vector<double> defined;
      for (const RouteCounts& route : runs)
        if (const double rate = selection_rate(route.whole[g]).value(); !std::isnan(rate)) defined.push_back(rate);
      rates.push_back(mean(defined));
    }
    const Spread widest = spread(rates);
    if (std::isnan(widest.gap)) return;
    const std::size_t a = widest.highest, b = widest.lowest;
    for (const RouteCounts& route : runs) {
      at_ = n_stage_rows_;
      const double high = selection_rate(route.whole[a]).value(), low = selection_rate(route.whole[b]).value();
      const auto gaps = gap_added(route, a, b), logs = log_ratio_added(route, a, b);
      put_pair("end_gap", "", high - low, a, b);
      for (std::size_t k = 0; k < gaps.size(); ++k) put_pair("gap_added", trace_.stages[k], gaps[k], a, b);
      put_pair("end_log_ratio", "", high > 0.0 && low > 0.0 ? std::log(low / high) : undefined, a, b);
      for (std::size_t k = 0; k < logs.size(); ++k) put_pair("log_ratio_added", trace_.stages[k], logs[k], a, b);
    }
  }
  void end_of_stages() { n_stage_rows_ = rows_.size(); }

  std::vector<MetricValue> finish() {
    add_intervals(rows_, Seed{trace_.seed});
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (spread_of_[i] == none) continue;
      std::vector<double> means;
      for (std::size_t g = 0; g < trace_.groups.size(); ++g) means.push_back(rows_[spread_of_[i] + g].estimate.mean);
      const Spread widest = spread(means);
      if (std::isnan(widest.gap)) continue;
      rows_[i].highest = trace_.groups[widest.highest];
      rows_[i].lowest = trace_.groups[widest.lowest];
    }
    return std::move(rows_);
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  void add_stage(const RouteCounts& route, std::size_t k) {
    const auto of_stage = [&](std::size_t g) -> const StageCounts& { return route.stages[k][g]; };
    const Spread passed =
        put_rates("selection_rate", "", k, [&](std::size_t g) { return selection_rate(of_stage(g).counts); });
    put_spread("demographic_parity_gap", "", k, passed.gap);
    put_spread("demographic_parity_ratio", "", k, passed.ratio);
    const Spread chances = put_rates("true_positive_rate", "true", k,
                                     [&](std::size_t g) { return true_positive_rate(of_stage(g).counts); });
    put_spread("equal_opportunity_gap", "true", k, chances.gap);
    const Spread precision = put_rates("positive_predictive_value", "true", k,
                                       [&](std::size_t g) { return positive_predictive_value(of_stage(g).counts); });
    put_spread("predictive_parity_gap", "true", k, precision.gap);
    double all = 0.0;
    for (const StageCounts& one : route.stages[k]) all += one.counts.arrived;
    put_rates("group_share", "", k, [&](std::size_t g) { return Ratio{of_stage(g).counts.arrived, all}; });
    put_rates("left_rate", "", k, [&](std::size_t g) { return Ratio{of_stage(g).left, of_stage(g).counts.arrived}; });
    put_rates("lost_share", "", k, [&](std::size_t g) { return Ratio{of_stage(g).lost, route.whole[g].arrived}; });
    const Spread waits = put_rates("mean_wait", "", k, [&](std::size_t g) {
      return Ratio{of_stage(g).waited, of_stage(g).counts.arrived - of_stage(g).left};
    });
    put_spread("mean_wait_gap", "", k, waits.gap);
    put_rates("mean_waiting", "", k, [&](std::size_t g) {
      return Ratio{of_stage(g).waiting, static_cast<double>(route.n_epochs)};
    });
  }

  MetricValue& put(const char* metric, const char* view, const std::string& subject, double value) {
    if (at_ == rows_.size()) {
      rows_.push_back(of_each_run(metric, basis, subject, {}));
      rows_.back().view = view;
      spread_of_.push_back(none);
    }
    rows_[at_].values.push_back(value);
    return rows_[at_++];
  }
  void put_pair(const char* metric, const std::string& subject, double value, std::size_t a, std::size_t b) {
    MetricValue& row = put(metric, "", subject, value);
    row.highest = trace_.groups[a];
    row.lowest = trace_.groups[b];
  }
  template <class Rate>
  Spread put_rates(const char* metric, const char* view, std::size_t stage, Rate rate) {
    first_ = at_;
    std::vector<double> by_group;
    for (std::size_t g = 0; g < trace_.groups.size(); ++g) {
      const Ratio ratio = rate(g);
      MetricValue& row = put(metric, view, trace_.stages[stage] + ':' + trace_.groups[g], ratio.value());
      row.numerator = (std::isnan(row.numerator) ? 0.0 : row.numerator) + ratio.numerator;
      row.denominator = (std::isnan(row.denominator) ? 0.0 : row.denominator) + ratio.denominator;
      by_group.push_back(ratio.value());
    }
    return spread(by_group);
  }
  void put_spread(const char* metric, const char* view, std::size_t stage, double value) {
    put(metric, view, trace_.stages[stage], value);
    spread_of_[at_ - 1] = first_;
  }

  const TraceReader& trace_;
  std::vector<MetricValue> rows_;
  std::vector<std::size_t> spread_of_;  ///< [rows] where the first group's value is; none: no spread
  std::size_t at_ = 0, first_ = 0, n_stage_rows_ = 0;
};

}  // namespace

std::vector<double> gap_added(const RouteCounts& route, std::size_t a, std::size_t b) {
  const auto lost_a = lost_shares(route, a), lost_b = lost_shares(route, b);
  std::vector<double> added;
  for (std::size_t k = 0; k < lost_a.size(); ++k) added.push_back(lost_b[k] - lost_a[k]);
  return added;
}

std::vector<double> log_ratio_added(const RouteCounts& route, std::size_t a, std::size_t b) {
  std::vector<double> added;
  double remain_a = route.whole[a].arrived, remain_b = route.whole[b].arrived;
  for (const auto& stage : route.stages) {
    const double before_a = remain_a, before_b = remain_b;
    remain_a -= stage[a].lost;
    remain_b -= stage[b].lost;
    const bool some = remain_a > 0.0 && remain_b > 0.0;
    added.push_back(some ? std::log(remain_b / before_b) - std::log(remain_a / before_a) : undefined);
  }
  return added;
}

void add_stage_metrics(const TraceReader& trace, Window window, AgentMetrics& agent) {
  if (trace.stages.empty() || agent.replications.empty()) return;
  const auto written = trace.epochs_written(agent.label);
  std::vector<RouteCounts> runs;
  for (const std::uint32_t r : agent.replications)
    runs.push_back(
        read_counts(trace, agent.label, r,
                    {window.begin, static_cast<std::uint32_t>(std::min<std::int64_t>(written[r], window.end))}));
  StageRows rows(trace);
  for (const RouteCounts& route : runs) rows.add(route);
  rows.end_of_stages();
  rows.add_decomposition(runs);
  agent.stages = rows.finish();
}

}  // namespace loopgate
