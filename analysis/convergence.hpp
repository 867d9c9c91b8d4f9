#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace loopgate {

/// Where the warm-up of a series ends.
struct WarmUp {
  std::size_t discard = 0;  ///< leading values to leave out, at most half
  double statistic = 0.0;   ///< the criterion there
  bool at_limit = false;    ///< the least lies at the limit of half the series: it is too short to tell
};
/// MSER: the d <= n / 2 that minimises sum_{i >= d} (y_i - mean of y_d..)^2 / (n - d)^2, the squared standard error of
/// the remaining mean as if they were independent; the first of equals. y: [n >= 1], finite. Give it means of batches
/// of five values (MSER-5) where values depend strongly on their neighbours. White 1997,
/// doi:10.1177/003754979706900601; White, Cobb & Spratt 2000, doi:10.1109/WSC.2000.899768.
WarmUp mser(std::span<const double> y);

/// Means of n / size whole batches of y; a last, shorter one is left out. size >= 1.
std::vector<double> batch_means(std::span<const double> y, std::size_t size);

/// Means of consecutive batches of a series of any length, in memory that does not grow with it: where `most` batches
/// are full and another begins, neighbours are merged and the batch size doubles.
class BatchSeries {
 public:
  BatchSeries(std::size_t size, std::size_t most);  ///< size >= 1; most even, >= 2
  void add(double value);                           ///< NaN: a value of its batch that its mean leaves out

  std::size_t batch_size() const noexcept { return size_; }
  std::vector<double> means() const;          ///< of the full batches; NaN where a batch has no defined value
  double mean_from(std::size_t batch) const;  ///< of all values from this batch on, also of the last, unfilled one

 private:
  struct Batch {
    double sum = 0.0;
    std::size_t n = 0;  ///< defined values
  };
  void merge_neighbours();

  std::size_t size_, most_, filled_ = 0;  ///< filled_: values of the last batch
  std::vector<Batch> batches_;
};

/// Potential scale reduction sqrt(((n - 1) / n W + B / n) / W) of chains of equal length n >= 2, at least two of them:
/// near 1 where all have come to the same. NaN where none of them varies and their means agree. Gelman & Rubin 1992,
/// doi:10.1214/ss/1177011136.
double r_hat(std::span<const std::vector<double>> chains);
/// The same from the chains' means and sample variances, at least two each, where a chain has n >= 2 values.
double r_hat(std::size_t n, std::span<const double> means, std::span<const double> variances);

/// Independent values that carry as much on the mean as n of an AR(1) series: n (1 - r) / (1 + r), r in (-1, 1).
double effective_sample_size(std::size_t n, double autocorrelation);

}  // namespace loopgate
