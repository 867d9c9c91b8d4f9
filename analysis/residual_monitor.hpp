#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/epoch_piece.hpp"
#include "analysis/sequences.hpp"

namespace loopgate {

// What an auditor who watches one run can say of it at any time, from realised residuals alone.
//
// The realised residual of an epoch has the expected one as its mean given the past, since it is a difference of rates
// that is linear in the counts; so its confidence sequence covers the running mean of expected residuals, under drift
// and at all epochs at once. Signed residuals are watched, one by one: the mean of positive parts, or of the largest of
// several, is above that of the expected ones by chance alone. Expected residuals need no such statement: of a run that
// is over, their mean is known.

/// One constraint, watched in each run.
struct ResidualMonitor {
  std::string residual;
  std::vector<Estimate> runs;  ///< [n_replications analysed] mean realised residual, and the sequence at the last epoch
};

/// Watches all constraints of one run with joint confidence `level`: each at 1 - (1 - level) / n. Epochs in which a
/// residual is undefined are left out, which depends on who arrived and not on how they fared.
class RunWatch {
 public:
  RunWatch(std::span<const Interval> ranges, double level);
  /// The piece's epochs, in order. TraceError where a residual is outside its range by more than rounding.
  void add(const EpochPiece& piece);
  std::vector<Estimate> estimates() const;  ///< [n_residuals]

 private:
  std::vector<Interval> ranges_;
  std::vector<BernsteinSequence> sequences_;
};

/// Runs in which the sequences, jointly, show all means of expected residuals to be <= 0 (met), one to be > 0
/// (violated), or neither.
struct MonitorCount {
  std::size_t met = 0, violated = 0, undecided = 0;
};
MonitorCount count_runs(std::span<const ResidualMonitor> monitors);

}  // namespace loopgate
