#include "agents/group_policy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/random/rng.hpp"

using namespace loopgate;

namespace {

/// What a rule does to a group: parts of it.
struct Outcome {
  double accepted = 0.0, succeeded = 0.0, qualified = 0.0;
  double worth(const Utility& u) const { return u.success * succeeded + u.failure * (accepted - succeeded); }
  double true_positive() const { return succeeded / qualified; }
  double false_positive() const { return (accepted - succeeded) / (1.0 - qualified); }
};

Outcome outcome(const GroupRule& rule, const ScoreLevels& levels) {
  Outcome out;
  for (std::size_t i = 0; i < levels.score.size(); ++i) {
    const double chance = levels.score[i] >= rule.threshold ? 1.0 : rule.below(levels.score[i], 0.0);
    out.accepted += chance * levels.mass[i];
    out.succeeded += chance * levels.succeeded[i];
    out.qualified += levels.succeeded[i];
  }
  return out;
}

double worth(const std::vector<GroupRule>& rules, const std::vector<ScoreLevels>& levels,
             const std::vector<double>& weight, const Utility& utility) {
  double total = 0.0;
  for (std::size_t g = 0; g < rules.size(); ++g) total += weight[g] * outcome(rules[g], levels[g]).worth(utility);
  return total;
}

/// World UT in n levels of equal width: A uniform, B of density 2 (1 - s), P(success | s) = s.
std::vector<ScoreLevels> ut(std::size_t n) {
  std::vector<ScoreLevels> groups(2);
  for (std::size_t i = 0; i < n; ++i) {
    const double low = static_cast<double>(i) / static_cast<double>(n),
                 high = (static_cast<double>(i) + 1.0) / static_cast<double>(n);
    for (ScoreLevels& one : groups) one.score.push_back(low);
    groups[0].mass.push_back(high - low);
    groups[0].succeeded.push_back((high * high - low * low) / 2);
    groups[1].mass.push_back((1 - low) * (1 - low) - (1 - high) * (1 - high));
    groups[1].succeeded.push_back(high * high - low * low - 2 * (high * high * high - low * low * low) / 3);
  }
  return groups;
}

/// A made-up law, in which success need not grow with the score.
ScoreLevels random_levels(Rng& rng) {
  ScoreLevels levels;
  const std::size_t n = 1 + rng.below(6);
  double total = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    levels.score.push_back(static_cast<double>(i));
    levels.mass.push_back(rng.below(5) == 0 ? 0.0 : rng.uniform());
    total += levels.mass.back();
  }
  if (total == 0.0) total = levels.mass[0] = 1.0;
  for (double& mass : levels.mass) {
    mass /= total;
    levels.succeeded.push_back(mass * (rng.below(4) == 0 ? 0.5 : rng.uniform()));
  }
  return levels;
}

/// Everyone at or above a cut, for each cut.
std::vector<Outcome> cuts(const ScoreLevels& levels) {
  std::vector<Outcome> all;
  for (std::size_t cut = 0; cut <= levels.score.size(); ++cut)
    all.push_back(outcome({static_cast<double>(cut), {}}, levels));
  return all;
}

/// Best value of y over chances between two cuts that have a value x; by trying all pairs.
template <class X, class Y>
double best_mixture(const std::vector<Outcome>& all, double value, const X& x, const Y& y) {
  double best = -1e300;
  for (const Outcome& a : all)
    for (const Outcome& b : all) {
      if (x(a) > value || x(b) < value) continue;
      const double part = x(b) > x(a) ? (value - x(a)) / (x(b) - x(a)) : 1.0;
      best = std::max({best, y(a) + part * (y(b) - y(a)), x(a) == value ? y(a) : -1e300});
    }
  return best;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the group policies of world UT are the known ones") {  // KA-G1
  const std::vector<ScoreLevels> levels = ut(4000);
  const std::vector<double> weight{0.5, 0.5};
  const Utility utility{0.6, -0.4};
  struct Known {
    Criterion criterion;
    double a, b, worth;
  };
  for (const Known& known : {Known{Criterion::max_utility, 0.4, 0.4, 0.126},
                             Known{Criterion::demographic_parity, 0.504159, 0.295841, 0.119656},
                             Known{Criterion::equal_opportunity, 0.486217, 0.315960, 0.121825}}) {
    const auto rules = best_rules(known.criterion, levels, weight, utility);
    CHECK(std::abs(rules[0].threshold - known.a) < 3e-4);  // a level is 2.5e-4 wide
    CHECK(std::abs(rules[1].threshold - known.b) < 3e-4);
    CHECK(std::abs(worth(rules, levels, weight, utility) - known.worth) < 1e-6);
  }
  const auto parity = best_rules(Criterion::demographic_parity, levels, weight, utility);
  CHECK(std::abs(outcome(parity[0], levels[0]).accepted - 0.495841) < 3e-4);
  CHECK(std::abs(outcome(parity[0], levels[0]).accepted - outcome(parity[1], levels[1]).accepted) < 1e-12);
  const auto opportunity = best_rules(Criterion::equal_opportunity, levels, weight, utility);
  CHECK(std::abs(outcome(opportunity[0], levels[0]).true_positive() - 0.763593) < 3e-4);
}

