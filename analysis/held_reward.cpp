#include "analysis/held_reward.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.hpp"
#include "core/run/states.hpp"

namespace loopgate {

namespace {

constexpr std::size_t least_degree = 16, most_degree = 128;

/// The k-th of n + 1 Chebyshev points on [low, high], from the high end.
double chebyshev_point(std::size_t k, std::size_t n, double low, double high) {
  const double x = std::cos(std::numbers::pi * static_cast<double>(k) / static_cast<double>(n));
  return 0.5 * (low + high) + 0.5 * (high - low) * x;
}

/// Coefficients of the polynomial of degree n through values at the n + 1 Chebyshev points.
std::vector<double> chebyshev_coefficients(std::span<const double> value) {
  const std::size_t n = value.size() - 1;
  std::vector<double> out(n + 1);
  for (std::size_t j = 0; j <= n; ++j) {
    double sum = 0.0;
    for (std::size_t k = 0; k <= n; ++k) {
      const double angle = std::numbers::pi * static_cast<double>(j * k % (2 * n)) / static_cast<double>(n);
      sum += value[k] * std::cos(angle) * (k == 0 || k == n ? 0.5 : 1.0);
    }
    out[j] = sum * (j == 0 || j == n ? 1.0 : 2.0) / static_cast<double>(n);
  }
  return out;
}

/// Clenshaw's recurrence; x in [-1, 1].
double chebyshev_sum(std::span<const double> coefficient, double x) {
  double later = 0.0, latest = 0.0;
  for (std::size_t j = coefficient.size() - 1; j > 0; --j) {
    const double now = 2.0 * x * later - latest + coefficient[j];
    latest = later;
    later = now;
  }
  return x * later - latest + coefficient[0];
}

}  // namespace

HeldReward::HeldReward(const Scenario& scenario, double threshold)
    : scenario_(scenario),
      plain_(std::ranges::all_of(scenario.states,
                                 [](const StateEntry& one) {
                                   return one.kind == StateEntry::Kind::share ||
                                          one.kind == StateEntry::Kind::score_mean;
                                 })),
      least_(least_accepted(threshold, scenario.law->score_tolerance())),
      accuracy_(1e-11 * std::max(std::abs(scenario.start.utility.success), std::abs(scenario.start.utility.failure))),
      composition_(scenario.law->start()),
      shares_(composition_.shares().begin(), composition_.shares().end()),
      means_(composition_.score_means().begin(), composition_.score_means().end()),
      moving_(shares_.size()) {
  LOOPGATE_EXPECT(!scenario.world_changes());
  for (std::size_t g = 0; g < shares_.size(); ++g) settled_.push_back(exact(static_cast<GroupId>(g), means_[g]));
  for (const StateEntry& entry : scenario.states)
    if (entry.kind == StateEntry::Kind::score_mean) settled_[index(entry.group)] = undefined;
}

double HeldReward::at(std::span<const double> state) {
  if (!plain_) {
    set_states(scenario_.states, state, composition_);
    double value = 0.0;
    for (std::size_t g = 0; g < shares_.size(); ++g) value += composition_.shares()[g] * exact(static_cast<GroupId>(g));
    return value;
  }
  for (std::size_t s = 0; s < state.size(); ++s) {
    const StateEntry& entry = scenario_.states[s];
    (entry.kind == StateEntry::Kind::share ? shares_ : means_)[index(entry.group)] = state[s];
  }
  double sum = 0.0;
  for (std::size_t g = 0; g < shares_.size(); ++g)
    sum += shares_[g] * (std::isnan(settled_[g]) ? worth(static_cast<GroupId>(g), means_[g]) : settled_[g]);
  return sum;
}

double HeldReward::exact(GroupId g, double mean) {
  if (!std::isnan(mean)) composition_.set_score_mean(g, mean);
  return exact(g);
}

double HeldReward::exact(GroupId g) const {
  const Response response = scenario_.law->respond(composition_, g, least_);
  return response.accepted_success * scenario_.start.utility.success +
         (response.acceptance - response.accepted_success) * scenario_.start.utility.failure;
}

double HeldReward::worth(GroupId g, double mean) {
  const Worth& known = moving_[index(g)];
  if (!(mean >= known.low && mean <= known.high)) cover(g, mean);
  if (known.coefficient.empty()) return exact(g, mean);
  const double middle = 0.5 * (known.low + known.high), half = 0.5 * (known.high - known.low);
  return chebyshev_sum(known.coefficient, (mean - middle) / half);
}

/// Widens what is covered to the mean and somewhat beyond, never to an end of the law's range, where it may be
/// singular.
void HeldReward::cover(GroupId g, double mean) {
  LOOPGATE_EXPECT(std::isfinite(mean));
  Worth& known = moving_[index(g)];
  const Interval range = scenario_.law->score_mean_range(g);
  if (known.low > known.high) known.low = known.high = mean;
  known.low = std::min(known.low, mean);
  known.high = std::max(known.high, mean);
  const double margin = std::max(0.25 * (known.high - known.low), 0.05 * (1.0 + std::abs(mean)));
  known.low = std::max(known.low - margin, 0.5 * (known.low + range.low));
  known.high = std::min(known.high + margin, 0.5 * (known.high + range.high));
  known.coefficient.clear();
  if (!(known.low < known.high)) return;
  const auto values = [&](std::size_t degree) {
    std::vector<double> all;
    for (std::size_t k = 0; k <= degree; ++k)
      all.push_back(exact(g, chebyshev_point(k, degree, known.low, known.high)));
    return all;
  };
  // Every second point of twice the degree is one of the degree's own; the others check its interpolant.
  std::vector<double> coarse = values(least_degree);
  for (std::size_t degree = least_degree; degree <= most_degree; degree *= 2) {
    const std::vector<double> coefficient = chebyshev_coefficients(coarse), fine = values(2 * degree);
    double error = 0.0;
    for (std::size_t k = 1; k < fine.size(); k += 2)
      error =
          std::max(error, std::abs(chebyshev_sum(coefficient, chebyshev_point(k, 2 * degree, -1.0, 1.0)) - fine[k]));
    if (error <= accuracy_) {
      known.coefficient = coefficient;
      return;
    }
    coarse = fine;
  }
}

}  // namespace loopgate
