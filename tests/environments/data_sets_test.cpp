#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

Scenario shipped(const std::string& name, const std::vector<std::string>& overrides = {}) {
  return load_scenario(std::string(LOOPGATE_SOURCE_DIR) + "/scenarios/" + name, overrides, test::catalog());
}

/// Loads a shipped scenario; nothing, with a message, where its data are absent.
std::unique_ptr<Scenario> shipped_with(const std::string& data, const std::string& name,
                                       const std::vector<std::string>& overrides = {}) {
  if (!DataFiles::from_environment(".").find(data)) {
    MESSAGE("skipped: " << data << " is absent; set LOOPGATE_DATA or run scripts/get-data");
    return nullptr;
  }
  return std::make_unique<Scenario>(shipped(name, overrides));
}

/// ProPublica's decile table over the two largest groups: threshold 11 - decile.
void check_decile_table(const Scenario& scenario) {
  const Composition start = scenario.law->start();
  const double table[][5] = {
      {4, 0.4239, 0.6690, 0.5216, 0.1878}, {5, 0.5257, 0.7641, 0.6207, 0.1925}, {9, 0.9285, 0.9762, 0.9475, 0.0919}};
  for (const auto& [decile, aa, c, rate, reward] : table) {
    const Response white = scenario.law->respond(start, GroupId{0}, 11 - decile),
                   black = scenario.law->respond(start, GroupId{1}, 11 - decile);
    CHECK(white.acceptance == doctest::Approx(c).epsilon(1e-4));
    CHECK(black.acceptance == doctest::Approx(aa).epsilon(1.2e-4));
    const double p = start.shares()[1];
    CHECK((1 - p) * white.acceptance + p * black.acceptance == doctest::Approx(rate).epsilon(1e-4));
    const auto worth = [](const Response& r) { return 2 * r.accepted_success - r.acceptance; };
    CHECK((1 - p) * worth(white) + p * worth(black) == doctest::Approx(reward).epsilon(5e-4));
  }
  CHECK(1 - scenario.law->qualification_rate(start, GroupId{1}) == doctest::Approx(0.5231).epsilon(1e-4));
  CHECK(1 - scenario.law->qualification_rate(start, GroupId{0}) == doctest::Approx(0.3909).epsilon(1e-4));
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("COMPAS has the known decile table") {
  const auto scenario = shipped_with("compas/compas-two-years.csv", "compas.yaml");
  if (!scenario) return;
  CHECK(scenario->law->types().size() == 5278);
  check_decile_table(*scenario);
}

TEST_CASE("the shipped decile counts have the known decile table and need no data set") {
  const Scenario scenario = shipped("compas_deciles.yaml");
  CHECK(scenario.law->types().size() == 20);
  CHECK(scenario.law->start().shares()[0] == doctest::Approx(2103.0 / 5278.0).epsilon(1e-15));
  check_decile_table(scenario);
}

TEST_CASE("rows and decile counts are one law and accept the very same applicants") {
  const std::vector<std::string> fixed{"agents=[{type: fixed, threshold: 6}]", "horizon=200"};
  const auto rows = shipped_with("compas/compas-two-years.csv", "compas.yaml", fixed);
  if (!rows) return;
  const Scenario counts = shipped("compas_deciles.yaml", fixed);
  for (const GroupId g : {GroupId{0}, GroupId{1}})
    for (int threshold = 1; threshold <= 11; ++threshold) {
      const Response x = rows->law->respond(rows->law->start(), g, threshold),
                     y = counts.law->respond(counts.law->start(), g, threshold);
      CHECK(x.acceptance == doctest::Approx(y.acceptance).epsilon(1e-12));
      CHECK(x.accepted_success == doctest::Approx(y.accepted_success).epsilon(1e-12));
    }
  const test::Recorder a = test::simulate(*rows), b = test::simulate(counts);
  CHECK(a.arrived == b.arrived);
  CHECK(a.accepted == b.accepted);
  CHECK(a.qualified != b.qualified);  // a row has its own outcome, a bin a rate: equal in law only
}

TEST_CASE("eight groups have sixteen pooled and fifty-six pairwise residuals") {
  const Scenario pooled = shipped("many_groups.yaml"),
                 pairs = shipped("many_groups.yaml", {"constraints.demographic_parity.pairs=all"});
  CHECK(pooled.problem.groups.size() == 8);
  CHECK(pooled.problem.residual_names.size() == 16 + 1);
  CHECK(pairs.problem.residual_names.size() == 56 + 1);
  // The best threshold of the grid that meets the expected constraints, as the scenario's head says.
  const auto best = [](const Scenario& scenario) {
    const Composition start = scenario.law->start();
    double best_threshold = undefined, best_worth = -1.0;
    for (int k = 0; k <= 50; ++k) {
      DecisionRates rates;
      std::vector<double> acceptance(8);
      double worth = 0.0, overall = 0.0;
      for (std::size_t g = 0; g < 8; ++g) {
        const Response r = scenario.law->respond(start, static_cast<GroupId>(g), k / 50.0);
        acceptance[g] = r.acceptance;
        overall += start.shares()[g] * r.acceptance;
        worth += start.shares()[g] * (r.accepted_success - 1.5 * (r.acceptance - r.accepted_success));
      }
      rates.selection_rate = acceptance;
      rates.service_rate = overall;
      bool feasible = true;
      for (const auto& constraint : scenario.constraints) {
        std::vector<double> residual(constraint->n_residuals());
        constraint->residuals(rates, residual);
        for (const double one : residual) feasible = feasible && one <= 0.0;
      }
      if (!feasible || worth <= best_worth) continue;
      best_threshold = k / 50.0;
      best_worth = worth;
    }
    return best_threshold;
  };
  CHECK(best(pooled) == 0.42);
  CHECK(best(pairs) == 0.26);
}

TEST_CASE("German Credit is split in halves and scored well") {
  const auto scenario = shipped_with("german_credit/credit-g.arff", "german_credit.yaml");
  if (!scenario) return;
  CHECK(scenario->law->types().size() == 500);
  CHECK(scenario->score_model.auc > 0.7);
  CHECK(scenario->score_model.auc < 0.9);
  CHECK(scenario->inputs.size() == 1);
  // At the optimum the residuals of the training half sum to 0, so scores are calibrated to sampling error.
  for (std::size_t g = 0; g < 2; ++g)
    CHECK(std::abs(scenario->score_model.calibration_score[g] - scenario->score_model.calibration_rate[g]) < 0.2);
}

TEST_CASE("a missing file says how to get it and a missing column names the nearest") {
  Diagnostics diagnostics;
  const std::string head =
      "scenario: x\nseed: 1\nhorizon: 5\nenvironment:\n  population:\n    type: tabular\n    file: ";
  const std::string tail =
      "\n    group: {column: agee, at_least: 25, names: [a, b]}\n    label: {column: class, success: good}\n"
      "  score_model: {type: logistic_regression}\n  arrivals: {type: batch, size: 5}\nagents: [{type: fixed, "
      "threshold: 0.5}]\n";
  test::build(head + "fico/none.csv" + tail, diagnostics);
  REQUIRE(diagnostics.count() == 1);
  CHECK(diagnostics.errors()[0].find("run scripts/get-data fico") != std::string::npos);
  if (!DataFiles::from_environment(".").find("german_credit/credit-g.arff")) return;
  Diagnostics second;
  test::build(head + "german_credit/credit-g.arff" + tail, second);
  REQUIRE(second.count() == 1);
  CHECK(second.errors()[0].find("did you mean `age`") != std::string::npos);
}

TEST_SUITE_END();
