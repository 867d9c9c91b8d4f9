#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "analysis/epoch_piece.hpp"

namespace loopgate {

/// What one replication of one agent comes to in one number.
enum class Metric : std::uint8_t { reward, expected_reward, violation, gap, service_rate };
enum class Better : std::uint8_t { higher, lower };

struct MetricInfo {
  Metric metric;
  std::string_view name;
  Better better;
  std::string_view meaning;
};
std::span<const MetricInfo> metrics() noexcept;  ///< in the order of Metric

/// The metric over a window that is written. Reads in pieces: memory does not grow with the window.
///   reward, expected_reward: mean over epochs, those without applicants left out
///   violation: mean over epochs of the positive part of the worst of judged_residuals, which cannot cancel over time;
///     over the epochs in which all of them are defined
///   gap: largest minus smallest accepted / arrived of the groups, counts summed over the window, so that it is not
///     biased upwards as a mean of each epoch's gap is
///   service_rate: accepted / arrived, all groups
/// NaN where that is undefined: nobody arrived, fewer than two groups did, there are no constraints.
double replication_value(const TraceReader& trace, const std::string& agent, std::uint32_t replication, Window window,
                         Metric metric);

}  // namespace loopgate
