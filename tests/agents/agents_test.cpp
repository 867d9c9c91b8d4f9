#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <map>

#include "agents/arm_statistics.hpp"
#include "agents/radius.hpp"
#include "agents/selector.hpp"
#include "core/scenario/yaml.hpp"
#include "tests/support/worlds.hpp"

using namespace loopgate;

namespace {

constexpr double tight = 2e-6;

double radius_of(RadiusRule::Type type, double scale, double n, double rounds) {
  const Radius radius({type, scale, 0.05}, 33.0, 20000.0);
  return radius.level(rounds) * radius.unit(1.0, n, 0.0);
}

/// Plays one agent on exact, noise-free rewards and residuals; returns how often each threshold was played.
std::map<double, int> play(const std::string& agent, const std::vector<Interval>& ranges, int n_epochs,
                           const std::function<std::vector<double>(double)>& residuals) {
  Problem problem;
  problem.groups = {"A", "B"};
  problem.score_range = {0.0, 1.0};
  problem.reward_range = {0.0, 1.0};
  problem.residual_ranges = ranges;
  for (std::size_t m = 0; m < ranges.size(); ++m) problem.residual_names.push_back("g" + std::to_string(m));
  problem.n_epochs = static_cast<std::uint32_t>(n_epochs);
  Diagnostics diagnostics;
  const Catalog& catalog = test::catalog();
  const Node settings =
      validate(parse_yaml(agent, "agent", diagnostics), component("type", catalog.agents.descriptions()), diagnostics);
  const auto made = catalog.agents.make(settings.string("type"), settings, problem, diagnostics)->make(problem);
  REQUIRE(diagnostics.ok());
  Rng rng(Seed{1}, Replication{0}, Stream::agent("a"));
  std::map<double, int> played;
  std::vector<double> threshold(2);
  for (int t = 0; t < n_epochs; ++t) {
    const auto epoch = static_cast<std::uint32_t>(t);
    rng.begin_epoch(epoch);
    made->choose({epoch, static_cast<double>(t)}, rng, threshold);
    const double s = threshold[0];
    const double u =
        ((1 - s * s) / 2 - 0.4 * (1 - s) + 1.0 / 3 - s * s + 2 * s * s * s / 3 - 0.4 * (1 - s) * (1 - s)) / 2;
    const auto residual = residuals(s);
    made->learn({epoch, 0.0, 0.0, threshold, u, residual, {}, {}, {}, {}});
    ++played[std::round(s * 10) / 10];
  }
  return played;
}

std::vector<double> parity(double s) { return {s * (1 - s) - 0.1, -s * (1 - s) - 0.1}; }
double service(double s) { return (1 - s + (1 - s) * (1 - s)) / 2; }

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("confidence radii have their known answers") {
  CHECK(radius_of(RadiusRule::Type::ucb1, std::sqrt(2.0), 10, 100) == doctest::Approx(0.959705).epsilon(tight));
  CHECK(radius_of(RadiusRule::Type::hoeffding, 1.0, 50, 100) == doctest::Approx(0.413387).epsilon(tight));
  CHECK(radius_of(RadiusRule::Type::hoeffding_anytime, 1.0, 50, 100) == doctest::Approx(0.393791).epsilon(tight));
  const Radius bernstein({RadiusRule::Type::empirical_bernstein, 1.0, 0.01}, 1.0, 1.0);  // d = 0.01
  CHECK(bernstein.level(100) * bernstein.unit(1.0, 50, 0.04) == doctest::Approx(0.437757).epsilon(tight));
  CHECK(std::isinf(radius_of(RadiusRule::Type::hoeffding, 1.0, 0, 100)));
}

TEST_CASE("OFS and the Lagrangian choose as in the worked examples") {
  const double n[] = {120, 80, 40}, reward[] = {0.40, 0.55, 0.70};
  const auto bounds = [&](const std::vector<double>& residual, std::vector<double>& u, std::vector<double>& l) {
    for (std::size_t k = 0; k < 3; ++k) {
      const double half = radius_of(RadiusRule::Type::ucb1, 0.5, n[k], 240);
      u.push_back(reward[k] + half);
      l.push_back(residual[k] - half);
    }
    return ArmBounds{u, l};
  };
  std::vector<double> u1, l1, u2, l2;
  const ArmBounds first = bounds({-0.10, 0.05, 0.30}, u1, l1), second = bounds({0.30, 0.25, 0.30}, u2, l2);
  CHECK(u1[1] == doctest::Approx(0.680870).epsilon(tight));
  CHECK(select_feasible(first, Fallback::max) == 1);   // KA-OFS1
  CHECK(select_feasible(second, Fallback::max) == 2);  // KA-OFS2
  const double half = 0.5, two = 2.0;
  CHECK(select_lagrangian(first, {&half, 1}) == 2);  // KA-PD2
  CHECK(select_lagrangian(first, {&two, 1}) == 0);
}

TEST_CASE("a multiplier steps along the residual and stays within its cap") {
  double multiplier = 0.5;  // KA-PD1
  for (const auto& [residual, expected] : {std::pair{0.3, 0.53}, {-0.2, 0.51}, {0.5, 0.56}}) {
    multiplier = step_multiplier(multiplier, residual, 0.1, 10.0);
    CHECK(multiplier == doctest::Approx(expected));
  }
  CHECK(step_multiplier(0.01, -0.2, 0.1, 10.0) == 0.0);
  CHECK(step_multiplier(9.99, 0.2, 0.1, 10.0) == 10.0);
  CHECK(step_multiplier(0.5, undefined, 0.1, 10.0) == 0.5);
}

TEST_CASE("discounted and windowed indices have their known answers") {
  const auto index = [](const ArmStatistics& s, std::size_t k, double c) {
    const Radius radius({RadiusRule::Type::ucb1, c, 0.05}, 1.0, 1.0);
    return s.mean(0, k) + radius.level(s.rounds()) * radius.unit(1.0, s.count(0, k), 0.0);
  };
  const double one = 1.0, zero = 0.0;
  ArmStatistics discounted(2, 1, {Memory::Type::discount, 0, 0.9});  // KA-DUCB
  discounted.add(0, 0, {&one, 1});
  discounted.add(1, 0, {&zero, 1});
  discounted.add(2, 1, {&one, 1});
  CHECK(discounted.count(0, 0) == doctest::Approx(1.71));
  CHECK(index(discounted, 0, 2 * std::sqrt(0.5)) == doctest::Approx(1.553509).epsilon(tight));
  CHECK(index(discounted, 1, 2 * std::sqrt(0.6)) == doctest::Approx(2.546828).epsilon(tight));
  ArmStatistics windowed(2, 1, {Memory::Type::window, 3, 1.0});  // KA-SW
  windowed.add(0, 0, {&zero, 1});
  windowed.add(1, 1, {&one, 1});
  windowed.add(2, 0, {&one, 1});
  windowed.add(3, 0, {&zero, 1});
  CHECK(index(windowed, 0, std::sqrt(0.5)) == doctest::Approx(1.024074).epsilon(tight));
  CHECK(index(windowed, 1, std::sqrt(0.5)) == doctest::Approx(1.741152).epsilon(tight));
}

TEST_CASE("windows and discounts go by the decision that something was seen of and not by when it was told") {
  const double one = 1.0, zero = 0.0;
  ArmStatistics windowed(1, 1, {Memory::Type::window, 3, 1.0});
  windowed.add(5, 0, {&zero, 1});
  windowed.add(3, 0, {&one, 1});
  windowed.add(2, 0, {&one, 1});  // epochs 3, 4 and 5 are in the window
  CHECK(windowed.count(0, 0) == 2.0);
  windowed.add(6, 0, {&undefined, 1});
  CHECK(windowed.count(0, 0) == 1.0);
  CHECK(windowed.mean(0, 0) == 0.0);
  CHECK(windowed.rounds() == 3.0);
  ArmStatistics discounted(1, 1, {Memory::Type::discount, 0, 0.5});
  discounted.add(4, 0, {&undefined, 1});
  discounted.add(1, 0, {&one, 1});
  CHECK(discounted.count(0, 0) == doctest::Approx(0.125));
  CHECK(discounted.rounds() == doctest::Approx(1.9375));
}

TEST_CASE("an undefined residual leaves that stream alone") {
  ArmStatistics statistics(1, 2, {});
  const double values[] = {0.5, undefined};
  statistics.add(0, 0, values);
  CHECK(statistics.count(0, 0) == 1.0);
  CHECK(statistics.count(1, 0) == 0.0);
  CHECK(std::isnan(statistics.mean(1, 0)));
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("OFS settles on the best feasible threshold of world UT") {
  const std::string ofs = "{type: ofs, grid: 11, radius: {type: ucb1, scale: 0.05}}";
  const Interval unit{0.0, 1.0};
  auto played = play(ofs, {unit, unit}, 20000, parity);  // KA-OFS3
  CHECK(played[0.1] > 19800);
  played = play(ofs, {unit, unit, unit}, 20000, [](double s) {
    auto g = parity(s);
    g.push_back(service(s) - 0.7);
    return g;
  });
  CHECK(played[0.9] > 19800);
  played = play(ofs, {unit, unit, unit, unit}, 20000, [](double s) {
    auto g = parity(s);
    g.push_back(service(s) - 0.7);
    g.push_back(0.3 - service(s));
    return g;
  });
  CHECK(played[0.2] > 19800);
}

TEST_CASE("agents that should agree do") {
  const auto none = [](double) { return std::vector<double>{}; };
  CHECK(play("{type: ofs, grid: 11}", {}, 500, none) == play("{type: ucb1, grid: 11}", {}, 500, none));
  const Interval unit{-1.0, 1.0};
  CHECK(play("{type: primal_dual, grid: 11, step: 0}", {unit, unit}, 500, parity) ==
        play("{type: ucb1, grid: 11}", {unit, unit}, 500, parity));
  const auto plain = play("{type: ofs, grid: 11}", {unit, unit}, 500, parity);
  CHECK(play("{type: ofs, grid: 11, statistics: {type: window, length: 1000}}", {unit, unit}, 500, parity) == plain);
  CHECK(play("{type: ofs, grid: 11, statistics: {type: discount, factor: 1}}", {unit, unit}, 500, parity) == plain);
}

TEST_SUITE_END();
