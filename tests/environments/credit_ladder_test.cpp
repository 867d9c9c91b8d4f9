#include <doctest/doctest.h>

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

#include "analysis/mean_field.hpp"
#include "analysis/oracle.hpp"
#include "tests/support/row_recorder.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/source_dir.hpp"

using namespace loopgate;

namespace {

/// Two groups of four scores, the top one of a and the bottom one of b empty.
std::string four_scores(const std::string& rules, const std::string& arrivals = "{type: batch, size: 40}") {
  return "scenario: ladder\nseed: 21\nhorizon: 12\nenvironment:\n  population:\n    type: score_table\n    groups:\n"
         "      - {name: a, share: 0.6, scores: [0, 10, 30, 40], mass: [0.2, 0.5, 0.3, 0], success: [0.1, 0.4, 0.6, "
         "0.9]}\n"
         "      - {name: b, share: 0.4, scores: [0, 10, 30, 40], mass: [0, 0.3, 0.3, 0.4], success: [0.1, 0.5, 0.7, "
         "0.8]}\n"
         "  arrivals: " +
         arrivals + "\n  dynamics: [" + rules + "]\nagents: [{type: fixed, threshold: 10}]\n";
}

/// Moves a scenario's start by its one rule, with counts of types as given.
std::vector<double> moved(const Scenario& scenario, const std::vector<double>& accepted,
                          const std::vector<double>& succeeded) {
  Composition now = scenario.law->start();
  const std::vector<double> arrived{20, 10}, none{0, 0};
  EpochTally tally{arrived, arrived, none, none};
  tally.type_accepted = accepted;
  tally.type_succeeded = succeeded;
  scenario.dynamics[0]->evolve(tally, scenario.start.dynamics[0], now);
  return {now.type_masses().begin(), now.type_masses().end()};
}

void is_near(const std::vector<double>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t k = 0; k < got.size(); ++k) CHECK(got[k] == doctest::Approx(expected[k]));
}

double two_sided(double z) {
  return 2.0 * boost::math::cdf(boost::math::complement(boost::math::normal(), std::abs(z)));
}

