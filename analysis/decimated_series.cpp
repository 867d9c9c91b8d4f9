#include "analysis/decimated_series.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace loopgate {

EpochBins::EpochBins(Window window, std::size_t at_most) : window_(window) {
  LOOPGATE_EXPECT(window.begin < window.end && at_most >= 1);
  size_ = std::min<std::size_t>(at_most, window.end - window.begin);
}

Window EpochBins::bin(std::size_t b) const noexcept {
  const std::uint64_t n = window_.end - window_.begin;
  const auto edge = [&](std::uint64_t k) { return window_.begin + static_cast<std::uint32_t>(k * n / size_); };
  return {edge(b), edge(b + 1)};
}

std::size_t EpochBins::of(std::uint32_t epoch) const noexcept {
  const std::uint64_t n = window_.end - window_.begin, i = epoch - window_.begin;
  return static_cast<std::size_t>(((i + 1) * size_ - 1) / n);
}

BinnedRun::BinnedRun(std::size_t n_bins) : mean_(n_bins), lowest_(n_bins, undefined), highest_(n_bins, undefined) {}

void BinnedRun::add(std::size_t b, double value) noexcept {
  mean_[b].add(value);
  lowest_[b] = std::fmin(lowest_[b], value);
  highest_[b] = std::fmax(highest_[b], value);
}

void DecimatedSeries::add(const BinnedRun& replication) {
  LOOPGATE_EXPECT(replication.size() == size());
  for (std::size_t b = 0; b < size(); ++b)
    add(bins_[b], replication.mean(b), replication.lowest(b), replication.highest(b));
}

void DecimatedSeries::add(std::span<const double> replication) {
  LOOPGATE_EXPECT(replication.size() == size());
  for (std::size_t b = 0; b < size(); ++b) add(bins_[b], replication[b], replication[b], replication[b]);
}

void DecimatedSeries::add(Bin& bin, double value, double lowest, double highest) noexcept {
  if (std::isnan(value)) return;
  ++bin.n;
  const double step = value - bin.mean;
  bin.mean += step / static_cast<double>(bin.n);
  bin.squares += step * (value - bin.mean);
  bin.lowest = std::fmin(bin.lowest, lowest);
  bin.highest = std::fmax(bin.highest, highest);
}

Estimate DecimatedSeries::estimate(std::size_t b) const {
  const Bin& bin = bins_[b];
  if (bin.n == 0) return {};
  const double variance = bin.n < 2 ? undefined : bin.squares / static_cast<double>(bin.n - 1);
  return t_interval(bin.mean, variance, bin.n, 0.95);
}

}  // namespace loopgate
