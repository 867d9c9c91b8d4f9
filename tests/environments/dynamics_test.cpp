#include <doctest/doctest.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

#include "analysis/mean_field.hpp"
#include "tests/support/row_recorder.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

/// Two uniform groups u and v that a threshold of 0.5 accepts by half.
std::string halves(const std::string& dynamics, const std::string& arrivals, double share = 0.5) {
  return "scenario: halves\nseed: 11\nhorizon: 101\nenvironment:\n  population:\n    type: parametric\n    groups:\n"
         "      - {name: u, share: " +
         std::to_string(share) +
         ", score: {law: uniform, low: 0, high: 1}}\n      - {name: v, share: " + std::to_string(1.0 - share) +
         ", score: {law: uniform, low: 0, high: 1}}\n  arrivals: " + arrivals + "\n  dynamics: [" + dynamics +
         "]\nagents: [{type: fixed, threshold: 0.5}]\n";
}

/// Two scores, of which a threshold of 1 accepts the upper one: TPR 0.7 and FPR 0.2 whatever the qualification rate,
/// which starts at 0.5.
std::string two_scores(const std::string& dynamics) {
  const std::string bins = "scores: [0, 1], mass: [0.55, 0.45], success: [0.2727272727272727, 0.7777777777777778]}\n";
  return "scenario: scores\nseed: 12\nhorizon: 60\nenvironment:\n  population:\n    type: score_table\n    groups:\n"
         "      - {name: u, share: 0.3, " +
         bins + "      - {name: v, share: 0.7, " + bins + "  arrivals: {type: batch, size: 1000}\n  dynamics: [" +
         dynamics + "]\nagents: [{type: fixed, threshold: 1}]\n";
}

const std::string zhang =
    "{type: qualification, qualified_accepted: 0.8, qualified_rejected: 0.5, unqualified_accepted: 0.4, "
    "unqualified_rejected: 0.1}";

/// State entry s at every epoch of n replications.
std::vector<test::Recorder> replicate(const Scenario& scenario, std::uint32_t n) {
  std::vector<test::Recorder> all;
  for (std::uint32_t r = 0; r < n; ++r) all.push_back(test::simulate(scenario, r));
  return all;
}

struct Moments {
  double mean = 0.0, variance = 0.0;
};

Moments across(const std::vector<test::Recorder>& runs, std::size_t epoch, std::size_t s) {
  Moments out;
  for (const test::Recorder& run : runs) out.mean += run.state[epoch][s] / static_cast<double>(runs.size());
  for (const test::Recorder& run : runs)
    out.variance += std::pow(run.state[epoch][s] - out.mean, 2) / (static_cast<double>(runs.size()) - 1.0);
  return out;
}

double two_sided(double z) {
  return 2.0 * boost::math::cdf(boost::math::complement(boost::math::normal(), std::abs(z)));
}

std::string problems_of(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  Diagnostics diagnostics;
  test::build(yaml, diagnostics, overrides);
  std::string all;
  for (const std::string& error : diagnostics.errors()) all += error + "\n";
  return all;
}

void complains(const std::string& yaml, const std::vector<std::string>& overrides,
               const std::vector<std::string>& words) {
  const std::string all = problems_of(yaml, overrides);
  CAPTURE(all);
  REQUIRE(!all.empty());
  for (const std::string& word : words) CHECK(all.find(word) != std::string::npos);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the applicant pool walks to its quota in the mean") {
  const std::string rule = "{type: applicant_pool, rate: 0.05, group: u, quota: 0.4}";
  const test::Recorder run =
      test::simulate(test::build_valid(halves(rule, "{type: poisson, mean: 100}", 0.1), {"fidelity=mean_field"}));
  for (const std::size_t t : {0U, 20U, 50U, 100U})
    CHECK(run.state[t][0] == doctest::Approx(0.4 + (0.1 - 0.4) * std::pow(0.95, static_cast<double>(t))));
}

