#include "analysis/closed_loop.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/arm_audit.hpp"
#include "analysis/convergence.hpp"
#include "analysis/loop_tally.hpp"
#include "analysis/metric_list.hpp"
#include "analysis/metric_rows.hpp"
#include "analysis/regret.hpp"
#include "analysis/resting_loop.hpp"

namespace loopgate {

namespace {

/// One replication: its place in the trace, what is written of the window, and what is gathered of it.
struct Run {
  std::uint32_t replication;
  Window written, tail;
  LoopTally loop;
  RegretTally regret, tail_regret;
};

/// Epochs of one replication, as the trace holds them.
struct Piece {
  std::vector<double> threshold, state, reward, residual;  ///< [epochs x ...]; reward and residual expected ones
};

class Reader {
 public:
  Reader(const TraceReader& trace, const MetricOptions& options, const ClosedLoop& with, const AgentMetrics& agent)
      : trace_(trace), window_(options.window), with_(with), label_(agent.label) {
    const auto n_written = trace.epochs_written(label_);
    for (const std::uint32_t r : agent.replications) {
      const auto end = static_cast<std::uint32_t>(std::min<std::int64_t>(n_written[r], window_.end));
      const Window written{window_.begin, end}, tail = tail_of(written);
      const double best = with.comparator == nullptr ? undefined : with.comparator->reward;
      runs.push_back({r, written, tail, LoopTally(written, tail, trace.groups.size(), trace.states.size()),
                      RegretTally(best), RegretTally(best)});
      if (end == window_.end) ++n_whole;
    }
  }

  void read() {
    for (std::uint32_t t = window_.begin; t < window_.end;) {
      const std::uint32_t end = piece_end(trace_, t, window_.end);
      rewards_.clear();
      residuals_.clear();
      if (with_.comparator != nullptr) on_path_ = comparator_rewards(*with_.comparator, t, end);
      for (Run& run : runs)
        if (t < run.written.end) read_piece_of(run, {t, std::min(end, run.written.end)});
      if (n_whole >= 2) compare_runs(end - t);
      t = end;
    }
    for (Run& run : runs) run.loop.finish();
  }

  std::vector<Run> runs;
  std::size_t n_whole = 0;                             ///< runs that are written over the whole window
  DriftLedger reward{undefined}, residual{undefined};  ///< of those

 private:
  void read_piece_of(Run& run, Window epochs) {
    const auto read = [&](const char* dataset) {
      return trace_.read(label_, dataset, run.replication, epochs.begin, epochs.end);
    };
    Piece piece{read("threshold"), {}, read("expected_reward"), {}};
    if (!trace_.states.empty()) piece.state = read("state");
    if (!trace_.constraints.empty()) piece.residual = read("expected_residual");
    const bool whole = run.written.end == window_.end;
    for (std::uint32_t t = epochs.begin; t < epochs.end; ++t) {
      const double worst = add(run, piece, t, t - epochs.begin);
      if (!whole) continue;
      rewards_.push_back(piece.reward[t - epochs.begin]);
      residuals_.push_back(worst);
    }
  }

  /// Epoch t, the i-th of a piece; returns its worst residual.
  double add(Run& run, const Piece& piece, std::uint32_t t, std::size_t i) {
    const auto part = [i](const std::vector<double>& all, std::size_t width) {
      return std::span(all).subspan(i * width, width);
    };
    const auto threshold = part(piece.threshold, trace_.groups.size());
    const auto state = part(piece.state, trace_.states.size());
    const auto residuals = part(piece.residual, trace_.constraints.size());
    const double worst = worst_residual(residuals);
    run.loop.add(t, threshold, state, piece.reward[i], worst);
    if (with_.comparator == nullptr) return worst;
    const double here = at_state(threshold, state, piece.reward[i]), there = on_path_[i];
    run.regret.add(piece.reward[i], residuals, here, there);
    if (t >= run.tail.begin) run.tail_regret.add(piece.reward[i], residuals, here, there);
    return worst;
  }

