#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/intervals.hpp"

namespace loopgate {

/// Means over replications with t intervals (confidence_level) of many quantities at once, from one pass
/// (Welford 1962, doi:10.1080/00401706.1962.10490022).
class EstimateGrid {
 public:
  /// n_values: at most so many replications are added to a cell.
  EstimateGrid(std::size_t n_cells, std::size_t n_values);
  void clear() noexcept;
  /// A replication's values of the cells from `first` on; NaN: undefined, and counted nowhere.
  void add(std::size_t first, std::span<const double> values) noexcept;
  Estimate at(std::size_t cell) const noexcept;

 private:
  std::vector<double> n_, mean_, squares_;  ///< [n_cells] squares: of distances from the mean
  std::vector<double> t_factor_;            ///< [n_values + 1] half-width per standard deviation; NaN below two values
};

}  // namespace loopgate
