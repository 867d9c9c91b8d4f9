#include <array>
#include <cmath>

#include "agents/arm_statistics.hpp"
#include "agents/radius.hpp"
#include "agents/selector.hpp"
#include "analysis/constraint_statistics.hpp"
#include "analysis/inequality.hpp"
#include "analysis/loop_dynamics.hpp"
#include "analysis/metrics.hpp"
#include "verify/cases.hpp"

namespace loopgate {

namespace {

/// Of a stream in [0, 1] with n observations after `rounds` rounds, 33 streams and a horizon of 20,000.
double radius(RadiusRule::Type type, double scale, double n, double rounds) {
  const Radius rule({type, scale, 0.05}, 33, 20000);
  return rule.level(rounds) * rule.unit(1.0, n, 0.0);
}

void radii(Verification& into) {
  into.rounded("radius ucb1, scale sqrt 2, n = 10, t = 100", 0.959705,
               radius(RadiusRule::Type::ucb1, std::sqrt(2.0), 10, 100), 6);
  into.rounded("radius hoeffding, n = 50", 0.413387, radius(RadiusRule::Type::hoeffding, 1.0, 50, 100), 6);
  into.rounded("radius hoeffding_anytime, n = 50", 0.393791, radius(RadiusRule::Type::hoeffding_anytime, 1.0, 50, 100),
               6);
  const Radius bernstein({RadiusRule::Type::empirical_bernstein, 1.0, 0.01}, 1.0, 1.0);
  into.rounded("radius empirical_bernstein, n = 50, V = 0.04", 0.437757,
               bernstein.level(100) * bernstein.unit(1.0, 50, 0.04), 6);
}

/// Three arms after 240 rounds, by radii of ucb1 with scale 1/2.
void choices(Verification& into) {
  const double n[] = {120, 80, 40}, reward[] = {0.40, 0.55, 0.70};
  const auto chosen = [&](std::array<double, 3> residual, auto select) {
    std::array<double, 3> high, low;
    for (std::size_t k = 0; k < 3; ++k) {
      const double half = radius(RadiusRule::Type::ucb1, 0.5, n[k], 240);
      high[k] = reward[k] + half;
      low[k] = residual[k] - half;
    }
    return static_cast<double>(select(ArmBounds{high, low}));
  };
  const auto ofs = [](const ArmBounds& bounds) { return select_feasible(bounds, Fallback::max); };
  const auto priced = [](double price) {
    return [price](const ArmBounds& bounds) { return select_lagrangian(bounds, {&price, 1}); };
  };
  into.exact("OFS: arm of the largest optimistic reward", 1, chosen({-0.10, 0.05, 0.30}, ofs), 0);
  into.exact("OFS: arm of the least optimistic violation", 2, chosen({0.30, 0.25, 0.30}, ofs), 0);
  into.exact("Lagrangian: arm at price 0.5", 2, chosen({-0.10, 0.05, 0.30}, priced(0.5)), 0);
  into.exact("Lagrangian: arm at price 2", 0, chosen({-0.10, 0.05, 0.30}, priced(2.0)), 0);
  double multiplier = 0.5;
  for (const double residual : {0.3, -0.2, 0.5}) multiplier = step_multiplier(multiplier, residual, 0.1, 10.0);
  into.exact("primal-dual: multiplier after 0.3, -0.2, 0.5", 0.56, multiplier, 1e-12, 2);
}

void forgetting(Verification& into) {
  const double one = 1.0, zero = 0.0;
  ArmStatistics discounted(2, 1, {Memory::Type::discount, 0, 0.9});
  discounted.add(0, 0, {&one, 1});
  discounted.add(1, 0, {&zero, 1});
  discounted.add(2, 1, {&one, 1});
  const auto index = [](const ArmStatistics& s, std::size_t k, double c) {
    const Radius rule({RadiusRule::Type::ucb1, c, 0.05}, 1.0, 1.0);
    return s.mean(0, k) + rule.level(s.rounds()) * rule.unit(1.0, s.count(0, k), 0.0);
  };
  into.rounded("discounted UCB: index", 1.553509, index(discounted, 0, 2 * std::sqrt(0.5)), 6);
  ArmStatistics windowed(2, 1, {Memory::Type::window, 3, 1.0});
  windowed.add(0, 0, {&zero, 1});
  windowed.add(1, 1, {&one, 1});
  windowed.add(2, 0, {&one, 1});
  windowed.add(3, 0, {&zero, 1});
  into.rounded("sliding-window UCB: index", 1.024074, index(windowed, 0, std::sqrt(0.5)), 6);
}

void verify_agents(Verification& into) {
  radii(into);
  choices(into);
  forgetting(into);
}

void verify_metrics(Verification& into) {
  const std::array groups{GroupCounts{100, 40, 30, 50}, GroupCounts{100, 15, 10, 25}};
  const auto gap = [&groups](Ratio (*rate)(const GroupCounts&) noexcept) {
    return spread(std::array{rate(groups[0]).value(), rate(groups[1]).value()});
  };
  into.rounded("demographic parity gap", 0.25, gap(selection_rate).gap, 6);
  into.rounded("disparate impact ratio", 0.375, gap(selection_rate).ratio, 6);
  into.rounded("equal opportunity gap", 0.2, gap(true_positive_rate).gap, 6);
  into.rounded("false positive rate gap", 0.133333, gap(false_positive_rate).gap, 6);
  into.rounded("equalised odds gap", 0.2, equalised_odds_gap(gap(true_positive_rate).gap, gap(false_positive_rate).gap),
               6);
  into.rounded("predictive parity gap", 0.083333, gap(positive_predictive_value).gap, 6);
  const std::array bins{CalibrationBin{40, 0.25, 0.2}, CalibrationBin{60, 0.6, 0.7}};
  into.rounded("calibration error", 0.08, calibration_error(bins), 6);
  const std::array amounts{1.0, 2.0, 3.0, 4.0};
  into.rounded("Gini of 1, 2, 3, 4", 0.25, gini(amounts), 6);
  into.rounded("generalised entropy 0", 0.121777, generalised_entropy(amounts, 0), 6);
  into.rounded("generalised entropy 1", 0.106440, generalised_entropy(amounts, 1), 6);
  into.rounded("Atkinson", 0.114654, atkinson(amounts), 6);
  ConstraintStatistics spent(1);
  for (const double residual : {0.05, -0.02, 0.03, -0.1, 0.0, 0.01}) spent.add(residual);
  into.rounded("cumulative violation", 0.09, spent.cumulative_violation(), 6);
  into.rounded("peak cumulative residual", 0.06, spent.peak_cumulative(), 6);
  const std::array times{5.0, 8.0, 10.0};
  const std::array<std::uint8_t, 3> observed{1, 0, 1};
  into.rounded("Kaplan-Meier: restricted mean of 5, 8+, 10", 8.333333, restricted_mean_time(times, observed), 6);
}

void verify_loop_measures(Verification& into) {
  const AutoRegression halving = fit_autoregression(std::array{0.0, 1.0, 1.5, 1.75});
  into.rounded("AR(1) of 0, 1, 1.5, 1.75: slope", 0.5, halving.slope, 6);
  into.rounded("AR(1) of 0, 1, 1.5, 1.75: fixed point", 2.0, halving.fixed_point, 6);
  const AutoRegression falling = fit_autoregression(std::array{1.0, 0.8, 0.68, 0.608, 0.5648});
  into.rounded("AR(1) of 1, 0.8, 0.68, ...: slope", 0.6, falling.slope, 6);
  into.rounded("AR(1) of 1, 0.8, 0.68, ...: half-life", 1.356915, falling.half_life, 6);
  into.rounded("coupling factor of 0.8, 0.48, 0.288", 0.6, coupling_factor(std::array{0.8, 0.48, 0.288}, 0.0), 6);
  into.rounded("1-Wasserstein of (0,1,2) and (1,1,4)", 1.0, wasserstein_distance({0, 1, 2}, {1, 1, 4}), 6);
}

}  // namespace

VerificationCase agents_case() {
  return {"agents",
          "radii, choices and forgetting of the learners, as worked by hand",
          "formulas of Auer et al. 2002, Hoeffding 1963, Audibert et al. 2009, Garivier & Moulines 2011, Du 2025",
          {},
          false,
          verify_agents};
}

VerificationCase metrics_case() {
  return {"metrics",
          "fairness, inequality and violation of small tables, as worked by hand",
          "formulas of Hardt et al. 2016, Naeini et al. 2015, Shorrocks 1980, Kaplan & Meier 1958",
          {},
          false,
          verify_metrics};
}

VerificationCase loop_measures_case() {
  return {"loop_measures",
          "slopes, half-lives and distances of short paths, as worked by hand",
          "least squares and sorted differences, by hand",
          {},
          false,
          verify_loop_measures};
}

}  // namespace loopgate
