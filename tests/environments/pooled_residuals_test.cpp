#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "core/run/evaluate.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

/// Groups in which a threshold of 1/2 accepts known shares of the successful and of the others, without dynamics.
struct World {
  std::vector<double> share, qualified, true_positive, false_positive;

  std::size_t n_groups() const { return share.size(); }
  double selection_rate(std::size_t g) const {
    return qualified[g] * true_positive[g] + (1.0 - qualified[g]) * false_positive[g];
  }

  Scenario build(const std::string& constraints, const std::vector<std::string>& overrides = {}) const {
    std::string groups;
    for (std::size_t g = 0; g < n_groups(); ++g) {
      const double above = selection_rate(g), good = qualified[g] * true_positive[g];
      const auto number = [](double x) { return std::to_string(x); };
      const double below_success = above < 1.0 ? (qualified[g] - good) / (1.0 - above) : 0.0;
      groups += "      - {name: g" + std::to_string(g) + ", share: " + number(share[g]) +
                ", scores: [0.2, 0.8], mass: [" + number(1.0 - above) + ", " + number(above) + "], success: [" +
                number(below_success) + ", " + number(above > 0.0 ? good / above : 0.0) + "]}\n";
    }
    return test::build_valid(
        "scenario: pooled\nseed: 8\nhorizon: 12000\nreplications: 1\nenvironment:\n  population:\n    type: "
        "score_table\n"
        "    groups:\n" +
            groups + "  arrivals: {type: batch, size: 5}\nconstraints: " + constraints +
            "\nagents: [{type: fixed, threshold: 0.5}]\n",
        overrides);
  }
};

/// Everything that can come of a batch of n, by its multinomial law.
class EveryBatch {
 public:
  EveryBatch(const World& world, std::uint32_t n) {
    for (std::size_t g = 0; g < world.n_groups(); ++g)
      for (const bool good : {true, false})
        for (const bool accepted : {true, false}) {
          const double of_kind = good ? world.qualified[g] : 1.0 - world.qualified[g];
          const double rate = good ? world.true_positive[g] : world.false_positive[g];
          const double p = world.share[g] * of_kind * (accepted ? rate : 1.0 - rate);
          if (p > 0.0) kinds_.push_back({g, good, accepted, p});
        }
    Counts counts(world.n_groups());
    visit(0, n, std::tgamma(n + 1.0), counts);
  }
  /// (probability, what came)
  std::vector<std::pair<double, Counts>> all() const { return all_; }

 private:
  struct Kind {
    std::size_t group;
    bool good, accepted;
    double p;
  };
  void visit(std::size_t k, std::uint32_t left, double weight, const Counts& so_far) {
    if (k + 1 == kinds_.size()) return visit_end(left, weight, so_far);
    for (std::uint32_t m = 0; m <= left; ++m)
      visit(k + 1, left - m, weight * std::pow(kinds_[k].p, m) / std::tgamma(m + 1.0), with(so_far, kinds_[k], m));
  }
  void visit_end(std::uint32_t m, double weight, const Counts& so_far) {
    const Kind& last = kinds_.back();
    all_.emplace_back(weight * std::pow(last.p, m) / std::tgamma(m + 1.0), with(so_far, last, m));
  }
  static Counts with(Counts counts, const Kind& kind, double m) {
    counts.arrived[kind.group] += m;
    if (kind.good) counts.qualified[kind.group] += m;
    if (kind.accepted) counts.accepted[kind.group] += m;
    if (kind.good && kind.accepted) counts.succeeded[kind.group] += m;
    return counts;
  }

  std::vector<Kind> kinds_;
  std::vector<std::pair<double, Counts>> all_;
};

std::vector<double> residuals(const Scenario& scenario, const Counts& counts, const ExpectedArrivals& expected) {
  std::vector<double> rate, out(scenario.n_residuals());
  double accepted = 0.0, arrived = 0.0;
  for (std::size_t g = 0; g < counts.arrived.size(); ++g) {
    rate.push_back(counts.arrived[g] > 0.0 ? counts.accepted[g] / counts.arrived[g] : undefined);
    accepted += counts.accepted[g];
    arrived += counts.arrived[g];
  }
  realised_residuals(scenario, scenario.start, counts, expected, rate, accepted / arrived, out);
  return out;
}

struct Moments {
  double defined = 0.0, mean = 0.0, sd = 0.0;

  void add(double p, double x) {
    if (std::isnan(x)) return;
    defined += p;
    mean += p * x;
    sd += p * x * x;
  }
  Moments done() const {
    const double m = mean / defined;
    return {defined, m, std::sqrt(std::max(0.0, sd / defined - m * m))};
  }
};

std::vector<double> qualified_shares(const World& world) {
  std::vector<double> out;
  for (std::size_t g = 0; g < world.n_groups(); ++g) out.push_back(world.share[g] * world.qualified[g]);
  return out;
}

