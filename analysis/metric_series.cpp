#include "analysis/metric_series.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr std::size_t most_cells = 1 << 21;  // in memory, 24 bytes each

/// Pieces that are the trace's own chunks, so that none is decompressed twice, unless there are very many metrics.
std::uint32_t piece_size(const TraceReader& trace, Window window, std::size_t n_metrics) {
  const std::size_t most = std::max<std::size_t>(1, most_cells / n_metrics);
  return static_cast<std::uint32_t>(std::min<std::size_t>({most, trace.chunk_epochs, window.end - window.begin}));
}

}  // namespace

MetricSeries::MetricSeries(const TraceReader& trace, const std::string& agent, Window window)
    : trace_(trace),
      agent_(agent),
      window_(window),
      piece_{window.begin, window.begin},
      size_(0),
      written_(trace.epochs_written(agent)),
      none_(trace.groups.size(), trace.constraints.size(), 1),
      tallies_(trace.n_replications, none_),
      of_epochs_{MetricList(Part::epoch, trace.groups.size(), trace.constraints.size()), {0, 0}},
      so_far_{MetricList(Part::so_far, trace.groups.size(), trace.constraints.size()), {0, 0}} {
  LOOPGATE_EXPECT(window.begin < window.end && window.end <= trace.n_epochs);
  size_ = loopgate::piece_size(trace, window, of_epochs_.list.size() + so_far_.list.size());
  for (Estimates* one : {&of_epochs_, &so_far_}) one->grid = EstimateGrid(size_ * one->list.size(), written_.size());
}

bool MetricSeries::next() {
  if (piece_.end == window_.end) return false;
  piece_ = {piece_.end, piece_.end + std::min(size_, window_.end - piece_.end)};
  of_epochs_.grid.clear();
  so_far_.grid.clear();
  for (std::uint32_t r = 0; r < tallies_.size(); ++r) {
    const auto end = static_cast<std::uint32_t>(std::min<std::int64_t>(written_[r], piece_.end));
    if (end > piece_.begin) add_replication(r, {piece_.begin, end});
  }
  return true;
}

void MetricSeries::add_replication(std::uint32_t replication, Window epochs) {
  const EpochPiece piece = read_piece(trace_, agent_, replication, epochs);
  ReplicationTally one = none_;
  ReplicationTally& all = tallies_[replication];
  const auto add = [this](Estimates& to, const ReplicationTally& tally, std::size_t t) {
    values_.resize(to.list.size());
    to.list.measure(tally, values_);
    to.grid.add(t * values_.size(), values_);
  };
  for (std::size_t t = 0; t < piece.n_epochs; ++t) {
    one = none_;
    one.add_epoch(piece, t);
    add(of_epochs_, one, t);
    all.add_epoch(piece, t);
    add(so_far_, all, t);
  }
}

}  // namespace loopgate
