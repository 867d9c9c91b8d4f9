#include "analysis/residual_monitor.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/tolerance.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr double rounding = 1e-9;  ///< by which a rate of sums may lie outside [0, 1]: mean_field counts are fractions

}  // namespace

RunWatch::RunWatch(std::span<const Interval> ranges, double level) : ranges_(ranges.begin(), ranges.end()) {
  for (const Interval& range : ranges)
    sequences_.emplace_back(range, (1.0 - level) / static_cast<double>(ranges.size()));
}

void RunWatch::add(const EpochPiece& piece) {
  const std::size_t n = ranges_.size();
  for (std::size_t i = 0; i < piece.n_epochs * n; ++i) {
    const double value = piece.residual[i];
    if (std::isnan(value)) continue;
    const double within = std::clamp(value, ranges_[i % n].low, ranges_[i % n].high);
    if (std::abs(value - within) > rounding)
      throw TraceError("a residual of " + std::to_string(value) +
                       ", which its constraint cannot give: a damaged trace");
    sequences_[i % n].add(within);
  }
}

std::vector<Estimate> RunWatch::estimates() const {
  std::vector<Estimate> out;
  for (const BernsteinSequence& sequence : sequences_) out.push_back(sequence.estimate());
  return out;
}

MonitorCount count_runs(std::span<const ResidualMonitor> monitors) {
  MonitorCount count;
  for (std::size_t r = 0; !monitors.empty() && r < monitors[0].runs.size(); ++r) {
    const auto any = [&](auto holds) {
      return std::ranges::any_of(monitors, [&](const ResidualMonitor& one) { return holds(one.runs[r]); });
    };
    if (any([](const Estimate& e) { return is_violated(e.low); })) ++count.violated;
    else if (any([](const Estimate& e) { return !(e.high <= limit_tolerance); })) ++count.undecided;
    else ++count.met;
  }
  return count;
}

}  // namespace loopgate
