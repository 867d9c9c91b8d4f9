#include "agents/group_policy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr double least_weight = 1e-12;  ///< a chance below this is rounding

/// Where b lies between a and c, all on a line; 0 where a = c.
double part_of_way(double a, double b, double c) noexcept {
  return c > a ? std::clamp((b - a) / (c - a), 0.0, 1.0) : 0.0;
}

double between(double a, double part, double c) noexcept { return a + part * (c - a); }

/// The candidate of the largest value; of equals the largest.
template <class Value>
double best_of(std::vector<double> candidates, const Value& value) {
  std::ranges::sort(candidates);
  double best = 0.0, most = -std::numeric_limits<double>::infinity();
  for (const double x : candidates) {
    const double now = value(x);
    if (now < most) continue;
    most = now;
    best = x;
  }
  return best;
}

/// A point of a curve: a part of the way from one vertex to the next.
struct Point {
  std::size_t vertex;
  double part;
};

using Vertices = std::span<const GroupCurve::Vertex>;

/// The first point at which a quantity that never falls along the vertices reaches a value.
template <class Quantity>
Point first_reaching(Vertices all, double value, const Quantity& quantity) {
  const auto reaches = std::ranges::lower_bound(all.subspan(1), value, {}, quantity);
  const auto v = static_cast<std::size_t>(reaches - all.begin()) - 1;
  return {v, v + 1 == all.size() ? 0.0 : part_of_way(quantity(all[v]), value, quantity(all[v + 1]))};
}

/// The last point at which one that never rises still has it.
template <class Quantity>
Point last_reaching(Vertices all, double value, const Quantity& quantity) {
  const auto behind = std::ranges::lower_bound(all, value, std::ranges::greater_equal(), quantity);
  const auto v = static_cast<std::size_t>(behind - all.begin());
  if (v == 0 || v == all.size()) return {v == 0 ? 0 : v - 1, 0.0};
  return {v - 1, 1.0 - part_of_way(quantity(all[v]), value, quantity(all[v - 1]))};
}

template <class Quantity>
double at(Vertices all, Point point, const Quantity& quantity) {
  const double here = quantity(all[point.vertex]);
  return point.part > 0.0 ? between(here, point.part, quantity(all[point.vertex + 1])) : here;
}

double accepted_of(const GroupCurve::Vertex& v) noexcept { return v.accepted; }
double succeeded_of(const GroupCurve::Vertex& v) noexcept { return v.succeeded; }
double failed_of(const GroupCurve::Vertex& v) noexcept { return v.accepted - v.succeeded; }

void add(GroupCurve::Mixture& mixture, Vertices all, Point point, double weight) {
  const auto put = [&](std::size_t v, double chance) {
    if (chance > least_weight) mixture.emplace_back(all[v].cut, chance);
  };
  put(point.vertex, weight * (1.0 - point.part));
  if (point.part > 0.0) put(point.vertex + 1, weight * point.part);
}

}  // namespace

GroupCurve::GroupCurve(const ScoreLevels& levels) {
  const auto n = static_cast<std::uint32_t>(levels.score.size());
  vertices_.push_back({0.0, 0.0, n});
  Vertex now = vertices_.back();
  for (std::uint32_t i = n; i-- > 0;) {
    if (!(levels.mass[i] > 0.0)) continue;
    now = {now.accepted + levels.mass[i], now.succeeded + levels.succeeded[i], i};
    while (vertices_.size() > 1) {
      const Vertex &last = vertices_.back(), &before = vertices_[vertices_.size() - 2];
      const double rise = (last.succeeded - before.succeeded) * (now.accepted - last.accepted);
      if (rise >= (now.succeeded - last.succeeded) * (last.accepted - before.accepted)) break;
      vertices_.pop_back();
    }
    vertices_.push_back(now);
  }
}

double GroupCurve::succeeded_at(double accepted) const noexcept {
  return at(vertices_, first_reaching(vertices_, accepted, accepted_of), succeeded_of);
}

double GroupCurve::accepted_at(double succeeded) const noexcept {
  return at(vertices_, first_reaching(vertices_, succeeded, succeeded_of), accepted_of);
}

double GroupCurve::true_positive_at(double false_positive) const noexcept {
  const double failed = false_positive * failure_total();
  const auto more = std::ranges::upper_bound(vertices_, failed, {}, failed_of);
  if (more == vertices_.end()) return 1.0;
  const auto v = static_cast<std::size_t>(more - vertices_.begin()) - 1;
  const double part = part_of_way(failed_of(vertices_[v]), failed, failed_of(vertices_[v + 1]));
  return between(vertices_[v].succeeded, part, vertices_[v + 1].succeeded) / success_total();
}

GroupCurve::Mixture GroupCurve::accepting(double accepted) const {
  Mixture out;
  add(out, vertices_, first_reaching(vertices_, accepted, accepted_of), 1.0);
  return out;
}