TEST_CASE("a group that is admitted less than it applies leaves the pool") {
  const std::string rule = "{type: applicant_pool, rate: 0.1, group: u}";
  const test::Recorder run =
      test::simulate(test::build_valid(halves(rule, "{type: batch, size: 100}", 0.4),
                                       {"fidelity=mean_field", "agents=[{type: fixed, threshold: {u: 0.8, v: 0.4}}]"}));
  const double admitted = 0.4 * 0.2 / (0.4 * 0.2 + 0.6 * 0.6);  // by hand
  CHECK(run.state[1][0] == doctest::Approx(0.4 + 0.1 * (admitted - 0.4)));
  CHECK(run.composition[1][0] + run.composition[1][1] == doctest::Approx(1.0));
}

TEST_CASE("retention comes to rest at inflow over loss and by its rate") {
  // nu = 0.95 - 0.3 x 0.5: half of each group is rejected.
  const std::string rule = "{type: retention, retained: 0.95, slope: 0.3, inflow: {u: 0.06, v: 0.02}}";
  const Scenario scenario =
      test::build_valid(halves(rule, "{type: poisson, mean: 1000}", 0.4), {"fidelity=mean_field"});
  const test::Recorder run = test::simulate(scenario);
  const double nu = 0.95 - 0.3 * 0.5, rest[] = {0.06 / (1.0 - nu), 0.02 / (1.0 - nu)}, start[] = {0.4, 0.6};
  for (const std::size_t t : {0U, 1U, 10U, 100U}) {
    double people[2];
    for (std::size_t g = 0; g < 2; ++g) {
      people[g] = rest[g] + (start[g] - rest[g]) * std::pow(nu, static_cast<double>(t));
      CHECK(run.state[t][g] == doctest::Approx(people[g]));
      CHECK(run.arrived[t][g] == doctest::Approx(1000.0 * people[g]));
    }
    CHECK(run.composition[t][0] == doctest::Approx(people[0] / (people[0] + people[1])));
  }
  CHECK(state_names(scenario) == std::vector<std::string>{"population:u", "population:v"});
  MeanFieldMap map(scenario);
  const Settling settled = settle(map, std::vector<double>{0.5, 0.5}, map.start());
  REQUIRE(settled.converged);
  CHECK(settled.at.point[0] == doctest::Approx(rest[0]));
  CHECK(settled.at.spectral_radius == doctest::Approx(nu));
}

TEST_CASE("each loss that retention offers is the one it says") {
  const std::vector<double> arrived{10, 20}, accepted{4, 15}, succeeded{3, 8}, qualified{5, 12};
  for (const auto& [loss, of_u, of_v] :
       {std::tuple{"rejection", 0.6, 0.25}, std::tuple{"false_negative", 0.4, 1.0 / 3.0},
        std::tuple{"error", (1.0 + 2.0) / 10.0, (7.0 + 4.0) / 20.0}}) {
    CAPTURE(loss);
    const Scenario scenario = test::build_valid(
        halves(std::string("{type: retention, retained: 1, slope: 0.5, inflow: 0.1, loss: ") + loss + "}",
               "{type: poisson, mean: 30}"));
    Composition now = scenario.law->start();
    scenario.dynamics[0]->evolve({arrived, accepted, succeeded, qualified}, scenario.start.dynamics[0], now);
    CHECK(now.populations()[0] == doctest::Approx(0.5 * (1.0 - 0.5 * of_u) + 0.1));
    CHECK(now.populations()[1] == doctest::Approx(0.5 * (1.0 - 0.5 * of_v) + 0.1));
  }
}

TEST_CASE("qualification follows the two-state chain") {  // KA-Q
  const Scenario scenario = test::build_valid(two_scores(zhang), {"fidelity=mean_field"});
  const test::Recorder run = test::simulate(scenario);
  CHECK(run.state[0][0] == doctest::Approx(0.5));
  CHECK(run.state[1][0] == doctest::Approx(0.435));
  CHECK(run.state[59][1] == doctest::Approx(0.32 / 0.9).epsilon(1e-9));
  CHECK(run.accepted[59][0] == doctest::Approx(300.0 * (0.7 * 0.32 / 0.9 + 0.2 * 0.58 / 0.9)));
  MeanFieldMap map(scenario);
  const Settling settled = settle(map, std::vector<double>{1, 1}, map.start());
  REQUIRE(settled.converged);
  CHECK(map.states(settled.at.point)[0] == doctest::Approx(0.355556).epsilon(1e-6));
  CHECK(settled.at.spectral_radius == doctest::Approx(0.55));
}

