#include "analysis/agent_series.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "analysis/constraint_statistics.hpp"
#include "analysis/metrics.hpp"
#include "analysis/tolerance.hpp"
#include "analysis/trace_metrics.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

/// One replication while its epochs go by.
class Run {
 public:
  Run(const SeriesRequest& request, const EpochBins& bins, std::size_t n_groups, std::size_t n_residuals,
      std::uint32_t tail_begin)
      : request_(request),
        bins_(bins),
        n_groups_(n_groups),
        n_residuals_(n_residuals),
        tail_begin_(tail_begin),
        reward_(bins.size()),
        gap_(bins.size()),
        auc_(bins.size()),
        threshold_(n_groups, BinnedRun(bins.size())),
        composition_(threshold_),
        qualification_(threshold_),
        violation_(bins.size(), undefined),
        counts_(bins.size() * n_groups),
        tail_threshold_(n_groups),
        tail_residual_(n_residuals) {}

  /// time: of each decision of the piece, from epoch begin on.
  void add(const EpochPiece& piece, std::span<const double> time, std::uint32_t begin) {
    for (std::size_t t = 0; t < piece.n_epochs; ++t) {
      const auto epoch = begin + static_cast<std::uint32_t>(t);
      const std::size_t b = bins_.of(epoch);
      reward_.add(b, piece.expected_reward[t]);
      if (epoch >= tail_begin_) tail_reward_.add(piece.expected_reward[t]);
      add_groups(piece, t, b, epoch);
      if (n_residuals_ > 0)
        add_residuals(std::span(piece.expected_residual).subspan(t * n_residuals_, n_residuals_), b, epoch, time[t]);
    }
  }

  /// version: of each epoch from begin on, the score model in use; auc: of each model.
  void add_scores(std::span<const double> version, std::span<const double> auc, std::uint32_t begin) {
    for (std::size_t t = 0; t < version.size(); ++t)
      auc_.add(bins_.of(begin + static_cast<std::uint32_t>(t)), auc[static_cast<std::size_t>(version[t])]);
  }

  /// Gives this replication's values to the series of all.
  void finish(AgentSeries& out) const {
    out.expected_reward.add(reward_);
    const std::size_t n = bins_.size();
    std::vector<double> service(n), gap(n);
    for (std::size_t b = 0; b < n; ++b) {
      const std::span counts = std::span(counts_).subspan(b * n_groups_, n_groups_);
      std::vector<double> rates;
      Ratio all;
      for (const GroupCounts& one : counts) {
        rates.push_back(selection_rate(one).value());
        all.numerator += one.accepted;
        all.denominator += one.arrived;
      }
      service[b] = all.value();
      gap[b] = spread(rates).gap;
    }
    out.service_rate.add(service);
    if (request_.gap_residuals.empty()) out.parity_gap.add(gap);
    else out.parity_gap.add(gap_);
    out.cumulative_violation.add(violation_);
    out.score_auc.add(auc_);
    for (std::size_t g = 0; g < n_groups_; ++g) {
      out.threshold[g].add(threshold_[g]);
      out.composition[g].add(composition_[g]);
      out.qualification_rate[g].add(qualification_[g]);
    }
    out.common_threshold = out.common_threshold && common_threshold_;
  }

  double tail_reward() const noexcept { return tail_reward_.value(); }
  double tail_threshold(std::size_t g) const noexcept { return tail_threshold_[g].value(); }
  double tail_residual() const {
    std::vector<double> means;
    for (const RunningMean& one : tail_residual_) means.push_back(one.value());
    return worst_residual(means);
  }

 private:
  void add_groups(const EpochPiece& piece, std::size_t t, std::size_t b, std::uint32_t epoch) {
    for (std::size_t g = 0, i = t * n_groups_; g < n_groups_; ++g, ++i) {
      GroupCounts& counts = counts_[b * n_groups_ + g];
      counts.arrived += piece.arrived[i];
      counts.accepted += piece.accepted[i];
      threshold_[g].add(b, piece.threshold[i]);
      composition_[g].add(b, piece.composition[i]);
      qualification_[g].add(b, piece.qualification_rate[i]);
      common_threshold_ = common_threshold_ && piece.threshold[i] == piece.threshold[t * n_groups_];
      if (epoch >= tail_begin_) tail_threshold_[g].add(piece.threshold[i]);
    }
  }

  void add_residuals(std::span<const double> residual, std::size_t b, std::uint32_t epoch, Time now) {
    double widest = undefined;
    for (const std::size_t m : request_.gap_residuals) widest = std::fmax(widest, residual[m]);
    gap_.add(b, widest + request_.tolerance.at(now));
    violation_sum_.add(violation_of(worst_residual(residual)));
    violation_[b] = violation_sum_.total();
    if (epoch < tail_begin_) return;
    for (std::size_t m = 0; m < n_residuals_; ++m) tail_residual_[m].add(residual[m]);
  }