void complains(const std::string& yaml, const std::vector<std::string>& overrides,
               const std::vector<std::string>& words) {
  Diagnostics diagnostics;
  test::build(yaml, diagnostics, overrides);
  std::string all;
  for (const std::string& error : diagnostics.errors()) all += error + "\n";
  CAPTURE(all);
  REQUIRE(!all.empty());
  for (const std::string& word : words) CHECK(all.find(word) != std::string::npos);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("each accepted applicant takes her mass one rung up or down") {
  const Scenario scenario = test::build_valid(four_scores("{type: credit_ladder, mass: 0.05}"));
  // Of a: 2 of 3 at the second rung repay, 1 of 1 at the third; of b: 1 of 2 at the top.
  is_near(moved(scenario, {0, 3, 1, 0, 0, 0, 0, 2}, {0, 2, 1, 0, 0, 0, 0, 1}),
          {0.2 + 0.05, 0.5 - 0.15, 0.3 + 0.1 - 0.05, 0.05, 0, 0.3, 0.3 + 0.05, 0.4 - 0.05});
  // No more than there is: 7 applicants would take 0.35 of the 0.3.
  is_near(moved(scenario, {0, 0, 7, 0, 0, 0, 0, 0}, {0, 0, 7, 0, 0, 0, 0, 0}), {0.2, 0.5, 0, 0.3, 0, 0.3, 0.3, 0.4});
  CHECK(state_names(scenario)[2] == "mass:a:30");
}

TEST_CASE("a move in score units keeps the mean and is cut at the ends") {
  const Scenario scenario =
      test::build_valid(four_scores("{type: credit_ladder, unit: score, up: 15, down: 20, rate: 0.5}"));
  // An applicant of a carries 0.5 / 20. From 10 up to 25, which is a quarter 10 and three quarters 30; down to 0.
  const double each = 0.5 / 20;
  is_near(moved(scenario, {0, 4, 0, 0, 0, 0, 0, 0}, {0, 3, 0, 0, 0, 0, 0, 0}),
          {0.2 + each, 0.5 - 4 * each + 0.75 * each, 0.3 + 2.25 * each, 0, 0, 0.3, 0.3, 0.4});
}

TEST_CASE("an expected move takes all of a score the same way") {
  const Scenario scenario =
      test::build_valid(four_scores("{type: credit_ladder, unit: score, up: 20, down: 5, rate: 1, moves: expected}"));
  // Of a at 10: 20 x 0.4 - 5 x 0.6 = 5, a quarter of the way to 30.
  is_near(moved(scenario, {0, 8, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0}),
          {0.2, 0.5 - 0.4 + 0.3, 0.3 + 0.1, 0, 0, 0.3, 0.3, 0.4});
}

TEST_CASE("permissive lending comes to rest in detailed balance") {
  const Scenario scenario = load_scenario(test::source_dir() + "/scenarios/lending_clusters.yaml",
                                          {"fidelity=mean_field", "horizon=20"}, test::catalog());
  MeanFieldMap map(scenario);
  const Settling settled = settle(map, std::vector<double>{0, 0}, map.start());
  REQUIRE(settled.converged);
  const std::vector<double> rest = map.states(settled.at.point);
  const double known[] = {0.5148, 0.0644, 0.0234, 0.0263, 0.0451, 0.0978, 0.2282};
  for (std::size_t s = 0; s < 14; ++s) CHECK(std::abs(rest[s] - known[s % 7]) < 5.1e-5);
  CHECK(settled.at.spectral_radius < 1.0);
}

TEST_CASE("whoever falls below a held cut is never seen again") {
  const Scenario scenario = load_scenario(test::source_dir() + "/scenarios/lending_clusters.yaml",
                                          {"fidelity=mean_field", "horizon=5000"}, test::catalog());
  const test::Recorder run = test::simulate(scenario);  // the cut is 3
  std::size_t n_falls = 0;
  for (std::size_t t = 1; t < run.state.size(); ++t) n_falls += run.state[t][2] < run.state[t - 1][2];
  CHECK(n_falls == 0);
  CHECK(run.state.back()[2] > 3.0 * run.state[0][2]);
  for (const std::size_t k : {0U, 1U}) CHECK(run.state.back()[k] == doctest::Approx(run.state[0][k]));
}

TEST_CASE("the best fixed cut of the clusters is lower the longer they are lent to") {
  const auto best = [](int horizon) {
    const Scenario scenario =
        load_scenario(test::source_dir() + "/scenarios/lending_clusters.yaml",
                      {"fidelity=mean_field", "horizon=" + std::to_string(horizon)}, test::catalog());
    const OracleResult swept = sweep_thresholds(scenario, std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7},
                                                {Objective::horizon, Fidelity::mean_field, 1, {}});
    REQUIRE(swept.best);
    return swept.sweep[*swept.best].threshold;
  };
  CHECK(best(1) == 3.0);
  const double later = best(3000);
  CHECK(later < 3.0);
  CHECK(best(20000) <= later);
}

TEST_CASE("one step of lending moves FICO scores as published") {  // reference: Liu et al. 2018, setting 1
  const auto change = [](double a, double b) {
    const Scenario scenario =
        load_scenario(test::source_dir() + "/scenarios/fico.yaml",
                      {"fidelity=mean_field", "horizon=2", "environment.dynamics.credit_ladder.rate=1",
                       "environment.dynamics.credit_ladder.moves=expected"},
                      test::catalog());
    MeanFieldMap map(scenario);
    const auto types = scenario.law->types();
    const std::vector<double> before = map.states(map.start()),
                              after = map.states(map.next(std::vector<double>{a, b}, map.start()));
    std::array<double, 2> mean{};
    for (std::size_t s = 0; s < before.size(); ++s)
      mean[index(scenario.states[s].group)] += (after[s] - before[s]) * types[scenario.states[s].type].score;
    return mean;
  };
  const auto own = change(645.0, 613.75), common = change(615.83, 615.83), none = change(851.0, 851.0);
  CHECK(std::abs(own[0] - 8.397) < 6e-4);
  CHECK(std::abs(own[1] - 38.666) < 6e-4);
  CHECK(std::abs(common[0] - 9.444) < 6e-4);
  CHECK(std::abs(common[1] - 38.457) < 6e-4);
  CHECK(none[0] == 0.0);
  CHECK(std::abs(change(640.0, 613.75)[0] - 8.397) > 6e-4);  // another cut is told apart
}

