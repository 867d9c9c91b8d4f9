#include "agents/bound_table.hpp"

#include <cmath>
#include <limits>

#include "agents/clones.hpp"
#include "core/types.hpp"

namespace loopgate {

namespace {

LOOPGATE_CLONES void add_scaled(std::size_t n, const double* __restrict centre, double level,
                                const double* __restrict slack, double* __restrict bound) noexcept {
  for (std::size_t i = 0; i < n; ++i) bound[i] = centre[i] + level * slack[i];
}

}  // namespace

BoundTable::BoundTable(std::size_t n_arms, const Radius& radius, std::vector<double> widths, Feasible judged)
    : n_arms_(n_arms),
      radius_(radius),
      widths_(std::move(widths)),
      residual_side_(judged == Feasible::optimistic ? -1.0 : 1.0),
      centre_(n_arms * widths_.size()),
      slack_(centre_.size()),
      bound_(centre_.size()) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < centre_.size(); ++i) centre_[i] = i < n_arms ? infinity : residual_side_ * infinity;
}

void BoundTable::update(std::size_t arm, const ArmStatistics& statistics) noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (std::size_t s = 0; s < widths_.size(); ++s) {
    const double side = s == 0 ? 1.0 : residual_side_;
    // Where all radii fall alike with the weight, it is left to the common factor.
    const double count = radius_.falls_as_root() ? statistics.kept_count(s, arm) : statistics.count(s, arm);
    const double variance = radius_.needs_variance() ? statistics.variance(s, arm) : 0.0;
    const bool observed = count > 0.0;
    centre_[s * n_arms_ + arm] = observed ? statistics.mean(s, arm) : side * infinity;
    slack_[s * n_arms_ + arm] = observed ? side * radius_.unit(widths_[s], count, variance) : 0.0;
  }
}

void BoundTable::update(std::span<const std::uint32_t> changed, const ArmStatistics& statistics) noexcept {
  if (statistics.weight() != 1.0 && !radius_.falls_as_root())
    for (std::size_t k = 0; k < n_arms_; ++k) update(k, statistics);
  else
    for (const std::uint32_t k : changed) update(k, statistics);
}

void BoundTable::change(const Radius& radius, std::vector<double> widths, const ArmStatistics& statistics) noexcept {
  radius_ = radius;
  widths_ = std::move(widths);
  for (std::size_t k = 0; k < n_arms_; ++k) update(k, statistics);
}

ArmBounds BoundTable::bounds(const ArmStatistics& statistics) noexcept {
  double level = radius_.level(statistics.rounds());
  if (radius_.falls_as_root()) level /= std::sqrt(statistics.weight());
  add_scaled(bound_.size(), centre_.data(), level, slack_.data(), bound_.data());
  const std::span<const double> all = bound_;
  return {all.first(n_arms_), all.subspan(n_arms_)};
}

void BoundTable::radii(const ArmStatistics& statistics, std::vector<double>& out) const {
  out.clear();
  const double level = radius_.level(statistics.rounds());
  for (std::size_t s = 0; s < widths_.size(); ++s) {
    for (std::size_t k = 0; k < n_arms_; ++k) {
      const double count = statistics.count(s, k);
      const double variance = radius_.needs_variance() ? statistics.variance(s, k) : 0.0;
      out.push_back(count > 0.0 ? level * radius_.unit(widths_[s], count, variance)
                                : std::numeric_limits<double>::infinity());
    }
  }
}

}  // namespace loopgate