TEST_CASE("where the qualified fare better their odds grow by the ratio of fitness") {
  const std::string rule =
      "{type: replicator, qualified_accepted: 2, qualified_rejected: 0.9, unqualified_accepted: {u: 2.2, v: 3}, "
      "unqualified_rejected: {u: 1, v: 1.8}}";
  const test::Recorder run = test::simulate(test::build_valid(two_scores(rule), {"fidelity=mean_field"}));
  const double qualified = 0.7 * 2 + 0.3 * 0.9, unqualified[] = {0.2 * 2.2 + 0.8 * 1.0, 0.2 * 3 + 0.8 * 1.8};
  for (std::size_t g = 0; g < 2; ++g) {
    const double odds = std::pow(qualified / unqualified[g], 5.0);
    CHECK(run.state[5][g] == doctest::Approx(odds / (1.0 + odds)));
  }
  CHECK(run.state[59][0] > 0.99);
  CHECK(run.state[59][1] < 0.01);
}

TEST_CASE("repeated retraining comes to the performatively stable point") {
  const std::string groups =
      "[{name: u, share: 0.5, score: {law: normal, mean: 10, sd: 1}}, {name: v, share: 0.5, score: {law: normal, mean: "
      "-2, sd: 3}}]";
  const std::vector<std::string> base{"fidelity=mean_field",
                                      "environment.population={type: parametric, groups: " + groups +
                                          ", success: {law: logistic, slope: 1, midpoint: 0}}"};
  const auto with = [&](const std::string& rule, const std::string& more = "horizon=600") {
    std::vector<std::string> all = base;
    all.push_back(more);
    return test::build_valid(halves("{type: performative_shift, " + rule + "}", "{type: batch, size: 50}"), all);
  };
  const Scenario retrained = with("sensitivity: 0.9, deployed: retrained_mean");
  const test::Recorder run = test::simulate(retrained);
  CHECK(run.state[1][0] == doctest::Approx(19.0));
  CHECK(run.state[599][0] == doctest::Approx(100.0));
  CHECK(run.state[599][1] == doctest::Approx(-20.0));
  MeanFieldMap map(retrained);
  const Settling settled = settle(map, std::vector<double>{0, 0}, map.start());
  REQUIRE(settled.converged);
  CHECK(settled.at.point[0] == doctest::Approx(100.0));
  CHECK(settled.at.spectral_radius == doctest::Approx(0.9));

  const test::Recorder played = test::simulate(with("sensitivity: -0.5, rate: 0.25"));  // the threshold is 0.5
  CHECK(played.state[3][0] == doctest::Approx(10.0 - 0.25 * (1.0 - std::pow(0.75, 3.0))));
  const test::Recorder shifted = test::simulate(with("sensitivity: 2, moves: score_shift"));
  CHECK(shifted.state[1][0] == 1.0);  // P(N(10, 1) + 1 >= 0.5) and the same people succeed
  CHECK(shifted.qualified[1][1] == doctest::Approx(shifted.qualified[0][1]));
  CHECK(shifted.accepted[1][1] == doctest::Approx(25.0 * 0.5 * std::erfc((0.5 - 1.0 + 2.0) / 3.0 / std::sqrt(2.0))));
}

