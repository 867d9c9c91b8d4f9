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

double r_hat(std::span<const std::vector<double>> chains) {
  LOOPGATE_EXPECT(chains.size() >= 2 && chains[0].size() >= 2);
  std::vector<double> means;
  double within = 0.0;
  for (const std::vector<double>& chain : chains) {
    LOOPGATE_EXPECT(chain.size() == chains[0].size());
    means.push_back(mean(chain));
    within += sample_variance(chain) / static_cast<double>(chains.size());
  }
  const double n = static_cast<double>(chains[0].size());
  return std::sqrt(((n - 1.0) / n * within + sample_variance(means)) / within);
}

double effective_sample_size(std::size_t n, double autocorrelation) {
  LOOPGATE_EXPECT(std::abs(autocorrelation) < 1.0);
  return static_cast<double>(n) * (1.0 - autocorrelation) / (1.0 + autocorrelation);
}

}  // namespace loopgate
