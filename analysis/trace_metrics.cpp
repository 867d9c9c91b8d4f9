#include "analysis/trace_metrics.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/epoch_tally.hpp"
#include "analysis/metric_list.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

/// The metrics of one part, replication by replication.
class Collector {
 public:
  Collector(Part part, const TraceReader& trace)
      : groups_(trace.groups), list_(part, trace.groups.size(), trace.constraints.size()), measured_(list_.size()) {
    for (const MetricKey& key : list_.keys())
      rows_.push_back({key.metric,
                       key.basis,
                       key.view,
                       key.subject(trace.groups, trace.constraints),
                       {},
                       {},
                       {},
                       {},
                       {},
                       undefined,
                       undefined,
                       0});
  }

  void add(const ReplicationTally& tally) {
    list_.measure(tally, measured_);
    const auto sum = [](double& total, double one) { total = std::isnan(total) ? one : total + one; };
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      rows_[i].values.push_back(measured_[i].value);
      sum(rows_[i].numerator, measured_[i].counts.numerator);
      sum(rows_[i].denominator, measured_[i].counts.denominator);
      rows_[i].n_censored += measured_[i].censored ? 1 : 0;
    }
  }

  /// Intervals, and the pairs with the largest spread of the means; nothing without a replication.
  std::vector<MetricValue> finish(Seed seed) {
    if (rows_.empty() || rows_[0].values.empty()) return {};
    add_intervals(rows_, seed);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::optional<std::size_t> first = list_.keys()[i].spread_of;
      if (!first) continue;
      std::vector<double> means;
      for (std::size_t g = 0; g < groups_.size(); ++g) means.push_back(rows_[*first + g].estimate.mean);
      const Spread widest = spread(means);
      if (std::isnan(widest.gap)) continue;
      rows_[i].highest = groups_[widest.highest];
      rows_[i].lowest = groups_[widest.lowest];
    }
    return std::move(rows_);
  }

 private:
  const std::vector<std::string>& groups_;
  MetricList list_;
  std::vector<MeasuredMetric> measured_;
  std::vector<MetricValue> rows_;
};

}  // namespace

const MetricValue* find_metric(const std::vector<MetricValue>& rows, std::string_view metric, std::string_view basis,
                               std::string_view view, std::string_view subject) {
  const auto at = std::ranges::find_if(rows, [&](const MetricValue& row) {
    return row.metric == metric && row.basis == basis && row.view == view && row.subject == subject;
  });
  return at == rows.end() ? nullptr : &*at;
}

void add_intervals(std::span<MetricValue> rows, Seed seed) {
  std::vector<std::vector<double>> defined(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::ranges::copy_if(rows[i].values, std::back_inserter(defined[i]), [](double x) { return !std::isnan(x); });
  const auto bca = bca_intervals(defined, confidence_level, reported_resamples, interval_numbers(seed));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].values.empty()) continue;
    rows[i].estimate = t_interval(defined[i], confidence_level);
    rows[i].bca = bca[i];
  }
}

Window tail_of(Window written) noexcept {
  return {written.end - static_cast<std::uint32_t>(std::ceil(tail_share * (written.end - written.begin))), written.end};
}

AgentMetrics agent_metrics(const TraceReader& trace, const std::string& agent, const MetricOptions& options) {
  const Window window = options.window;
  LOOPGATE_EXPECT(window.begin < window.end && window.end <= trace.n_epochs);
  AgentMetrics out;
  out.label = agent;
  out.epochs_planned = static_cast<std::uint64_t>(window.end - window.begin) * trace.n_replications;
  const auto written = trace.epochs_written(agent);
  Collector whole(Part::window, trace), tail(Part::tail, trace);
  for (std::uint32_t r = 0; r < trace.n_replications; ++r) {
    const auto end = static_cast<std::uint32_t>(std::min<std::int64_t>(written[r], window.end));
    if (end <= window.begin) continue;
    const std::uint32_t n = end - window.begin;
    const std::uint32_t tail_begin = tail_of({window.begin, end}).begin;
    ReplicationTally all(trace.groups.size(), trace.constraints.size(), options.average_over), late = all;
    for (std::uint32_t t = window.begin; t < end;) {
      const std::uint32_t next = piece_end(trace, t, end);
      const EpochPiece piece = read_piece(trace, agent, r, {t, next});
      all.add(piece, 0);
      if (next > tail_begin) late.add(piece, tail_begin > t ? tail_begin - t : 0);
      t = next;
    }
    whole.add(all);
    tail.add(late);
    out.replications.push_back(r);
    out.epochs += n;
  }
  out.window = whole.finish(Seed{trace.seed});
  out.tail = tail.finish(Seed{trace.seed});
  return out;
}

}  // namespace loopgate