TEST_CASE("retraining is allowed where its map contracts") {
  const auto scenario = [](double rate, double sensitivity) {
    return halves("{type: performative_shift, deployed: retrained_mean, rate: " + std::to_string(rate) +
                      ", sensitivity: " + std::to_string(sensitivity) + "}",
                  "{type: batch, size: 50}");
  };
  const std::vector<std::string> sets{"fidelity=mean_field",
                                      "environment.population.groups.0.score={law: normal, mean: 10, sd: 1}",
                                      "environment.population.groups.1.score={law: normal, mean: -2, sd: 3}",
                                      "environment.population.success={law: logistic, slope: 1, midpoint: 0}"};
  for (const double rate : {0.05, 0.25, 0.5, 1.0})
    for (double sensitivity = -9.85; sensitivity < 2.0; sensitivity += 0.1) {
      CAPTURE(rate);
      CAPTURE(sensitivity);
      const double slope = 1.0 - rate * (1.0 - sensitivity);
      if (!(std::abs(slope) < 1.0)) {
        complains(scenario(rate, sensitivity), sets, {"dynamics[0].sensitivity", "without a point of rest"});
        continue;
      }
      const test::Recorder run = test::simulate(test::build_valid(scenario(rate, sensitivity), sets));
      const double rest = 10.0 / (1.0 - sensitivity);
      CHECK(run.state[1][0] == doctest::Approx(rest + slope * (10.0 - rest)));
      CHECK(run.state[50][0] == doctest::Approx(rest + std::pow(slope, 50.0) * (10.0 - rest)));
    }
}

TEST_CASE("an intervention cannot make retraining run away") {
  const auto with = [](const std::string& interventions) {
    return std::vector<std::string>{"environment.population.groups.0.score={law: normal, mean: 10, sd: 1}",
                                    "environment.population.groups.1.score={law: normal, mean: -2, sd: 3}",
                                    "environment.population.success={law: logistic, slope: 1, midpoint: 0}",
                                    "interventions=" + interventions};
  };
  const std::string scenario = halves(
      "{type: performative_shift, deployed: retrained_mean, rate: 0.5, sensitivity: -1.5}", "{type: batch, size: 50}");
  const std::string rate = "environment.dynamics.performative_shift.rate",
                    sensitivity = "environment.dynamics.performative_shift.sensitivity";
  complains(scenario, with("[{at: 7, set: " + rate + ", to: 0.9}]"), {"at 7 leaves retraining", "by -1.25"});
  complains(scenario, with("[{at: 7, set: " + sensitivity + ", to: 1}]"), {"at 7 leaves retraining", "by 1"});
  test::build_valid(scenario, with("[{at: 5, set: " + sensitivity + ", to: 0.2}, {at: 7, set: " + rate + ", to: 1}]"));
}

TEST_CASE("strategic applicants stand at the threshold that they can reach") {
  const std::string rule = "{type: best_response, cost: {u: 4, v: 10}, gain: 1}";  // reach 0.25 and 0.1
  for (const std::string fidelity : {"mean_field", "individuals"}) {
    CAPTURE(fidelity);
    const Scenario scenario =
        test::build_valid(halves(rule, "{type: batch, size: 4000}"),
                          {"fidelity=" + fidelity, "horizon=3", "agents=[{type: fixed, threshold: {u: 0.6, v: 0.5}}]"});
    test::RowRecorder rows;
    const std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> progress{0};
    Simulation(scenario, 0, Replication{0}, rows).run(stop, progress);
    const double expected[] = {1.0 - 0.35, 1.0 - 0.4};
    for (std::size_t g = 0; g < 2; ++g) {
      CHECK(rows.state[2][g] == (g == 0 ? 0.6 : 0.5));
      const double rate = rows.accepted[2][g] / rows.arrived[2][g];
      if (fidelity == "mean_field") CHECK(rate == doctest::Approx(expected[g]));
      else CHECK(std::abs(rate - expected[g]) < 5.0 * std::sqrt(0.25 / rows.arrived[2][g]));  // p < 1e-6
    }
    std::size_t n_lifted = 0, n_between = 0, n_wrong = 0;
    for (const auto& row : rows.kept) {
      if (row.epoch != 2) continue;
      const double threshold = row.group == 0 ? 0.6 : 0.5, reach = row.group == 0 ? 0.25 : 0.1;
      n_wrong += row.accepted != (row.score >= threshold);
      n_lifted += row.score == threshold;
      n_between += row.score >= threshold - reach && row.score < threshold;
    }
    CHECK(n_wrong == 0);
    CHECK(n_between == 0);
    if (fidelity == "individuals") CHECK(n_lifted > 400);
  }
}

