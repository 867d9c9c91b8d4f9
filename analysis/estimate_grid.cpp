#include "analysis/estimate_grid.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/trace_metrics.hpp"
#include "core/error.hpp"

namespace loopgate {

EstimateGrid::EstimateGrid(std::size_t n_cells, std::size_t n_values) : n_(n_cells), mean_(n_cells), squares_(n_cells) {
  for (std::size_t n = 0; n <= n_values; ++n) t_factor_.push_back(t_interval(0.0, 1.0, n, confidence_level).high);
}

void EstimateGrid::clear() noexcept {
  for (std::vector<double>* column : {&n_, &mean_, &squares_}) std::ranges::fill(*column, 0.0);
}

void EstimateGrid::add(std::size_t first, std::span<const double> values) noexcept {
  LOOPGATE_ASSERT(first + values.size() <= n_.size());
  double* n = &n_[first];
  double* mean = &mean_[first];
  double* squares = &squares_[first];
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    n[i] += 1.0;
    const double off = values[i] - mean[i];
    mean[i] += off / n[i];
    squares[i] += off * (values[i] - mean[i]);
  }
}

Estimate EstimateGrid::at(std::size_t cell) const noexcept {
  const auto n = static_cast<std::size_t>(n_[cell]);
  if (n == 0) return {};
  Estimate out{mean_[cell], undefined, undefined, n};
  if (n < 2) return out;
  const double half_width = t_factor_[n] * std::sqrt(squares_[cell] / (n_[cell] - 1.0));
  out.low = out.mean - half_width;
  out.high = out.mean + half_width;
  return out;
}

}  // namespace loopgate