  const SeriesRequest& request_;
  const EpochBins& bins_;
  std::size_t n_groups_, n_residuals_;
  std::uint32_t tail_begin_;
  BinnedRun reward_, gap_, auc_;
  std::vector<BinnedRun> threshold_, composition_, qualification_;  // [n_groups]
  std::vector<double> violation_;                                   // [n_bins]
  std::vector<GroupCounts> counts_;                                 // [n_bins x n_groups]
  RunningMean tail_reward_;
  std::vector<RunningMean> tail_threshold_, tail_residual_;  // [n_groups], [n_residuals]
  RunningMean violation_sum_;
  bool common_threshold_ = true;
};

/// Of a replication, with realised values in place of expected ones where it is those that agents are judged by.
EpochPiece judged_piece(const TraceReader& trace, const std::string& agent, std::uint32_t replication, Window window) {
  EpochPiece piece = read_piece(trace, agent, replication, window);
  if (std::string_view(judged_basis(trace)) != "realised") return piece;
  piece.expected_reward = piece.reward;
  piece.expected_residual = piece.residual;
  return piece;
}

/// When epochs begin..end-1 of a replication decide.
std::vector<double> decision_times(const TraceReader& trace, const std::string& agent, std::uint32_t replication,
                                   std::uint32_t begin, std::uint32_t end) {
  if (trace.has(agent, "time")) return trace.read(agent, "time", replication, begin, end);
  std::vector<double> times(end - begin);
  std::iota(times.begin(), times.end(), static_cast<double>(begin));
  return times;
}

Estimate over_replications(std::vector<double> values) {
  std::erase_if(values, [](double x) { return std::isnan(x); });
  return t_interval(values, 0.95);
}

}  // namespace

AgentSeries::AgentSeries(std::string name, std::size_t n_bins, std::size_t n_groups)
    : label(std::move(name)),
      expected_reward(n_bins),
      service_rate(n_bins),
      parity_gap(n_bins),
      cumulative_violation(n_bins),
      score_auc(n_bins),
      threshold(n_groups, DecimatedSeries(n_bins)),
      composition(threshold),
      qualification_rate(threshold) {}

AgentSeries agent_series(const TraceReader& trace, const std::string& agent, const SeriesRequest& request) {
  const Window window = request.window;
  const EpochBins bins(window, request.n_bins);
  const std::size_t n_groups = trace.groups.size();
  AgentSeries out(agent, bins.size(), n_groups);
  std::vector<double> reward, residual;
  std::vector<std::vector<double>> threshold(n_groups), composition(n_groups), qualification(n_groups);
  const auto written = trace.epochs_written(agent);
  const std::size_t n_models = trace.score_models(agent);
  out.score_learns = n_models > 0;
  for (std::uint32_t r = 0; r < trace.n_replications; ++r) {
    const auto end = static_cast<std::uint32_t>(std::min<std::int64_t>(written[r], window.end));
    if (end <= window.begin) continue;
    Run run(request, bins, n_groups, trace.constraints.size(), tail_of({window.begin, end}).begin);
    std::vector<double> auc;
    if (n_models > 0) auc = trace.read(agent, "score_model/auc", r, 0, static_cast<std::uint32_t>(n_models));
    for (std::uint32_t t = window.begin; t < end;) {
      const std::uint32_t next = piece_end(trace, t, end);
      const EpochPiece piece = judged_piece(trace, agent, r, {t, next});
      run.add(piece, decision_times(trace, agent, r, t, next), t);
      for (std::size_t g = 0; g < n_groups && t == window.begin; ++g) {
        composition[g].push_back(piece.composition[g]);
        qualification[g].push_back(piece.qualification_rate[g]);
      }
      if (n_models > 0) run.add_scores(trace.read(agent, "score_version", r, t, next), auc, t);
      t = next;
    }
    run.finish(out);
    reward.push_back(run.tail_reward());
    residual.push_back(run.tail_residual());
    for (std::size_t g = 0; g < n_groups; ++g) threshold[g].push_back(run.tail_threshold(g));
  }
  out.resting_reward = over_replications(reward);
  out.resting_residual = over_replications(residual);
  for (std::size_t g = 0; g < n_groups; ++g) {
    out.resting_threshold.push_back(over_replications(threshold[g]));
    out.first_composition.push_back(over_replications(composition[g]));
    out.first_qualification_rate.push_back(over_replications(qualification[g]));
  }
  return out;
}

}  // namespace loopgate