TEST_CASE("nobody answers a threshold that no score can reach") {
  const test::Recorder run =
      test::simulate(test::build_valid(halves("{type: best_response, cost: 1}", "{type: batch, size: 100}"),
                                       {"agents=[{type: fixed, threshold: 1.5}]", "fidelity=mean_field"}));
  CHECK(run.accepted[50][0] == 0.0);
}

TEST_CASE("attention lowers the incidents of a place and neglect raises them") {
  const std::string rule = "{type: attention_allocation, rate: 0.5}";
  const Scenario scenario =
      test::build_valid(halves(rule, "{type: poisson, mean: 40}"),
                        {"fidelity=mean_field", "agents=[{type: fixed, threshold: {u: 0.8, v: 2}}]"});
  const test::Recorder run = test::simulate(scenario);
  CHECK(run.arrived[10][0] == doctest::Approx(20.0 * std::pow(1.0 - 0.5 * 0.2, 10.0)));
  CHECK(run.arrived[10][1] == doctest::Approx(20.0 + 10 * 0.5));
}

TEST_CASE("drift goes in a straight line and stops at its bounds") {
  const std::string rules =
      "{type: drift, what: score_shift, step: {u: 0.01, v: -0.02}, within: [-0.1, 0.05]}, {type: drift, what: "
      "success_shift, step: 0.03}, {type: drift, what: population, step: {u: 0.02, v: -0.3}}";
  const test::Recorder run =
      test::simulate(test::build_valid(halves(rules, "{type: poisson, mean: 100}"), {"fidelity=mean_field"}));
  const double at_3[] = {0.03, -0.06, 0.09, 0.09, 0.56, 0.0}, at_100[] = {0.05, -0.1, 1.0, 1.0, 2.5, 0.0};
  for (std::size_t s = 0; s < 6; ++s) {
    CHECK(run.state[3][s] == doctest::Approx(at_3[s]));
    CHECK(run.state[100][s] == doctest::Approx(at_100[s]));
  }
  CHECK(run.arrived[100][1] == 0.0);
  CHECK(run.composition[100][0] == 1.0);
}

TEST_CASE("population rules compose with rules on who applies") {
  // acceptance_ratio moves shares at the same volume, then retention moves people: of each group the same part applies.
  const std::string rules =
      "{type: acceptance_ratio, rate: 0.5}, {type: retention, retained: 0.9, inflow: {u: 0.2, v: 0}}";
  const Scenario scenario =
      test::build_valid(halves(rules, "{type: poisson, mean: 100}"),
                        {"fidelity=mean_field", "agents=[{type: fixed, threshold: {u: 0.4, v: 0.8}}]"});
  CHECK(state_names(scenario).back() == "volume");
  const test::Recorder run = test::simulate(scenario);
  const double share = 0.5 * 0.5 + 0.5 * 0.75, people[] = {0.65, 0.45};
  const double applicants[] = {share * people[0] / 0.5, (1.0 - share) * people[1] / 0.5};
  CHECK(run.state[1].back() == doctest::Approx(applicants[0] + applicants[1]));
  CHECK(run.arrived[1][0] == doctest::Approx(100.0 * applicants[0]));
  MeanFieldMap map(scenario);  // a state read back goes on as it would have
  const std::vector<double> threshold{0.4, 0.8};
  const std::vector<double> next = map.states(map.next(threshold, map.point(run.state[7])));
  for (std::size_t s = 0; s < next.size(); ++s) CHECK(next[s] == doctest::Approx(run.state[8][s]));
}

