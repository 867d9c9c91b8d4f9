#include "analysis/mean_field.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "core/error.hpp"
#include "core/run/evaluate.hpp"
#include "core/run/states.hpp"
#include "core/run/type_draw.hpp"

namespace loopgate {

MeanFieldMap::MeanFieldMap(const Scenario& scenario)
    : scenario_(scenario),
      composition_(scenario.law->start()),
      answers_(*scenario.law),
      by_type_(type_counter(scenario.dynamics, *scenario.law, nullptr)),
      counts_(scenario.problem.n_groups()),
      value_(scenario.states.size()),
      rate_(scenario.problem.n_groups()) {
  if (scenario.learning != nullptr)
    throw ScenarioError(
        "environment.score_model learns, so what a threshold means moves and no state of the population rests "
        "(expected a score model that stays, as the base of this one)");
  for (std::size_t i = 0; i < scenario.dynamics.size(); ++i)
    if (scenario.dynamics[i]->cause() == Dynamics::Cause::random)
      throw ScenarioError("environment.dynamics[" + std::to_string(i) +
                          "]: draws at random, so the loop has no mean field (expected rules that draw nothing)");
  if (by_type_ != nullptr) draw_ = std::make_unique<TypeMeanDraw>(*scenario.law, by_type_->counts);
  else draw_ = std::make_unique<MeanFieldDraw>(answers_);
  using Kind = StateEntry::Kind;
  std::vector<std::size_t> shares, others;
  for (std::size_t s = 0; s < scenario.states.size(); ++s)
    (scenario.states[s].kind == Kind::share ? shares : others).push_back(s);
  if (!shares.empty()) add_simplex(std::move(shares));
  for (auto at = others.begin(); at != others.end();) {
    const StateEntry& entry = scenario.states[*at];
    const auto end = std::find_if(at, others.end(), [&](std::size_t s) {
      return scenario.states[s].kind != entry.kind || scenario.states[s].group != entry.group;
    });
    if (entry.kind == Kind::type_mass) add_simplex({at, end});
    else coordinates_.insert(coordinates_.end(), at, end);
    at = end;
  }
}

void MeanFieldMap::add_simplex(std::vector<std::size_t> states) {
  const std::size_t first = coordinates_.size();
  coordinates_.insert(coordinates_.end(), states.begin(), states.end() - 1);
  simplices_.push_back({std::move(states), first});
}

double MeanFieldMap::left_by(const Simplex& simplex, std::span<const double> point) noexcept {
  const auto some = point.subspan(simplex.first, simplex.states.size() - 1);
  return 1.0 - std::accumulate(some.begin(), some.end(), 0.0);
}

std::vector<double> MeanFieldMap::start() const { return point_of(scenario_.law->start()); }

std::vector<double> MeanFieldMap::point_of(const Composition& composition) const {
  std::vector<double> value(scenario_.states.size());
  state_values(scenario_.states, composition, value);
  return point(value);
}

bool MeanFieldMap::valid(std::span<const double> point) const {
  for (const Simplex& simplex : simplices_)
    if (!(left_by(simplex, point) >= -1e-12)) return false;  // room for rounding
  for (std::size_t i = 0; i < point.size(); ++i)
    if (!valid(coordinates_[i], point[i])) return false;
  return true;
}

bool MeanFieldMap::valid(std::size_t s, double value) const {
  const StateEntry& entry = scenario_.states[s];
  switch (entry.kind) {
    case StateEntry::Kind::score_mean:
      return scenario_.law->score_mean_range(entry.group).contains(value);
    case StateEntry::Kind::share:
    case StateEntry::Kind::type_mass:
    case StateEntry::Kind::population:
    case StateEntry::Kind::volume:
    case StateEntry::Kind::aim_reach:
      return value >= 0.0 && std::isfinite(value);
    case StateEntry::Kind::qualification:
      return value >= 0.0 && value <= 1.0;
    case StateEntry::Kind::success_shift:
      return value >= -1.0 && value <= 1.0;
    default:
      return std::isfinite(value);
  }
}

void MeanFieldMap::put(std::span<const double> point) {
  LOOPGATE_EXPECT(point.size() == n_coordinates());
  for (std::size_t i = 0; i < point.size(); ++i) value_[coordinates_[i]] = point[i];
  for (const Simplex& simplex : simplices_) {
    for (const std::size_t s : simplex.states) value_[s] = std::min(1.0, value_[s]);  // 1 but for rounding
    value_[simplex.states.back()] = std::max(0.0, left_by(simplex, point));
  }
  set_states(scenario_.states, value_, composition_);
}

std::vector<double> MeanFieldMap::next(std::span<const double> threshold, std::span<const double> point) {
  put(point);
  const double n = arrivals_of_epoch(scenario_) * composition_.volume();
  if (by_type_ != nullptr) by_type_->counts.clear();
  draw_->tally(composition_, threshold, 0, n, counts_);
  EpochTally tally{counts_.arrived, counts_.accepted, counts_.succeeded, counts_.qualified, threshold, n};
  if (by_type_ != nullptr) by_type_->tell(tally);
  evolve_all(scenario_.dynamics, tally, scenario_.start.dynamics, composition_);
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
  state_values(scenario_.states, composition_, values);
  return values;
}

std::vector<double> MeanFieldMap::point(std::span<const double> states) const {
  LOOPGATE_EXPECT(states.size() == scenario_.states.size());
  std::vector<double> out;
  for (const std::size_t s : coordinates_) out.push_back(states[s]);
  return out;
}

std::vector<double> MeanFieldMap::blended(std::vector<double> point, double part) const {
  if (simplices_.empty() || scenario_.states[simplices_[0].states[0]].kind != StateEntry::Kind::share) return point;
  const std::size_t n = simplices_[0].states.size();
  for (std::size_t g = 0; g + 1 < n; ++g) point[g] += part * (1.0 / static_cast<double>(n) - point[g]);
  return point;
}

std::vector<std::vector<double>> MeanFieldMap::directions(std::span<const double> point) const {
  std::vector<std::vector<double>> all(point.size(), std::vector<double>(point.size(), 0.0));
  for (std::size_t i = 0; i < point.size(); ++i) all[i][i] = 1.0 + std::abs(point[i]);
  for (const Simplex& simplex : simplices_) {
    const auto begin = point.begin() + static_cast<std::ptrdiff_t>(simplex.first);
    const auto end = begin + static_cast<std::ptrdiff_t>(simplex.states.size()) - 1;
    if (begin == end) continue;
    const auto largest = static_cast<std::size_t>(std::max_element(begin, end) - point.begin());
    const bool from_last = left_by(simplex, point) >= point[largest];
    for (std::size_t i = simplex.first; i + 1 < simplex.first + simplex.states.size(); ++i) {
      all[i][i] = 1.0;
      if (!from_last) all[i][largest] = -1.0;  // of the largest itself to the last, which has no coordinate
    }
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
