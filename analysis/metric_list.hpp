#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/epoch_tally.hpp"
#include "analysis/metrics.hpp"

namespace loopgate {

/// What stretch of epochs metrics are of: the window, its tail, one epoch, the epochs from the window's begin to one.
enum class Part : std::uint8_t { window = 1, tail = 2, epoch = 4, so_far = 8 };

/// The subject that is the largest residual of each epoch.
inline constexpr const char* worst_of_residuals = "worst residual";

/// What a metric is called and of what it is; docs/analyze-json.md lists them.
struct MetricKey {
  enum class Of : std::uint8_t { all, group, residual };
  const char* metric;
  const char* basis;  ///< `expected` or `realised`
  const char* view;   ///< `true`, `observed` or empty
  Of of = Of::all;
  std::size_t index = 0;                 ///< the group; the residual, n_residuals for the worst one
  std::optional<std::size_t> spread_of;  ///< of a spread between groups: where in the list the first group's value is

  /// A group, a residual, `worst residual`; empty: all.
  std::string subject(std::span<const std::string> groups, std::span<const std::string> residuals) const;
};

struct MeasuredMetric {
  double value = undefined;
  Ratio counts{undefined, undefined};  ///< of rates
  bool censored = false;               ///< time_to_feasibility: not reached, value is the number of epochs
};

/// Every metric that has a meaning of its own for one kind of stretch, in one order. The list is written once, so that
/// what a window has is not missing in a series, or the other way round.
class MetricList {
 public:
  MetricList(Part part, std::size_t n_groups, std::size_t n_residuals);
  std::span<const MetricKey> keys() const noexcept { return keys_; }
  std::size_t size() const noexcept { return keys_.size(); }

  void measure(const ReplicationTally& tally, std::span<MeasuredMetric> out) const;  ///< out: [size]
  void measure(const ReplicationTally& tally, std::span<double> out) const;          ///< values only

 private:
  Part part_;
  std::vector<MetricKey> keys_;
};

}  // namespace loopgate
