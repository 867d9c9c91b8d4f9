#pragma once

#include <string>
#include <vector>

#include "analysis/metrics.hpp"
#include "analysis/trace_metrics.hpp"
#include "core/trace/applicant_reader.hpp"

namespace loopgate {

// Calibration within groups: is a score the share of successes among those who have it? From applicants, for scores
// that can be probabilities.

/// Scores and outcomes of one group, gathered applicant by applicant in memory that does not grow with them: sums of
/// 4,096 cells of equal width.
class CalibrationTally {
 public:
  void add(double score, bool success);  ///< score in [0, 1]

  /// n_bins bins of equal mass but for the cells' width: a cell, with all in it, belongs to the bin that holds the
  /// middle of its mass, so that equal scores are never parted. Means and rates in a bin are exact. [n_bins]; bins that
  /// no cell falls into are empty.
  std::vector<CalibrationBin> bins(std::size_t n_bins) const;

 private:
  struct Cell {
    double n = 0.0, score = 0.0, successes = 0.0;  ///< sums
  };
  std::vector<Cell> cells_;  ///< empty before the first applicant
};

/// Bins of the expected calibration error.
inline constexpr std::size_t calibration_bins = 10;

/// Adds to the window and the tail of `out`, as agent_metrics has it, from applicants of the same agent:
///   calibration_error         each group's (see calibration_error()); view true: all applicants, observed: the
///   accepted largest_calibration_error the largest over the groups where it is defined; highest: the group whose mean
///   is calibration_in_the_large  each group's share of successes less its mean score
/// NaN in replications of which the file does not hold all epochs; a note says how many it holds, and nothing is added
/// where that is none. TraceError where the file cannot be read. Scores have to be probabilities.
void add_calibration(const TraceReader& trace, const ApplicantReader& rows, const MetricOptions& options,
                     AgentMetrics& out, std::vector<std::string>& notes);

bool can_be_probabilities(const TraceReader& trace);  ///< scores lie in [0, 1]

}  // namespace loopgate
