#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/source_dir.hpp"
#include "tests/support/worlds.hpp"

using namespace loopgate;

namespace {

/// Loads a shipped scenario; nothing, with a message, where its data are absent.
std::unique_ptr<Scenario> shipped(const std::string& name, const std::string& data) {
  if (!DataFiles::from_environment(".").find(data)) {
    MESSAGE("skipped: " << data << " is absent; set LOOPGATE_DATA or run scripts/get-data");
    return nullptr;
  }
  return std::make_unique<Scenario>(load_scenario(test::source_dir() + "/scenarios/" + name, {}, test::catalog()));
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("COMPAS has the known decile table") {
  const auto scenario = shipped("compas.yaml", "compas/compas-two-years.csv");
  if (!scenario) return;
  const Composition start = scenario->law->start();
  CHECK(scenario->law->types().size() == 5278);
  const double table[][5] = {
      {4, 0.4239, 0.6690, 0.5216, 0.1878}, {5, 0.5257, 0.7641, 0.6207, 0.1925}, {9, 0.9285, 0.9762, 0.9475, 0.0919}};
  for (const auto& [decile, aa, c, rate, reward] : table) {
    const Response white = scenario->law->respond(start, GroupId{0}, 11 - decile),
                   black = scenario->law->respond(start, GroupId{1}, 11 - decile);
    CHECK(white.acceptance == doctest::Approx(c).epsilon(1e-4));
    CHECK(black.acceptance == doctest::Approx(aa).epsilon(1.2e-4));
    const double p = start.shares()[1];
    CHECK((1 - p) * white.acceptance + p * black.acceptance == doctest::Approx(rate).epsilon(1e-4));
    const auto worth = [](const Response& r) { return 2 * r.accepted_success - r.acceptance; };
    CHECK((1 - p) * worth(white) + p * worth(black) == doctest::Approx(reward).epsilon(5e-4));
  }
  CHECK(1 - scenario->law->qualification_rate(start, GroupId{1}) == doctest::Approx(0.5231).epsilon(1e-4));
}

TEST_CASE("German Credit is split in halves and scored well") {
  const auto scenario = shipped("german_credit.yaml", "german_credit/credit-g.arff");
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
