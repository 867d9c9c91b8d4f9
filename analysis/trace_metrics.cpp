#include "analysis/trace_metrics.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/epoch_tally.hpp"
#include "analysis/metric_list.hpp"
#include "core/error.hpp"
#include "core/trace/file_parts.hpp"

namespace loopgate {

namespace {

/// The metrics of one part, replication by replication.
class Collector {
 public:
  Collector(Part part, const TraceReader& trace)
      : groups_(trace.groups),
        list_(part, trace.groups.size(), trace.constraints.size()),
        measured_(list_.size()),
        observed_(list_.size()) {
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
                       0,
                       undefined});
  }

  void add(const ReplicationTally& tally) {
    list_.measure(tally, measured_);
    const auto sum = [](double& total, double one) { total = std::isnan(total) ? one : total + one; };
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      rows_[i].values.push_back(measured_[i].value);
      sum(rows_[i].numerator, measured_[i].counts.numerator);
      sum(rows_[i].denominator, measured_[i].counts.denominator);
      rows_[i].n_censored += measured_[i].censored ? 1 : 0;
      observed_[i].push_back(measured_[i].censored ? 0 : 1);
    }
  }

  /// Intervals, and the pairs with the largest spread of the means; nothing without a replication.
  std::vector<MetricValue> finish(Seed seed) {
    if (rows_.empty() || rows_[0].values.empty()) return {};
    add_intervals(rows_, seed);
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (rows_[i].n_censored > 0) allow_for_censored(i, seed);
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
  /// Times of which some are censored: contributions tell the spread, and the restricted mean itself is the centre.
  void allow_for_censored(std::size_t i, Seed seed) {
    std::vector<double> times;
    std::vector<std::uint8_t> observed;
    for (std::size_t r = 0; r < rows_[i].values.size(); ++r) {
      if (std::isnan(rows_[i].values[r])) continue;
      times.push_back(rows_[i].values[r]);
      observed.push_back(observed_[i][r]);
    }
    const std::vector<double> contributions = restricted_mean_contributions(times, observed);
    Rng numbers = interval_numbers(seed);
    rows_[i].estimate = t_interval(contributions, confidence_level);
    rows_[i].bca = bca_interval(contributions, confidence_level, reported_resamples, numbers);
    const double centre = restricted_mean_time(times, observed);
    for (Estimate* estimate : {&rows_[i].estimate, &rows_[i].bca}) {
      const double shift = centre - estimate->mean;
      *estimate = {centre, estimate->low + shift, estimate->high + shift, estimate->n};
    }
    rows_[i].survival = survival(times, observed, std::ranges::max(times));
  }

  const std::vector<std::string>& groups_;
  MetricList list_;
  std::vector<MeasuredMetric> measured_;
  std::vector<MetricValue> rows_;
  std::vector<std::vector<std::uint8_t>> observed_;  ///< [rows][replications] 0 where the value is censored
};

/// What is gathered of one replication.
struct OneRun {
  ReplicationTally all, late;  ///< the whole of it; its tail
  RunWatch watch;

  OneRun(const TraceReader& trace, const MetricOptions& options)
      : all(trace.groups.size(), trace.constraints.size(), options.average_over),
        late(all),
        watch(options.residual_ranges, confidence_level) {}

  void read(const TraceReader& trace, const std::string& agent, std::uint32_t replication, Window epochs) {
    const std::uint32_t tail_begin = tail_of(epochs).begin;
    for (std::uint32_t t = epochs.begin; t < epochs.end;) {
      const std::uint32_t next = piece_end(trace, t, epochs.end);
      const EpochPiece piece = read_piece(trace, agent, replication, {t, next});
      all.add(piece, 0);
      named(trace.path + ": /agents/" + agent + "/residual", [&] { watch.add(piece); });
      if (next > tail_begin) late.add(piece, tail_begin > t ? tail_begin - t : 0);
      t = next;
    }
  }
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
  LOOPGATE_EXPECT(options.residual_ranges.empty() || options.residual_ranges.size() == trace.constraints.size());
  AgentMetrics out;
  out.label = agent;
  out.epochs_planned = static_cast<std::uint64_t>(window.end - window.begin) * trace.n_replications;
  if (!options.residual_ranges.empty())
    for (const std::string& residual : trace.constraints) out.monitors.push_back({residual, {}});
  const auto written = trace.epochs_written(agent);
  Collector whole(Part::window, trace), tail(Part::tail, trace);
  for (std::uint32_t r = 0; r < trace.n_replications; ++r) {
    const auto end = static_cast<std::uint32_t>(std::min<std::int64_t>(written[r], window.end));
    if (end <= window.begin) continue;
    OneRun run(trace, options);
    run.read(trace, agent, r, {window.begin, end});
    const std::vector<Estimate> watched = run.watch.estimates();
    for (std::size_t m = 0; m < watched.size(); ++m) out.monitors[m].runs.push_back(watched[m]);
    whole.add(run.all);
    tail.add(run.late);
    out.replications.push_back(r);
    out.epochs += end - window.begin;
    out.tail_epochs += run.late.n_epochs;
  }
  out.window = whole.finish(Seed{trace.seed});
  out.tail = tail.finish(Seed{trace.seed});
  return out;
}

}  // namespace loopgate