  /// What the comparator would get where the agent is: where the agent plays its threshold, just what the agent gets.
  double at_state(std::span<const double> threshold, std::span<const double> state, double reward_now) const {
    const double held = with_.comparator->threshold;
    if (std::ranges::all_of(threshold, [held](double played) { return played == held; })) return reward_now;
    return with_.held == nullptr ? undefined : with_.held->at(state);
  }

  /// Epoch by epoch across the runs that are whole.
  void compare_runs(std::size_t n_epochs) {
    std::vector<double> now(n_whole);
    const auto across = [&](const std::vector<double>& all, DriftLedger& ledger) {
      for (std::size_t i = 0; i < n_epochs; ++i) {
        for (std::size_t r = 0; r < n_whole; ++r) now[r] = all[r * n_epochs + i];
        ledger.add(now);
      }
    };
    across(rewards_, reward);
    across(residuals_, residual);
  }

  const TraceReader& trace_;
  Window window_;
  const ClosedLoop& with_;
  const std::string& label_;
  std::vector<double> on_path_;              ///< [epochs of the piece] the comparator's, held from the start
  std::vector<double> rewards_, residuals_;  ///< [whole runs x epochs of the piece]
};

/// One row a metric, one value a run.
template <class Value>
MetricValue& add_row(std::vector<MetricValue>& rows, const char* metric, const char* basis, const std::string& subject,
                     const std::vector<Run>& runs, Value value) {
  std::vector<double> values;
  for (const Run& run : runs) values.push_back(value(run));
  return rows.emplace_back(of_each_run(metric, basis, subject, std::move(values)));
}

std::vector<MetricValue> regret_rows(const std::vector<Run>& runs, const ClosedLoop& with, RegretTally Run::*part) {
  std::vector<MetricValue> rows;
  const auto add = [&](const char* metric, double (RegretTally::*value)() const noexcept) {
    add_row(rows, metric, "expected", "", runs, [&](const Run& run) { return ((run.*part).*value)(); });
  };
  if (with.held != nullptr) add("external_regret", &RegretTally::external);
  add("policy_regret", &RegretTally::policy);
  add("safe_regret", &RegretTally::safe);
  add("safe_regret_positive", &RegretTally::safe_positive);
  if (part == &Run::tail_regret) add("steady_state_gap", &RegretTally::steady_state_gap);
  return rows;
}

/// R-hat of tails of one length; NaN where fewer than two runs are whole.
double r_hat_of(const std::vector<Run>& runs, Window window, const auto& moments) {
  std::vector<double> means, variances;
  std::size_t n = 0;
  for (const Run& run : runs) {
    if (run.written.end != window.end) continue;
    const RunningMoments& one = moments(run);
    n = one.n;
    means.push_back(one.mean);
    variances.push_back(one.sample_variance());
  }
  return means.size() < 2 || n < 2 ? undefined : r_hat(n, means, variances);
}

void add_signal(const Reader& read, Window window, const std::string& name, const DriftLedger& ledger,
                SignalTally LoopTally::*signal, std::vector<MetricValue>& rows) {
  MetricValue& settled = add_row(rows, "settled_from", "expected", name, read.runs,
                                 [&](const Run& run) { return (run.loop.*signal).settled_from(); });
  for (std::size_t r = 0; r < read.runs.size(); ++r)
    if (settled.values[r] == read.runs[r].written.end - read.runs[r].written.begin) ++settled.n_censored;
  add_row(rows, "tail_change", "expected", name, read.runs,
          [&](const Run& run) { return (run.loop.*signal).tail_change(); });
  add_row(rows, "tail_is_stationary", "expected", name, read.runs,
          [&](const Run& run) { return (run.loop.*signal).tail_is_stationary(); });
  const auto together = [&](const char* metric, double value) {
    rows.push_back(of_all_runs(metric, "expected", name, value, read.n_whole));
  };
  together("r_hat", r_hat_of(read.runs, window,
                             [&](const Run& run) -> const RunningMoments& { return (run.loop.*signal).tail(); }));
  const bool some = read.n_whole >= 2;
  together("noise", some ? ledger.noise() : undefined);
  together("drift", some ? ledger.drift() : undefined);
  together("drift_unbiased", some ? ledger.drift_unbiased() : undefined);
}

void add_held(const TraceReader& trace, const std::vector<Run>& runs, std::vector<MetricValue>& rows) {
  add_row(rows, "held_epochs", "realised", "", runs,
          [](const Run& run) { return static_cast<double>(run.loop.held_epochs); });
  for (std::size_t g = 0; g < trace.groups.size(); ++g)
    add_row(rows, "held_threshold", "realised", trace.groups[g], runs,
            [g](const Run& run) { return run.loop.held_threshold[g]; });
  for (std::size_t s = 0; s < trace.states.size(); ++s) {
    const auto add = [&](const char* metric, double AutoRegression::*value) {
      add_row(rows, metric, "realised", trace.states[s], runs, [&](const Run& run) {
        return run.loop.held_epochs < least_held_epochs ? undefined : run.loop.held_fit[s].*value;
      });
    };
    add("autoregression_slope", &AutoRegression::slope);
    add("autoregression_slope_corrected", &AutoRegression::slope_corrected);
    add("autoregression_fixed_point", &AutoRegression::fixed_point);
    add("autoregression_half_life", &AutoRegression::half_life);
  }
}

void add_state(const TraceReader& trace, const Reader& read, Window window, std::vector<MetricValue>& rows) {
  for (std::size_t g = 0; g < trace.groups.size(); ++g)
    add_row(rows, "tail_threshold", "realised", trace.groups[g], read.runs,
            [g](const Run& run) { return run.loop.tail_threshold[g].mean; });
  for (std::size_t s = 0; s < trace.states.size(); ++s) {
    add_row(rows, "tail_state", "realised", trace.states[s], read.runs,
            [s](const Run& run) { return run.loop.tail_state[s].mean; });
    rows.push_back(of_all_runs(
        "r_hat", "realised", trace.states[s],
        r_hat_of(read.runs, window, [s](const Run& run) -> const RunningMoments& { return run.loop.tail_state[s]; }),
        read.n_whole));
  }
}

}  // namespace

void add_closed_loop(const TraceReader& trace, const MetricOptions& options, const ClosedLoop& with, AgentMetrics& out,
                     std::vector<std::string>& notes) {
  if (out.replications.empty()) return;
  Reader read(trace, options, with, out);
  read.read();
  if (with.comparator != nullptr)
    for (const auto& [part, rows] : {std::pair(&Run::regret, &out.window), std::pair(&Run::tail_regret, &out.tail)}) {
      std::vector<MetricValue> regret = regret_rows(read.runs, with, part);
      add_intervals(regret, Seed{trace.seed});
      rows->insert(rows->end(), regret.begin(), regret.end());
    }
  add_signal(read, options.window, "expected reward", read.reward, &LoopTally::reward, out.loop);
  if (!trace.constraints.empty())
    add_signal(read, options.window, worst_of_residuals, read.residual, &LoopTally::residual, out.loop);
  add_state(trace, read, options.window, out.loop);
  if (!trace.states.empty()) add_held(trace, read.runs, out.loop);
  if (with.scenario != nullptr && !trace.states.empty()) {
    std::vector<RestingPlace> tails;
    for (const Run& run : read.runs) {
      RestingPlace& tail = tails.emplace_back();
      for (const RunningMoments& one : run.loop.tail_threshold) tail.threshold.push_back(one.mean);
      for (const RunningMoments& one : run.loop.tail_state) tail.state.push_back(one.mean);
    }
    add_resting_loop(*with.scenario, tails, out, notes);
  }
  add_arm_audit(trace, options.window, out);
  add_intervals(out.loop, Seed{trace.seed});
}

}  // namespace loopgate
