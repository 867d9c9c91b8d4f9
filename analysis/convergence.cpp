#include "analysis/convergence.hpp"

#include <cmath>

#include "analysis/intervals.hpp"
#include "core/error.hpp"

namespace loopgate {

WarmUp mser(std::span<const double> y) {
  LOOPGATE_EXPECT(!y.empty());
  // From the end, so that mean and squares of y_d.. come from those of y_{d+1}.. (Welford 1962).
  const std::size_t n = y.size(), most = n / 2;
  double centre = 0.0, squares = 0.0;
  WarmUp best;
  for (std::size_t d = n; d-- > 0;) {
    const double count = static_cast<double>(n - d), change = y[d] - centre;
    centre += change / count;
    squares += change * (y[d] - centre);
    const double statistic = squares / (count * count);
    if (d == most || (d < most && statistic <= best.statistic)) best = {d, statistic, false};
  }
  best.at_limit = best.discard == most && most > 0;
  return best;
}

std::vector<double> batch_means(std::span<const double> y, std::size_t size) {
  LOOPGATE_EXPECT(size >= 1);
  std::vector<double> means;
  for (std::size_t at = 0; at + size <= y.size(); at += size) means.push_back(mean(y.subspan(at, size)));
  return means;
}

BatchSeries::BatchSeries(std::size_t size, std::size_t most) : size_(size), most_(most), filled_(size) {
  LOOPGATE_EXPECT(size >= 1 && most >= 2 && most % 2 == 0);
}

void BatchSeries::add(double value) {
  if (filled_ == size_) {
    if (batches_.size() == most_) merge_neighbours();
    batches_.emplace_back();
    filled_ = 0;
  }
  ++filled_;
  if (std::isnan(value)) return;
  batches_.back().sum += value;
  ++batches_.back().n;
}

void BatchSeries::merge_neighbours() {
  for (std::size_t i = 0; i < most_ / 2; ++i)
    batches_[i] = {batches_[2 * i].sum + batches_[2 * i + 1].sum, batches_[2 * i].n + batches_[2 * i + 1].n};
  batches_.resize(most_ / 2);
  size_ *= 2;
}

std::vector<double> BatchSeries::means() const {
  std::vector<double> out;
  for (std::size_t i = 0; i < batches_.size(); ++i)
    if (i + 1 < batches_.size() || filled_ == size_)
      out.push_back(batches_[i].n > 0 ? batches_[i].sum / static_cast<double>(batches_[i].n) : undefined);
  return out;
}

double BatchSeries::mean_from(std::size_t batch) const {
  Batch all;
  for (std::size_t i = batch; i < batches_.size(); ++i) all = {all.sum + batches_[i].sum, all.n + batches_[i].n};
  return all.n > 0 ? all.sum / static_cast<double>(all.n) : undefined;
}

double r_hat(std::size_t n, std::span<const double> means, std::span<const double> variances) {
  LOOPGATE_EXPECT(n >= 2 && means.size() >= 2 && variances.size() == means.size());
  const double length = static_cast<double>(n), within = mean(variances);
  return std::sqrt(((length - 1.0) / length * within + sample_variance(means)) / within);
}

double r_hat(std::span<const std::vector<double>> chains) {
  LOOPGATE_EXPECT(!chains.empty());
  std::vector<double> means, variances;
  for (const std::vector<double>& chain : chains) {
    LOOPGATE_EXPECT(chain.size() == chains[0].size());
    means.push_back(mean(chain));
    variances.push_back(sample_variance(chain));
  }
  return r_hat(chains[0].size(), means, variances);
}

double effective_sample_size(std::size_t n, double autocorrelation) {
  LOOPGATE_EXPECT(std::abs(autocorrelation) < 1.0);
  return static_cast<double>(n) * (1.0 - autocorrelation) / (1.0 + autocorrelation);
}

}  // namespace loopgate