TEST_CASE("a rule whose needs are not met says who would meet them") {
  const std::string retention = "{type: retention, retained: 0.9, inflow: 0.1}", batch = "{type: batch, size: 100}",
                    poisson = "{type: poisson, mean: 100}";
  complains(halves(retention, batch), {}, {"environment.arrivals.type", "poisson"});
  complains(halves(retention, poisson), {"trace.level=applicants"}, {"trace.level", "level: epochs"});
  complains(halves("{type: retention, retained: {u: 0.9}, inflow: 0.1}", poisson), {}, {"retained", "group `v`"});
  complains(halves("{type: retention, retained: 0.9, inflow: {u: 0, v: 0, w: 1}}", poisson), {}, {"inflow.w"});
  complains(halves(zhang, batch), {}, {"class-conditional", "score_table"});
  complains(two_scores(zhang), {"environment.population.groups.0.success=[0, 0]"},
            {"group `u`", "nobody would succeed"});
  complains(halves("{type: performative_shift, sensitivity: 0.2}", batch), {}, {"group `u`", "normal", "score_shift"});
  complains(halves("{type: performative_shift, sensitivity: 0.2, moves: score_shift, deployed: retrained_mean}", batch),
            {}, {"moves", "retrained_mean"});
  complains(halves("{type: drift, what: score_shift, sd: 0.1}", batch), {"fidelity=mean_field"},
            {"dynamics[0]", "sd: 0"});
  complains(halves("{type: drift, what: score_mean, step: 0.1}", batch), {}, {"what", "score_shift"});
  complains(halves("{type: drift, what: success_shift, within: [-2, 0]}", batch), {}, {"within", "[-1, 1]"});
  complains(halves("{type: applicant_pool, rate: 0.1, group: x}", batch), {}, {"no such group"});
  const Scenario walk = test::build_valid(halves("{type: drift, what: score_shift, sd: 0.1}", batch));
  CHECK_THROWS_AS(MeanFieldMap{walk}, ScenarioError);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("the applicant pool has the known mean and spread") {
  // Puranik et al. 2022: quota 0.4, rate 0.05, N = 100, from 0.1. Null: means at epochs 20, 50, 100 over n = 600
  // replications differ from those of 200 seeds by a normal error of sd 0.0101 sqrt(1/600 + 1/200), and 599 s^2 /
  // 0.0101^2 at epoch 100 is chi-square (0.0101 is printed to 1 %). alpha 1e-5 over the four checks; rejects means off
  // by 0.005 and the spread 0.00784 of a batch of fixed size.
  constexpr double alpha = 1e-5 / 4, n = 600;
  const std::string rule = "{type: applicant_pool, rate: 0.05, group: u, quota: 0.4}";
  const Scenario scenario = test::build_valid(halves(rule, "{type: poisson, mean: 100}", 0.1), {"fidelity=counts"});
  const auto runs = replicate(scenario, static_cast<std::uint32_t>(n));
  const double se = 0.0101 * std::sqrt(1.0 / n + 1.0 / 200.0);
  for (const auto& [t, mean] : {std::pair{20U, 0.2928}, std::pair{50U, 0.3756}, std::pair{100U, 0.3971}}) {
    CAPTURE(t);
    const double got = across(runs, t, 0).mean;
    CHECK(two_sided((got - mean) / se) > alpha);
    CHECK(two_sided((got - mean - 0.005) / se) < alpha);
  }
  const auto p_value = [&](double sd) {
    const boost::math::chi_squared law(n - 1.0);
    const double lower = boost::math::cdf(law, (n - 1.0) * across(runs, 100, 0).variance / (sd * sd));
    return 2.0 * std::min(lower, 1.0 - lower);
  };
  CHECK(p_value(0.0101) > alpha);
  CHECK(p_value(0.00784) < alpha);
}

TEST_CASE("a random walk has the variance of its steps") {
  // Null: after t = 100 steps of sd 0.05 the shift of each of n = 500 replications is normal with mean 100 x 0.01 and
  // variance 100 x 0.05^2; alpha 1e-5 over two checks, which reject a mean off by 0.2 and an sd of 0.06.
  constexpr double alpha = 1e-5 / 2, n = 500;
  const Scenario scenario = test::build_valid(
      halves("{type: drift, what: score_shift, step: 0.01, sd: 0.05}", "{type: batch, size: 2}"), {"fidelity=counts"});
  const auto runs = replicate(scenario, static_cast<std::uint32_t>(n));
  const Moments got = across(runs, 100, 1);
  CHECK(two_sided((got.mean - 1.0) / (0.5 / std::sqrt(n))) > alpha);
  CHECK(two_sided((got.mean - 1.2) / (0.5 / std::sqrt(n))) < alpha);
  const auto p_value = [&](double sd) {
    const double lower =
        boost::math::cdf(boost::math::chi_squared(n - 1.0), (n - 1.0) * got.variance / (100 * sd * sd));
    return 2.0 * std::min(lower, 1.0 - lower);
  };
  CHECK(p_value(0.05) > alpha);
  CHECK(p_value(0.06) < alpha);
}

TEST_CASE("every fidelity gives compositions of rules the same law and mean_field is its limit") {
  // Null: n = 300 replications of individuals and of counts have the same mean of each state after 10 epochs of about
  // 500 applicants; and counts of 5e6 applicants differ from mean_field by sampling alone, sd measured over 40
  // replications, plus 1e-5 for what is left of order 1 / n. alpha 1e-5 over all (at most 40) comparisons, each a z
  // test.
  constexpr double alpha = 1e-5 / 40;
  constexpr std::uint32_t n = 300, n_large = 40;
  const std::string share = "{type: acceptance_share, rate: 0.2, gain: 2}",
                    retention = "{type: retention, retained: 0.95, slope: 0.4, inflow: 0.1, loss: error}",
                    fitness =
                        "{type: replicator, qualified_accepted: 2, qualified_rejected: 1, unqualified_accepted: "
                        "2.2, unqualified_rejected: 1.1}",
                    strategic = "{type: best_response, cost: 3}",
                    fading = "{type: drift, what: success_shift, step: -0.02}",
                    shift = "{type: performative_shift, sensitivity: 0.2, moves: score_shift, rate: 0.5}",
                    attention = "{type: attention_allocation, rate: 0.1}";
  const std::string plain = halves("", "{type: poisson, mean: 500}", 0.4), table = two_scores("");
  struct Case {
    const std::string &world, rules;
  };
  std::size_t n_checks = 0;
  for (const auto& [world, rules] : {Case{table, zhang + ", " + share}, Case{table, fitness + ", " + retention},
                                     Case{plain, strategic + ", " + fading + ", " + retention},
                                     Case{plain, shift + ", " + share}, Case{plain, attention + ", " + share}}) {
    CAPTURE(rules);
    const auto build = [&, &world = world, &rules = rules](const std::string& fidelity, const std::string& mean) {
      return test::build_valid(world, {"environment.dynamics=[" + rules + "]", "fidelity=" + fidelity, "horizon=11",
                                       "environment.arrivals={type: poisson, mean: " + mean + "}"});
    };
    const auto individuals = replicate(build("individuals", "500"), n), counts = replicate(build("counts", "500"), n);
    const auto large = replicate(build("counts", "5000000"), n_large);
    const test::Recorder limit = test::simulate(build("mean_field", "500"));
    for (std::size_t s = 0; s < limit.state[10].size(); ++s) {
      CAPTURE(s);
      const Moments a = across(individuals, 10, s), b = across(counts, 10, s), c = across(large, 10, s);
      const double sd = std::sqrt((a.variance + b.variance) / n);
      if (sd > 0.0) CHECK(two_sided((a.mean - b.mean) / sd) > alpha);
      else CHECK(a.mean == doctest::Approx(b.mean));
      const double off = std::max(0.0, std::abs(c.mean - limit.state[10][s]) - 1e-5);
      CHECK(off <= 8.0 * std::sqrt(c.variance / n_large));  // t with 39 degrees of freedom: p < 1e-9 beyond 8
      ++n_checks;
    }
  }
  CHECK(n_checks <= 40);
}

TEST_SUITE_END();
