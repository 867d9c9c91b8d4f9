#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/epoch_piece.hpp"
#include "analysis/epoch_tally.hpp"
#include "analysis/intervals.hpp"

namespace loopgate {

/// A window cut into at most so many bins, equally long to within one epoch.
class EpochBins {
 public:
  EpochBins(Window window, std::size_t at_most);  ///< EXPECTs a window that is not empty and at_most >= 1

  std::size_t size() const noexcept { return size_; }
  Window window() const noexcept { return window_; }
  Window bin(std::size_t b) const noexcept;            ///< epochs of bin b < size()
  std::size_t of(std::uint32_t epoch) const noexcept;  ///< the bin of an epoch of the window

 private:
  Window window_;
  std::size_t size_;
};

/// One quantity over one replication: mean and extremes of each bin's defined values.
class BinnedRun {
 public:
  explicit BinnedRun(std::size_t n_bins);
  void add(std::size_t b, double value) noexcept;  ///< NaN: the epoch counts nothing

  std::size_t size() const noexcept { return mean_.size(); }
  double mean(std::size_t b) const noexcept { return mean_[b].value(); }  ///< NaN: nothing is defined in the bin
  double lowest(std::size_t b) const noexcept { return lowest_[b]; }      ///< likewise
  double highest(std::size_t b) const noexcept { return highest_[b]; }    ///< likewise

 private:
  std::vector<RunningMean> mean_;
  std::vector<double> lowest_, highest_;
};

/// One quantity over replications, bin by bin. Memory is that of the bins, whatever the horizon and the number of
/// replications.
class DecimatedSeries {
 public:
  explicit DecimatedSeries(std::size_t n_bins) : bins_(n_bins) {}
  void add(const BinnedRun& replication);         ///< EXPECTs as many bins
  void add(std::span<const double> replication);  ///< one value a bin, NaN: undefined

  std::size_t size() const noexcept { return bins_.size(); }
  /// Mean over replications of the replications' bin means, with a pointwise 95 % t interval: each bin's covers in 95 %
  /// of repetitions, the whole band in fewer. NaN: undefined in every replication; no interval for one.
  Estimate estimate(std::size_t b) const;
  double lowest(std::size_t b) const noexcept { return bins_[b].lowest; }    ///< over epochs and replications
  double highest(std::size_t b) const noexcept { return bins_[b].highest; }  ///< likewise

 private:
  struct Bin {
    std::size_t n = 0;
    double mean = 0.0, squares = 0.0;  ///< of deviations from the mean (Welford 1962, doi:10.2307/1266577)
    double lowest = undefined, highest = undefined;
  };
  void add(Bin& bin, double value, double lowest, double highest) noexcept;

  std::vector<Bin> bins_;
};

}  // namespace loopgate