/// Exact moments of residual m, given that it is defined.
Moments moments_of(const World& world, const std::string& constraints, std::uint32_t batch, std::size_t m) {
  const Scenario scenario = world.build(constraints);
  const std::vector<double> qualified = qualified_shares(world);
  Moments out;
  for (const auto& [p, counts] : EveryBatch(world, batch).all())
    out.add(p, residuals(scenario, counts, {world.share, qualified})[m]);
  return out.done();
}

/// The same of the group's rate less the overall rate of its batch: what it would be with realised shares.
Moments moments_of_plain_difference(const World& world, std::uint32_t batch, std::size_t g) {
  Moments out;
  for (const auto& [p, counts] : EveryBatch(world, batch).all()) {
    double accepted = 0.0, arrived = 0.0;
    for (std::size_t h = 0; h < world.n_groups(); ++h) {
      accepted += counts.accepted[h];
      arrived += counts.arrived[h];
    }
    if (counts.arrived[g] > 0.0) out.add(p, counts.accepted[g] / counts.arrived[g] - accepted / arrived);
  }
  return out.done();
}

void check(const Moments& found, double defined, double mean, double sd) {
  CHECK(found.defined == doctest::Approx(defined).epsilon(1e-5));
  CHECK(found.mean == doctest::Approx(mean).epsilon(1e-5));
  CHECK(found.sd == doctest::Approx(sd).epsilon(1e-5));
}

const std::string parity = "{demographic_parity: {tolerance: 0, pairs: pooled}}";
const std::string opportunity = "{equal_opportunity: {tolerance: 0, pairs: pooled, told: false}}";

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a pooled residual has the expected difference as its mean in batches of any size") {  // KA-POOL
  const World world{{0.3, 0.7}, {1.0, 1.0}, {0.9, 0.3}, {0.0, 0.0}};
  check(moments_of(world, parity, 2, 0), 0.42, 0.42, 0.383406);
  check(moments_of(world, parity, 3, 0), 0.63, 0.42, 0.323063);
  check(moments_of(world, parity, 5, 0), 0.8295, 0.42, 0.256381);
  check(moments_of(world, parity, 20, 0), 0.999202, 0.42, 0.126939);
  check(moments_of(world, parity, 2, 2), 0.42, -0.18, 0.164317);
  check(moments_of(world, parity, 3, 2), 0.63, -0.18, 0.138456);
  // With realised shares it would not.
  check(moments_of_plain_difference(world, 2, 0), 0.51, 0.247059, 0.273577);
  check(moments_of_plain_difference(world, 20, 0), 0.999202, 0.419856, 0.144848);
  check(moments_of_plain_difference(world, 3, 1), 0.973, -0.168345, 0.229571);
}

TEST_CASE("a pooled residual of a batch of two takes three values") {  // KA-POOL
  const World world{{0.3, 0.7}, {1.0, 1.0}, {0.9, 0.3}, {0.0, 0.0}};
  const Scenario scenario = world.build(parity);
  std::map<int, double> law;
  for (const auto& [p, counts] : EveryBatch(world, 2).all()) {
    const double x = residuals(scenario, counts, {world.share, {}})[0];
    if (!std::isnan(x)) law[static_cast<int>(std::lround(10.0 * x))] += p / 0.42;
  }
  REQUIRE(law.size() == 3);
  CHECK(law[-7] == doctest::Approx(0.03));
  CHECK(law[0] == doctest::Approx(0.34));
  CHECK(law[7] == doctest::Approx(0.63));
}

TEST_CASE("a pooled residual of three groups pools the others") {  // KA-POOL-3
  const World world{{0.2, 0.3, 0.5}, {1.0, 1.0, 1.0}, {0.8, 0.5, 0.2}, {0.0, 0.0, 0.0}};
  check(moments_of(world, parity, 2, 0), 0.32, 0.39, 0.489796);
  check(moments_of(world, parity, 3, 0), 0.48, 0.39, 0.417923);
  CHECK(moments_of_plain_difference(world, 2, 0).mean == doctest::Approx(0.216667).epsilon(1e-5));
}

TEST_CASE("pooled equal opportunity takes the expected shares of the qualified") {  // KA-POOL-EO
  const World world{{0.3, 0.7}, {0.5, 0.8}, {0.9, 0.3}, {0.4, 0.6}};
  check(moments_of(world, opportunity, 2, 0), 0.168, 0.473239, 0.432007);
  check(moments_of(world, opportunity, 3, 0), 0.32508, 0.473239, 0.393724);
}

TEST_CASE("shares that are estimated from earlier batches leave a pooled residual unbiased") {  // KA-POOL-EST
  const World world{{0.3, 0.7}, {1.0, 1.0}, {0.9, 0.3}, {0.0, 0.0}};
  const Scenario scenario = world.build(parity);
  Moments share, residual;
  for (const auto& [first, before] : EveryBatch(world, 2).all()) {
    share.add(first, before.arrived[0] / 2.0);
    for (const auto& [p, counts] : EveryBatch(world, 2).all())
      residual.add(first * p, residuals(scenario, counts, {before.arrived, before.qualified})[0]);
  }
  CHECK(share.done().mean == doctest::Approx(0.3));
  CHECK(residual.done().mean == doctest::Approx(21.0 / 50.0));
}