TEST_CASE("a rate that no cut has is reached by chance at the cut") {
  const ScoreLevels a{{0.2, 0.6}, {0.5, 0.5}, {0.15, 0.4}}, b{{0.1, 0.5}, {0.25, 0.75}, {0.0, 0.7}};
  const auto rules = best_rules(Criterion::demographic_parity, std::vector{a, b}, std::vector{0.5, 0.5}, {1.0, -1.0});
  CHECK(rules[1].threshold == 0.5);  // b accepts 3/4, which costs a half of its lower level
  CHECK(rules[1].below.from.empty());
  CHECK(rules[0].threshold == 0.6);
  CHECK(rules[0].below.from == std::vector{0.2});
  CHECK(rules[0].below.chance[0] == doctest::Approx(0.5));
}

TEST_CASE("nobody is accepted where nobody is worth it") {
  const ScoreLevels a{{0.2, 0.6}, {0.5, 0.5}, {0.05, 0.1}};
  for (const Criterion criterion : {Criterion::max_utility, Criterion::demographic_parity, Criterion::equal_opportunity,
                                    Criterion::equalised_odds}) {
    const auto rules = best_rules(criterion, std::vector{a, a}, std::vector{0.3, 0.7}, {1.0, -1.0});
    CHECK(rules[0].threshold > 0.6);
    CHECK(outcome(rules[1], a).accepted == doctest::Approx(0.0));
  }
}

TEST_CASE("where there is nothing to weigh all are accepted or nobody") {
  const ScoreLevels a{{0.2, 0.6}, {0.5, 0.5}, {0.05, 0.1}};
  for (const Criterion criterion : {Criterion::max_utility, Criterion::equalised_odds}) {
    const auto accepted = [&](const Utility& utility) {
      return outcome(best_rules(criterion, std::vector{a, a}, std::vector{0.3, 0.7}, utility)[1], a).accepted;
    };
    CHECK(accepted({1.0, 0.5}) == 1.0);
    CHECK(accepted({-1.0, -0.5}) == 0.0);
    CHECK(accepted({0.0, -0.5}) == 0.0);
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("each criterion holds exactly and nothing that holds it is worth more") {
  Rng rng(Seed{4}, Replication{0}, Stream{9});
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const std::size_t n_groups = 2 + rng.below(3);
    std::vector<ScoreLevels> levels;
    std::vector<double> weight;
    for (std::size_t g = 0; g < n_groups; ++g) {
      levels.push_back(random_levels(rng));
      weight.push_back(rng.uniform());
    }
    const Utility utility{rng.uniform(), -rng.uniform()};
    std::vector<std::vector<Outcome>> all;
    for (const ScoreLevels& one : levels) all.push_back(cuts(one));
    const auto value = [&](const Outcome& o) { return o.worth(utility); };
    const auto solved = [&](Criterion criterion, auto&& rate, double tolerance) {
      const auto rules = best_rules(criterion, levels, weight, utility);
      for (std::size_t g = 1; g < n_groups; ++g)
        CHECK(rate(outcome(rules[g], levels[g])) ==
              doctest::Approx(rate(outcome(rules[0], levels[0]))).epsilon(tolerance));
      return worth(rules, levels, weight, utility);
    };
    const auto accepted = [](const Outcome& o) { return o.accepted; };
    const auto true_positive = [](const Outcome& o) { return o.true_positive(); };
    const auto false_positive = [](const Outcome& o) { return o.false_positive(); };
    const double parity = solved(Criterion::demographic_parity, accepted, 1e-9);
    const double opportunity = solved(Criterion::equal_opportunity, true_positive, 1e-9);
    double odds = solved(Criterion::equalised_odds, true_positive, 1e-9);
    odds = solved(Criterion::equalised_odds, false_positive, 1e-9);
    double best = 0.0, free = 0.0, best_parity = -1e300, best_opportunity = -1e300, best_odds = -1e300;
    for (std::size_t g = 0; g < n_groups; ++g) {
      best = -1e300;
      for (const Outcome& o : all[g]) best = std::max(best, value(o));
      free += weight[g] * best;
    }
    CHECK(worth(best_rules(Criterion::max_utility, levels, weight, utility), levels, weight, utility) ==
          doctest::Approx(free));
    constexpr int n = 400;
    for (int i = 0; i <= n; ++i) {
      const double x = static_cast<double>(i) / n;
      double p = 0.0, o = 0.0, tpr = 1.0, worth_of_tpr = 0.0, worth_of_fpr = 0.0;
      for (std::size_t g = 0; g < n_groups; ++g) {
        const double q = all[g][0].qualified;
        p += weight[g] * best_mixture(all[g], x, accepted, value);
        o += weight[g] * best_mixture(all[g], x, true_positive, value);
        tpr = std::min(tpr, best_mixture(all[g], x, false_positive, true_positive));
        worth_of_tpr += weight[g] * utility.success * q;
        worth_of_fpr += weight[g] * utility.failure * (1.0 - q);
      }
      best_parity = std::max(best_parity, p);
      best_opportunity = std::max(best_opportunity, o);
      best_odds = std::max(best_odds, worth_of_tpr * tpr + worth_of_fpr * x);
    }
    const double grid = 0.02;  // what a step of 1/400 can cost at slopes up to the steepest here
    CHECK(parity >= best_parity - 1e-9);
    CHECK(opportunity >= best_opportunity - 1e-9);
    CHECK(odds >= best_odds - 1e-9);
    CHECK(parity <= best_parity + grid);
    CHECK(opportunity <= best_opportunity + grid);
    CHECK(odds <= opportunity + 1e-9);  // equal odds are equal opportunities
    CHECK(opportunity <= free + 1e-9);
    CHECK(parity <= free + 1e-9);
  }
}

TEST_SUITE_END();