GroupCurve::Mixture GroupCurve::with_rates(double true_positive, double false_positive) const {
  const auto difference = [this](const Vertex& v) {
    return v.succeeded / success_total() - failed_of(v) / failure_total();
  };
  const auto sum = [this](const Vertex& v) { return v.succeeded / success_total() + failed_of(v) / failure_total(); };
  // The difference rises up to the top of the curve and falls behind it.
  const auto top = static_cast<std::size_t>(std::ranges::max_element(vertices_, {}, difference) - vertices_.begin());
  const Vertices all(vertices_);
  const double level = std::clamp(true_positive - false_positive, 0.0, difference(all[top]));
  const Point strict = first_reaching(all.first(top + 1), level, difference);
  Point lenient = last_reaching(all.subspan(top), level, difference);
  lenient.vertex += top;
  const double part =
      part_of_way(at(vertices_, strict, sum), true_positive + false_positive, at(vertices_, lenient, sum));
  Mixture out;
  add(out, vertices_, strict, 1.0 - part);
  add(out, vertices_, lenient, part);
  return out;
}

namespace {

/// What rates and parts of the groups are worth together.
class Solver {
 public:
  Solver(std::span<const ScoreLevels> levels, std::span<const double> weight, const Utility& utility)
      : weight_(weight), utility_(utility) {
    for (const ScoreLevels& one : levels) curves_.emplace_back(one);
  }

  std::vector<GroupCurve::Mixture> solve(Criterion criterion) const {
    switch (criterion) {
      case Criterion::max_utility:
        return max_utility();
      case Criterion::demographic_parity:
        return demographic_parity();
      case Criterion::equal_opportunity:
        return equal_opportunity();
      case Criterion::equalised_odds:
        return equalised_odds();
    }
    return {};
  }

 private:
  double worth(double accepted, double succeeded) const noexcept {
    return utility_.success * succeeded + utility_.failure * (accepted - succeeded);
  }
  static bool bound_by_successes(const GroupCurve& curve) noexcept { return curve.success_total() > 0.0; }
  static bool bound_by_both(const GroupCurve& curve) noexcept {
    return curve.success_total() > 0.0 && curve.failure_total() > 0.0;
  }

  GroupCurve::Mixture best_alone(const GroupCurve& curve) const {
    std::vector<double> accepted;
    for (const auto& vertex : curve.vertices()) accepted.push_back(vertex.accepted);
    return curve.accepting(best_of(accepted, [&](double a) { return worth(a, curve.succeeded_at(a)); }));
  }

  std::vector<GroupCurve::Mixture> max_utility() const {
    std::vector<GroupCurve::Mixture> all;
    for (const GroupCurve& curve : curves_) all.push_back(best_alone(curve));
    return all;
  }

  /// A group without applicants (no mass at all) binds nobody.
  std::vector<GroupCurve::Mixture> demographic_parity() const {
    std::vector<double> rates;
    double most = 1.0;
    for (const GroupCurve& curve : curves_) {
      if (curve.vertices().size() == 1) continue;
      most = std::min(most, curve.vertices().back().accepted);
      for (const auto& vertex : curve.vertices()) rates.push_back(vertex.accepted);
    }
    for (double& rate : rates) rate = std::min(rate, most);
    const double rate = best_of(rates, [&](double a) {
      double total = 0.0;
      for (std::size_t g = 0; g < curves_.size(); ++g) total += weight_[g] * worth(a, curves_[g].succeeded_at(a));
      return total;
    });
    std::vector<GroupCurve::Mixture> all;
    for (const GroupCurve& curve : curves_) all.push_back(curve.accepting(rate));
    return all;
  }

  std::vector<GroupCurve::Mixture> equal_opportunity() const {
    std::vector<double> rates;
    for (const GroupCurve& curve : curves_)
      for (const auto& vertex : curve.vertices())
        if (bound_by_successes(curve)) rates.push_back(vertex.succeeded / curve.success_total());
    const double rate = best_of(rates, [&](double tpr) {
      double total = 0.0;
      for (std::size_t g = 0; g < curves_.size(); ++g) {
        const double succeeded = tpr * curves_[g].success_total();
        if (bound_by_successes(curves_[g])) total += weight_[g] * worth(curves_[g].accepted_at(succeeded), succeeded);
      }
      return total;
    });
    std::vector<GroupCurve::Mixture> all;
    for (const GroupCurve& curve : curves_)
      all.push_back(bound_by_successes(curve) ? curve.accepting(curve.accepted_at(rate * curve.success_total()))
                                              : best_alone(curve));
    return all;
  }

  /// The true positive rate that every group can have at a false positive rate.
  double common_true_positive(double false_positive) const noexcept {
    double least = 1.0;
    for (const GroupCurve& curve : curves_)
      if (bound_by_both(curve)) least = std::min(least, curve.true_positive_at(false_positive));
    return least;
  }

