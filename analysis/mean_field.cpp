#include "analysis/mean_field.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "core/error.hpp"
#include "core/run/evaluate.hpp"

namespace loopgate {

MeanFieldMap::MeanFieldMap(const Scenario& scenario)
    : scenario_(scenario),
      composition_(scenario.law->start()),
      answers_(*scenario.law),
      draw_(answers_),
      counts_(scenario.problem.n_groups()),
      rate_(scenario.problem.n_groups()) {
  if (scenario.learning != nullptr)
    throw ScenarioError(
        "environment.score_model learns, so what a threshold means moves and no state of the population rests "
        "(expected a score model that stays, as the base of this one)");
  for (const StateEntry& entry : scenario.states) {
    if (entry.kind == StateEntry::Kind::share) n_shares_ = scenario.problem.n_groups() - 1;
    if (entry.kind == StateEntry::Kind::score_mean) means_.push_back(entry.group);
  }
}

std::vector<double> MeanFieldMap::start() const { return point_of(scenario_.law->start()); }

std::vector<double> MeanFieldMap::point_of(const Composition& composition) const {
  std::vector<double> point(composition.shares().begin(),
                            composition.shares().begin() + static_cast<std::ptrdiff_t>(n_shares_));
  for (const GroupId g : means_) point.push_back(composition.score_means()[index(g)]);
  return point;
}

bool MeanFieldMap::valid(std::span<const double> point) const {
  double total = 0.0;
  for (std::size_t g = 0; g < n_shares_; ++g) {
    if (!(point[g] >= 0.0)) return false;
    total += point[g];
  }
  if (total > 1.0 + 1e-12) return false;  // room for rounding
  for (std::size_t i = 0; i < means_.size(); ++i)
    if (!scenario_.law->score_mean_range(means_[i]).contains(point[n_shares_ + i])) return false;
  return true;
}

void MeanFieldMap::put(std::span<const double> point) {
  LOOPGATE_EXPECT(point.size() == n_coordinates());
  if (n_shares_ > 0) {
    for (std::size_t g = 0; g < n_shares_; ++g) rate_[g] = std::min(1.0, point[g]);  // 1 but for rounding
    rate_.back() = std::max(0.0, 1.0 - std::accumulate(rate_.begin(), rate_.end() - 1, 0.0));
    composition_.set_shares(rate_);
  }
  for (std::size_t i = 0; i < means_.size(); ++i) composition_.set_score_mean(means_[i], point[n_shares_ + i]);
}

std::vector<double> MeanFieldMap::next(std::span<const double> threshold, std::span<const double> point) {
  put(point);
  draw_.tally(composition_, threshold, 0, arrivals_of_epoch(scenario_), counts_);
  const EpochTally tally{counts_.arrived, counts_.accepted, counts_.succeeded, counts_.qualified};
  for (std::size_t i = 0; i < scenario_.dynamics.size(); ++i)
    scenario_.dynamics[i]->evolve(tally, scenario_.start.dynamics[i], composition_);
  return point_of(composition_);
}

double MeanFieldMap::outcome(std::span<const double> threshold, std::span<const double> point,
                             std::span<double> residual) {
  put(point);
  return expected_outcome(scenario_, scenario_.start, answers_, composition_, threshold, rate_, residual);
}

std::vector<double> MeanFieldMap::states(std::span<const double> point) {
  put(point);
  std::vector<double> values(scenario_.states.size());
  state_values(scenario_, composition_, values);
  return values;
}

std::vector<double> MeanFieldMap::point(std::span<const double> states) const {
  LOOPGATE_EXPECT(states.size() == scenario_.states.size());
  std::vector<double> shares(n_shares_), means;
  for (std::size_t s = 0; s < states.size(); ++s) {
    const StateEntry& entry = scenario_.states[s];
    if (entry.kind == StateEntry::Kind::score_mean) means.push_back(states[s]);
    else if (index(entry.group) < n_shares_) shares[index(entry.group)] = states[s];
  }
  shares.insert(shares.end(), means.begin(), means.end());
  return shares;
}

std::vector<double> MeanFieldMap::blended(std::vector<double> point, double part) const {
  const double equal = 1.0 / static_cast<double>(n_shares_ + 1);
  for (std::size_t g = 0; g < n_shares_; ++g) point[g] += part * (equal - point[g]);
  return point;
}

std::vector<std::vector<double>> MeanFieldMap::directions(std::span<const double> point) const {
  std::vector<std::vector<double>> all;
  double last = 1.0;
  std::size_t largest = 0;
  for (std::size_t g = 0; g < n_shares_; ++g) {
    last -= point[g];
    if (point[g] > point[largest]) largest = g;
  }
  const bool from_last = n_shares_ == 0 || last >= point[largest];
  for (std::size_t i = 0; i < point.size(); ++i) {
    std::vector<double> way(point.size(), 0.0);
    if (i >= n_shares_) {
      way[i] = 1.0 + std::abs(point[i]);
    } else {
      if (!from_last) way[largest] = -1.0;
      if (from_last || i != largest) way[i] = 1.0;  // else to the last group, which has no coordinate
    }
    all.push_back(std::move(way));
  }
  return all;
}

namespace {

constexpr unsigned longest_period = 16;
constexpr double at_rest = 1e-13, corrected = 1e-11, difference_step = 1e-5;

double scaled_distance(std::span<const double> a, std::span<const double> b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(a[i] - b[i]) / (1.0 + std::abs(b[i])));
  return largest;
}

Eigen::VectorXd difference(std::span<const double> a, std::span<const double> b) {
  Eigen::VectorXd out(static_cast<Eigen::Index>(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) out[static_cast<Eigen::Index>(i)] = a[i] - b[i];
  return out;
}

/// Differences along directions that stay among the valid points: share moves from the largest group to another, since
/// the largest always has some to give.
Eigen::MatrixXd jacobian(MeanFieldMap& map, std::span<const double> threshold, std::span<const double> point) {
  const auto n = static_cast<Eigen::Index>(point.size());
  const auto directions = map.directions(point);
  Eigen::MatrixXd direction(n, n), change(n, n);
  for (Eigen::Index j = 0; j < n; ++j) {
    const std::vector<double>& way = directions[static_cast<std::size_t>(j)];
    direction.col(j) = Eigen::Map<const Eigen::VectorXd>(way.data(), n);
    const auto moved = [&](double length) {
      std::vector<double> to(point.begin(), point.end());
      for (std::size_t i = 0; i < to.size(); ++i) to[i] += length * way[i];
      return to;
    };
    double back = difference_step, forth = difference_step;
    if (!map.valid(moved(-back))) back = 0.0;
    if (!map.valid(moved(forth))) forth = 0.0;
    LOOPGATE_EXPECT(back + forth > 0.0);
    change.col(j) = difference(map.next(threshold, moved(forth)), map.next(threshold, moved(-back))) / (back + forth);
  }
  return change * direction.inverse();
}

/// Newton's method with the Jacobian at the first point; nothing unless it is sure to lead where iteration leads.
std::optional<FixedPoint> newton(MeanFieldMap& map, std::span<const double> threshold, std::vector<double> point) {
  const auto n = static_cast<Eigen::Index>(point.size());
  const Eigen::PartialPivLU<Eigen::MatrixXd> solver(Eigen::MatrixXd::Identity(n, n) - jacobian(map, threshold, point));
  double before = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 20; ++i) {
    const Eigen::VectorXd step = solver.solve(difference(map.next(threshold, point), point));
    std::vector<double> next = point;
    for (Eigen::Index j = 0; j < n; ++j) next[static_cast<std::size_t>(j)] += step[j];
    const double length = scaled_distance(next, point);
    if (!(length <= 0.1 * before || length <= corrected) || !map.valid(next)) return std::nullopt;
    point = std::move(next);
    if (length > corrected) {
      before = length;
      continue;
    }
    const double radius = spectral_radius(map, threshold, point);
    if (!(radius < 1.0)) return std::nullopt;
    return FixedPoint{std::move(point), radius};
  }
  return std::nullopt;
}

/// Length of the cycle that the map is in, 0 if none is seen.
unsigned period_of(MeanFieldMap& map, std::span<const double> threshold, const std::vector<double>& point) {
  std::vector<double> now = map.next(threshold, point);
  if (same_point(now, point)) return 0;  // still creeping
  for (unsigned period = 2; period <= longest_period; ++period) {
    now = map.next(threshold, now);
    if (same_point(now, point)) return period;
  }
  return 0;
}

}  // namespace

double spectral_radius(MeanFieldMap& map, std::span<const double> threshold, std::span<const double> point) {
  if (point.empty()) return undefined;
  return jacobian(map, threshold, point).eigenvalues().cwiseAbs().maxCoeff();
}

bool same_point(std::span<const double> a, std::span<const double> b) { return scaled_distance(a, b) <= 1e-6; }

Settling settle(MeanFieldMap& map, std::span<const double> threshold, std::vector<double> point, unsigned most_epochs) {
  Settling out;
  for (unsigned next_attempt = 16; out.iterations < most_epochs; ++out.iterations) {
    std::vector<double> moved = map.next(threshold, point);
    if (scaled_distance(moved, point) <= at_rest) {
      out.converged = true;
      out.at = {point, spectral_radius(map, threshold, point)};
      return out;
    }
    point = std::move(moved);
    if (out.iterations < next_attempt) continue;
    next_attempt *= 2;
    if (auto found = newton(map, threshold, point)) {
      out.converged = true;
      out.at = std::move(*found);
      return out;
    }
  }
  out.period = period_of(map, threshold, point);
  return out;
}

}  // namespace loopgate
