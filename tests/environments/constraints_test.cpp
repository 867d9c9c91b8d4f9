#include "environments/constraints/constraints.hpp"

#include <doctest/doctest.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "core/run/evaluate.hpp"
#include "core/run/outcome_table.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

const std::string all =
    "constraints={equal_opportunity: {tolerance: 0.1, told: false}, false_positive_parity: {tolerance: 0.02, told: "
    "false}, equalised_odds: {tolerance: 0.05, told: false, pairs: pooled}, qualification_gap: {tolerance: 0.01, told: "
    "false}, capacity: {ceiling: 0.3}, demographic_parity: {tolerance: 0.1}}";

std::string problems(const std::vector<std::string>& overrides) {
  Diagnostics diagnostics;
  test::build(test::ut_world("[{type: fixed, threshold: 0.4}]"), diagnostics, overrides);
  std::string text;
  for (const std::string& error : diagnostics.errors()) text += error + "\n";
  return text;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("expected residuals of world UT are those that its formulas give") {  // KA-UT3
  const Scenario scenario = test::build_valid(test::ut_world("[{type: fixed, threshold: 0.4}]"), {all});
  LawAnswers answers(*scenario.law);
  std::vector<double> rate(2), residual(scenario.n_residuals());
  const std::vector<double> threshold(2, 0.4);
  expected_outcome(scenario, scenario.start, answers, scenario.law->start(), threshold, rate, residual);
  // TPR (.84, .648), FPR (.36, .216), qualification (1/2, 1/3); overall TPR (.84/2 + .648/3) / (5/6), FPR
  // (.36/2 + .216 * 2/3) / (7/6).
  const double tpr = (0.84 / 2 + 0.648 / 3) / (5.0 / 6), fpr = (0.36 / 2 + 0.216 * 2 / 3) / (7.0 / 6);
  const std::vector<std::pair<std::string, double>> known{
      {"capacity", 0.48 - 0.3},
      {"demographic_parity:B-A", -0.24 - 0.1},
      {"demographic_parity:A-B", 0.24 - 0.1},
      {"equal_opportunity:B-A", -0.192 - 0.1},
      {"equal_opportunity:A-B", 0.192 - 0.1},
      {"equalised_odds:true_positive:A-overall", 0.84 - tpr - 0.05},
      {"equalised_odds:true_positive:overall-A", tpr - 0.84 - 0.05},
      {"equalised_odds:true_positive:B-overall", 0.648 - tpr - 0.05},
      {"equalised_odds:true_positive:overall-B", tpr - 0.648 - 0.05},
      {"equalised_odds:false_positive:A-overall", 0.36 - fpr - 0.05},
      {"equalised_odds:false_positive:overall-A", fpr - 0.36 - 0.05},
      {"equalised_odds:false_positive:B-overall", 0.216 - fpr - 0.05},
      {"equalised_odds:false_positive:overall-B", fpr - 0.216 - 0.05},
      {"false_positive_parity:B-A", -0.144 - 0.02},
      {"false_positive_parity:A-B", 0.144 - 0.02},
      {"qualification_gap:B-A", 1.0 / 3 - 0.5 - 0.01},
      {"qualification_gap:A-B", 0.5 - 1.0 / 3 - 0.01}};
  REQUIRE(residual.size() == known.size());
  for (std::size_t m = 0; m < known.size(); ++m) {
    CAPTURE(known[m].first);
    CHECK(scenario.residual_names[m] == known[m].first);  // what agents are told, then by name
    CHECK(residual[m] == doctest::Approx(known[m].second).epsilon(1e-9));
  }
  CHECK(scenario.problem.residual_names ==
        std::vector<std::string>{"capacity", "demographic_parity:B-A", "demographic_parity:A-B"});
  CHECK(scenario.problem.residual_ranges.size() == 3);
}

TEST_CASE("realised residuals are those of the counts and undefined without the people they speak of") {
  Counts counts(2);
  counts.arrived = {50, 50};
  counts.accepted = {40, 15};
  counts.succeeded = {30, 10};
  counts.qualified = {50, 25};
  // A has nobody who would fail, so every gap of false positive rates is undefined.
  const OutcomeTable table(counts, {counts.arrived, counts.qualified});
  const OutcomeRates rates = table.rates();
  CHECK(rates.true_positive.group[0] == doctest::Approx(0.6));
  CHECK(rates.true_positive.group[1] == doctest::Approx(0.4));
  CHECK(rates.true_positive.overall == doctest::Approx(40.0 / 75));
  CHECK(std::isnan(rates.false_positive.group[0]));
  CHECK(rates.false_positive.group[1] == doctest::Approx(0.2));
  CHECK(rates.false_positive.overall == doctest::Approx(15.0 / 25));
  CHECK(rates.qualification.group[0] == doctest::Approx(1.0));
  CHECK(rates.qualification.overall == doctest::Approx(0.75));
  const Counts none(2);
  const OutcomeTable empty(none, {none.arrived, none.qualified});
  CHECK(std::isnan(empty.rates().true_positive.overall));
  CHECK(std::isnan(empty.rates().qualification.group[1]));
}

TEST_CASE("a residual that the granted feedback cannot show is an error that says what to write") {
  for (const char* name : {"equal_opportunity", "false_positive_parity", "equalised_odds", "qualification_gap"}) {
    CAPTURE(name);
    const std::string some = "constraints={" + std::string(name) + ": {tolerance: 0.1";
    for (const char* regime : {"feedback=bandit", "feedback=semi"}) {
      const std::string told = problems({some + "}}", regime});
      CHECK(contains(told, std::string("constraints.") + name + ".told = true"));
      CHECK(contains(told, "`told: false`"));
      CHECK(contains(told, "`feedback: full`"));
      CHECK(problems({some + ", told: false}}", regime}).empty());
    }
    CHECK(problems({some + "}}", "feedback=full"}).empty());
    CHECK(contains(problems({some + "}}", "feedback=full", "environment.outcomes={lost: 0.1}"}),
                   "not all known at once"));
  }
  CHECK(contains(problems({"constraints={capacity: {ceiling: {A: 0.2, C: 0.1}}}"}), "capacity.ceiling.C"));
  CHECK(contains(problems({"constraints={capacity: {ceiling: {}}}"}), "names no group"));
}

TEST_CASE("an agent is told no residual that it is not to be told") {
  const std::vector<std::string> base{"agents=[{type: ofs, grid: 7}]", "feedback=full", "horizon=400"};
  const auto thresholds = [&](const std::string& constraints) {
    std::vector<std::string> overrides = base;
    overrides.push_back(constraints);
    return test::simulate(test::build_valid(test::ut_world("[]"), overrides)).threshold;
  };
  const std::string parity = "demographic_parity: {tolerance: 0.3}", opportunity = "equal_opportunity: {tolerance: 0";
  const auto alone = thresholds("constraints={" + parity + "}");
  CHECK(thresholds("constraints={" + opportunity + ", told: false}, " + parity + "}") == alone);
  CHECK(thresholds("constraints={" + opportunity + "}, " + parity + "}") != alone);
}

TEST_CASE("an intervention on a tolerance moves the residuals from its date on") {
  const std::string change =
      "interventions=[{at: 10, set: constraints.equal_opportunity.tolerance, to: 0.3}, {at: 20, set: "
      "constraints.capacity.ceiling, to: {A: 0.9}}]";
  const std::string constraints =
      "constraints={equal_opportunity: {tolerance: 0.1, told: false}, capacity: {ceiling: {A: 0.5}}}";
  const std::string ut = test::ut_world("[{type: fixed, threshold: 0.4}]");
  const test::Recorder still = test::simulate(test::build_valid(ut, {constraints})),
                       moved = test::simulate(test::build_valid(ut, {constraints, change}));
  for (std::size_t t = 0; t < 40; ++t) {
    CHECK(moved.residual[t][0] == doctest::Approx(still.residual[t][0] - (t < 20 ? 0.0 : 0.4)));
    CHECK(moved.residual[t][1] == doctest::Approx(still.residual[t][1] - (t < 10 ? 0.0 : 0.2)));
    CHECK(moved.expected_residual[t][1] == doctest::Approx(still.expected_residual[t][1] - (t < 10 ? 0.0 : 0.2)));
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("realised residuals of every fidelity have the expected ones as their mean but for what a ratio adds") {
  // Null: the mean over 400 epochs of 50,000 is within rounding 2e-5 of the expected one (a ratio's bias is of order
  // 1/n). alpha = 1e-5 over 2 x 17 checks.
  constexpr double alpha = 1e-5 / 34;
  for (const char* fidelity : {"individuals", "counts"}) {
    CAPTURE(fidelity);
    const Scenario scenario = test::build_valid(
        test::ut_world("[{type: fixed, threshold: 0.4}]"),
        {all, std::string("fidelity=") + fidelity, "horizon=400", "environment.arrivals={type: batch, size: 50000}"});
    const test::Recorder run = test::simulate(scenario);
    const double n = static_cast<double>(run.residual.size());
    const auto p_value = [&](std::size_t m, double null) {
      double mean = 0.0, squares = 0.0;
      for (const auto& residual : run.residual) mean += residual[m] / n;
      for (const auto& residual : run.residual) squares += (residual[m] - mean) * (residual[m] - mean);
      const double off = std::max(0.0, std::abs(mean - null) - 2e-5);
      return 2.0 * boost::math::cdf(boost::math::complement(boost::math::students_t(n - 1.0),
                                                            off / std::sqrt(squares / (n - 1.0) / n)));
    };
    for (std::size_t m = 0; m < scenario.n_residuals(); ++m) {
      CAPTURE(scenario.residual_names[m]);
      CHECK(p_value(m, run.expected_residual[0][m]) > alpha);
      CHECK(p_value(m, run.expected_residual[0][m] + 0.002) < alpha);  // a wrong value is rejected
    }
  }
}

TEST_SUITE_END();