  /// Where the least of the ROC curves may bend: the curves' own bends, and between these where two curves cross.
  std::vector<double> bends() const {
    std::vector<double> x{0.0, 1.0};
    for (const GroupCurve& curve : curves_)
      for (const auto& vertex : curve.vertices())
        if (bound_by_both(curve)) x.push_back(std::min(1.0, failed_of(vertex) / curve.failure_total()));
    std::ranges::sort(x);
    x.erase(std::unique(x.begin(), x.end()), x.end());
    const std::size_t n = x.size();
    for (std::size_t g = 0; g < curves_.size(); ++g)
      for (std::size_t h = 0; h < g; ++h)
        if (bound_by_both(curves_[g]) && bound_by_both(curves_[h])) add_crossings(curves_[g], curves_[h], n, x);
    return x;
  }

  static void add_crossings(const GroupCurve& a, const GroupCurve& b, std::size_t n, std::vector<double>& x) {
    const auto gap = [&](double at) { return a.true_positive_at(at) - b.true_positive_at(at); };
    double left = gap(x[0]);
    for (std::size_t i = 0; i + 1 < n; ++i) {
      const double right = gap(x[i + 1]);
      if (left * right < 0.0) x.push_back(between(x[i], left / (left - right), x[i + 1]));
      left = right;
    }
  }

  std::vector<GroupCurve::Mixture> equalised_odds() const {
    double successes = 0.0, failures = 0.0;
    for (std::size_t g = 0; g < curves_.size(); ++g) {
      if (!bound_by_both(curves_[g])) continue;
      successes += weight_[g] * curves_[g].success_total();
      failures += weight_[g] * curves_[g].failure_total();
    }
    const double x = best_of(bends(), [&](double fpr) {
      return utility_.success * successes * common_true_positive(fpr) + utility_.failure * failures * fpr;
    });
    const double y = common_true_positive(x);
    std::vector<GroupCurve::Mixture> all;
    for (const GroupCurve& curve : curves_)
      all.push_back(bound_by_both(curve) ? curve.with_rates(y, x) : best_alone(curve));
    return all;
  }

  std::vector<GroupCurve> curves_;
  std::span<const double> weight_;
  Utility utility_;
};

/// A threshold that nobody of a level reaches.
double beyond(const ScoreLevels& levels) noexcept {
  return std::nextafter(levels.score.back() + 2.0 * levels.tolerance, std::numeric_limits<double>::infinity());
}

GroupRule rule_of(GroupCurve::Mixture mixture, const ScoreLevels& levels) {
  std::ranges::sort(mixture);
  double total = 0.0;
  for (const auto& [cut, weight] : mixture) total += weight;
  GroupRule rule{undefined, {}};
  double chance = 0.0;
  for (std::size_t i = 0; i < mixture.size(); ++i) {
    const auto [cut, weight] = mixture[i];
    const bool nobody = cut == levels.score.size();
    rule.threshold = nobody ? beyond(levels) : levels.score[cut];
    chance += weight / total;
    if (i + 1 == mixture.size() || mixture.back().first == cut) break;
    if (i + 1 < mixture.size() && mixture[i + 1].first == cut) continue;
    rule.below.from.push_back(rule.threshold);
    rule.below.chance.push_back(std::min(1.0, chance));
  }
  return rule;
}

std::vector<GroupRule> all_or_nobody(std::span<const ScoreLevels> levels, std::span<const double> weight,
                                     const Utility& utility) {
  double worth = 0.0;
  for (std::size_t g = 0; g < levels.size(); ++g)
    for (std::size_t i = 0; i < levels[g].score.size(); ++i)
      worth += weight[g] * (utility.success * levels[g].succeeded[i] +
                            utility.failure * (levels[g].mass[i] - levels[g].succeeded[i]));
  std::vector<GroupRule> rules;
  for (const ScoreLevels& one : levels) {
    const auto n = static_cast<std::uint32_t>(one.score.size());
    rules.push_back(rule_of({{worth > 0.0 ? 0U : n, 1.0}}, one));
  }
  return rules;
}

}  // namespace

std::vector<GroupRule> best_rules(Criterion criterion, std::span<const ScoreLevels> levels,
                                  std::span<const double> weight, const Utility& utility) {
  LOOPGATE_EXPECT(levels.size() == weight.size());
  if (!(utility.success > 0.0 && utility.failure < 0.0)) return all_or_nobody(levels, weight, utility);
  std::vector<GroupRule> rules;
  const std::vector<GroupCurve::Mixture> mixtures = Solver(levels, weight, utility).solve(criterion);
  for (std::size_t g = 0; g < levels.size(); ++g) rules.push_back(rule_of(mixtures[g], levels[g]));
  return rules;
}

}  // namespace loopgate