TEST_CASE("a ladder that cannot stand says why") {
  const std::string plain = "{type: credit_ladder, mass: 0.05}";
  complains(four_scores("{type: credit_ladder}"), {}, {"neither `rate` nor `mass`"});
  complains(four_scores("{type: credit_ladder, mass: 0.1, rate: 0.1}"), {}, {"both `rate` and `mass`"});
  complains(four_scores(plain),
            {"environment.population={type: parametric, groups: [{name: a, share: 0.5, score: {law: uniform, low: 0, "
             "high: 1}}, {name: b, share: 0.5, score: {law: uniform, low: 0, high: 1}}]}"},
            {"dynamics[0].type", "no types", "score_table"});
  complains(four_scores(plain + ", {type: replicator, qualified_accepted: 2, qualified_rejected: 1, "
                                "unqualified_accepted: 2, unqualified_rejected: 1}"),
            {}, {"environment.dynamics", "credit_ladder"});
  complains(
      four_scores(plain),
      {"environment.population={type: tabular, file: applicants.csv, group: {column: region, in: {north: [north], "
       "south: [south]}}, label: {column: repaid, success: yes}}",
       "environment.score_model={type: column, column: score}"},
      {"the same score", "score_table"});
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("mass stays at 1 and at 0 or above whatever happens on a ladder") {
  const Scenario scenario = test::build_valid(
      four_scores("{type: credit_ladder, up: 1.5, down: 2.2, rate: 1}, {type: acceptance_share, rate: 0.3, gain: 2}"));
  for (std::uint32_t r = 0; r < 20; ++r) {
    const test::Recorder run = test::simulate(scenario, r);
    for (const auto& state : run.state)
      for (std::size_t g = 0; g < 2; ++g) {
        double total = 0.0;
        for (std::size_t k = 0; k < 4; ++k) {
          CHECK(state[4 * g + k] >= 0.0);
          total += state[4 * g + k];
        }
        CHECK(std::abs(total - 1.0) < 1e-12);
      }
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("a ladder with other rules has the same law in every fidelity and mean_field is its limit") {
  // Null: n = 300 replications of individuals and of counts have the same mean of each state after 10 epochs of about
  // 400 applicants; counts of 4e6 applicants differ from mean_field by sampling alone, sd measured over 40
  // replications, plus 1e-5 for what is left of order 1 / n. alpha 1e-5 over all (at most 40) comparisons, each a z
  // test.
  constexpr double alpha = 1e-5 / 40;
  constexpr std::uint32_t n = 300, n_large = 40;
  std::size_t n_checks = 0;
  for (const std::string rules :
       {"{type: credit_ladder, rate: 0.1, up: 1, down: 2}, {type: retention, retained: 0.95, slope: 0.2, inflow: 0.05}",
        "{type: credit_ladder, unit: score, up: 7, down: 12, rate: 0.2, moves: expected}, {type: drift, what: "
        "success_shift, step: -0.03}, {type: best_response, cost: 0.1}"}) {
    CAPTURE(rules);
    const auto build = [&](const std::string& fidelity, const std::string& mean) {
      return test::build_valid(four_scores(rules, "{type: poisson, mean: " + mean + "}"), {"fidelity=" + fidelity});
    };
    const auto replicate = [](const Scenario& scenario, std::uint32_t count) {
      std::vector<test::Recorder> all;
      for (std::uint32_t r = 0; r < count; ++r) all.push_back(test::simulate(scenario, r));
      return all;
    };
    const auto moments = [](const std::vector<test::Recorder>& runs, std::size_t s) {
      double mean = 0.0, variance = 0.0;
      for (const auto& run : runs) mean += run.state[10][s] / static_cast<double>(runs.size());
      for (const auto& run : runs)
        variance += std::pow(run.state[10][s] - mean, 2) / (static_cast<double>(runs.size()) - 1.0);
      return std::pair(mean, variance);
    };
    const auto individuals = replicate(build("individuals", "400"), n), counts = replicate(build("counts", "400"), n),
               large = replicate(build("counts", "4000000"), n_large);
    const test::Recorder limit = test::simulate(build("mean_field", "400"));
    for (std::size_t s = 0; s < limit.state[10].size(); ++s) {
      CAPTURE(s);
      const auto [a, a_variance] = moments(individuals, s);
      const auto [b, b_variance] = moments(counts, s);
      const auto [c, c_variance] = moments(large, s);
      const double sd = std::sqrt((a_variance + b_variance) / n);
      if (sd > 0.0) CHECK(two_sided((a - b) / sd) > alpha);
      else CHECK(a == doctest::Approx(b));
      CHECK(std::max(0.0, std::abs(c - limit.state[10][s]) - 1e-5) <= 8.0 * std::sqrt(c_variance / n_large));
      ++n_checks;
    }
  }
  CHECK(n_checks <= 40);
}

TEST_SUITE_END();