TEST_CASE("a stage that people reach in their own time knows the shares of those who came before") {
  const World world{{0.3, 0.7}, {1.0, 1.0}, {0.9, 0.3}, {0.0, 0.0}};
  const auto run = [&](const std::string& route) {
    return test::simulate(world.build(parity, {"horizon=3", "environment.arrivals={type: batch, size: 40}", route}));
  };
  const test::Recorder at_once = run("route={stages: {only: {}}}"),
                       waits = run("route={stages: {only: {capacity: 30}}}");
  CHECK(at_once.residual[0][0] == doctest::Approx(0.7 * (at_once.accepted[0][0] / at_once.arrived[0][0] -
                                                         at_once.accepted[0][1] / at_once.arrived[0][1])));
  CHECK(std::isnan(waits.residual[0][0]));
  const double share = waits.arrived[0][0] / (waits.arrived[0][0] + waits.arrived[0][1]);
  CHECK(waits.residual[1][0] == doctest::Approx((1.0 - share) * (waits.accepted[1][0] / waits.arrived[1][0] -
                                                                 waits.accepted[1][1] / waits.arrived[1][1])));
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("realised residuals of every constraint have the expected ones as their mean in batches of any size") {
  // Null: mean over the epochs in which a residual is defined = expected residual, which no epoch moves. 12,000 epochs;
  // |z| < 4 has a false-alarm rate of 6e-5 a check. The seed is fixed.
  const std::vector<World> worlds{{{0.3, 0.7}, {0.5, 0.8}, {0.9, 0.4}, {0.3, 0.1}},
                                  {{0.1, 0.3, 0.6}, {0.5, 0.8, 0.4}, {0.9, 0.3, 0.6}, {0.5, 0.1, 0.3}},
                                  {{0.05, 0.1, 0.1, 0.15, 0.1, 0.2, 0.1, 0.2},
                                   {0.5, 0.8, 0.4, 0.5, 0.6, 0.7, 0.3, 0.5},
                                   {0.9, 0.3, 0.6, 0.8, 0.7, 0.2, 0.9, 0.5},
                                   {0.5, 0.1, 0.3, 0.2, 0.3, 0.1, 0.6, 0.2}}};
  double worst_plain = 0.0;
  for (const World& world : worlds)
    for (const char* pairs : {"all", "pooled"})
      for (const char* arrivals : {"{type: batch, size: 1}", "{type: batch, size: 2}", "{type: batch, size: 5}",
                                   "{type: batch, size: 20}", "{type: poisson, mean: 3}"}) {
        CAPTURE(world.n_groups());
        CAPTURE(std::string(pairs));
        CAPTURE(std::string(arrivals));
        const std::string gap = std::string("tolerance: 0.05, pairs: ") + pairs;
        const Scenario scenario =
            world.build("{demographic_parity: {" + gap + "}, equal_opportunity: {" + gap +
                            ", told: false}, false_positive_parity: {" + gap + ", told: false}, equalised_odds: {" +
                            gap + ", told: false}, qualification_gap: {" + gap +
                            ", told: false}, capacity: {ceiling: {g0: 0.3}}, service_rate: {floor: 0.2}}",
                        {std::string("environment.arrivals=") + arrivals, "fidelity=counts"});
        const test::Recorder run = test::simulate(scenario);
        const auto z = [&](const std::function<double(std::size_t)>& value, double expected) {
          double n = 0.0, sum = 0.0, squares = 0.0;
          for (std::size_t t = 0; t < run.residual.size(); ++t) {
            const double x = value(t);
            if (std::isnan(x)) continue;
            n += 1.0;
            sum += x;
            squares += x * x;
          }
          if (n < 100.0) return 0.0;  // too few to speak of
          const double mean = sum / n, variance = std::max(squares / n - mean * mean, 0.0);
          return variance > 0.0 ? (mean - expected) / std::sqrt(variance / n) : 0.0;
        };
        for (std::size_t m = 0; m < scenario.n_residuals(); ++m) {
          CAPTURE(scenario.residual_names[m]);
          const double expected = run.expected_residual[0][m];
          CHECK(std::abs(z([&](std::size_t t) { return run.residual[t][m]; }, expected)) < 4.0);
        }
        const auto plain = [&](std::size_t t) {
          double accepted = 0.0, arrived = 0.0;
          for (std::size_t g = 0; g < world.n_groups(); ++g) {
            accepted += run.accepted[t][g];
            arrived += run.arrived[t][g];
          }
          return run.arrived[t][0] > 0.0 ? run.accepted[t][0] / run.arrived[t][0] - accepted / arrived : undefined;
        };
        double service = 0.0;
        for (std::size_t g = 0; g < world.n_groups(); ++g) service += world.share[g] * world.selection_rate(g);
        worst_plain = std::max(worst_plain, std::abs(z(plain, world.selection_rate(0) - service)));
      }
  CHECK(worst_plain > 20.0);  // realised shares are seen to be wrong
}

TEST_SUITE_END();
