#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/estimate_grid.hpp"
#include "analysis/metric_list.hpp"

namespace loopgate {

/// The metrics of one agent over time: of each epoch, and of the epochs from the window's begin to each, with rates of
/// counts summed so far. Means over the replications that are written up to there, with intervals. Goes piece by piece
/// through the window, so that memory does not grow with it.
class MetricSeries {
 public:
  MetricSeries(const TraceReader& trace, const std::string& agent, Window window);

  struct Estimates {
    MetricList list;
    EstimateGrid grid;  ///< [epochs of the piece x metrics of the list]
  };
  const Estimates& of_epochs() const noexcept { return of_epochs_; }
  const Estimates& so_far() const noexcept { return so_far_; }

  bool next();                                                 ///< reads the next piece; false: there is none
  Window piece() const noexcept { return piece_; }             ///< its epochs
  std::uint32_t piece_size() const noexcept { return size_; }  ///< epochs of every piece but the last

 private:
  void add_replication(std::uint32_t replication, Window epochs);

  const TraceReader& trace_;
  std::string agent_;
  Window window_, piece_;
  std::uint32_t size_;
  std::vector<std::int64_t> written_;  ///< [n_replications]
  ReplicationTally none_;
  std::vector<ReplicationTally> tallies_;  ///< [n_replications] of the epochs so far
  Estimates of_epochs_, so_far_;
  std::vector<double> values_;  ///< of one tally
};

}  // namespace loopgate
