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
