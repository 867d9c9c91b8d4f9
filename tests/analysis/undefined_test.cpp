#include <doctest/doctest.h>

#include <cmath>

#include "analysis/analysis.hpp"
#include "analysis/constraint_statistics.hpp"
#include "analysis/epoch_tally.hpp"
#include "analysis/metric_list.hpp"
#include "analysis/oracle.hpp"
#include "analysis/regret.hpp"
#include "analysis/summary.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

/// Nobody of group b would succeed, so that equal opportunity has no value; parity holds.
Scenario without_qualified() {
  return test::build_valid(
      "scenario: none\nseed: 1\nreplications: 12\nhorizon: 40\n"
      "environment:\n  population:\n    type: score_table\n    groups:\n"
      "      - {name: a, share: 0.5, scores: [0.2, 0.8], mass: [1, 1], success: [0.2, 0.8]}\n"
      "      - {name: b, share: 0.5, scores: [0.2, 0.8], mass: [1, 1], success: [0, 0]}\n"
      "  score_model: {type: identity}\n  arrivals: {type: batch, size: 100}\n"
      "constraints: {demographic_parity: {tolerance: 0.05}, equal_opportunity: {tolerance: 0.05, told: false}}\n"
      "agents: [{type: fixed, threshold: 0.5}, {type: fixed, threshold: 0.9, label: nobody}]\n");
}

const LimitVerdict& verdict_on(const std::vector<LimitVerdict>& verdicts, const std::string& limit) {
  const auto at = std::ranges::find(verdicts, limit, &LimitVerdict::limit);
  REQUIRE(at != verdicts.end());
  return *at;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the worst of residuals is unknown where one is") {
  CHECK(worst_residual(std::vector<double>{-.1, .2, .1}) == .2);
  CHECK(std::isnan(worst_residual(std::vector<double>{-.1, undefined})));
  CHECK(std::isnan(worst_residual(std::vector<double>{undefined, .1})));
  CHECK(std::isnan(worst_residual({})));
}

TEST_CASE("an epoch with an undefined residual counts in no statistic of the worst one") {
  ResidualTally tally(2, 1);
  for (const auto& [a, b] : {std::pair{-.1, undefined}, {-.1, .2}, {-.1, -.2}}) tally.add(std::vector<double>{a, b});
  const ConstraintStatistics& worst = tally.statistics().back();
  CHECK(worst.n_epochs() == 3);
  CHECK(worst.n_defined() == 2);
  CHECK(worst.violation_frequency() == .5);
  CHECK(worst.time_to_feasibility() == 3.0);
}

TEST_CASE("a constraint that never has a value is neither met nor feasible") {
  const test::Scratch scratch;
  const Scenario scenario = without_qualified();
  test::run_to(scratch.file("t.h5"), scenario, 1);
  const TraceReader trace(scratch.file("t.h5"));
  AnalysisRequest request;
  request.options.window = {0, trace.n_epochs};
  request.options.average_over = 5;
  request.agents = trace.agents;
  const Analysis all = analyse(trace, request, test::catalog());
  const std::string lacking = "equal_opportunity:a-b";
  for (const std::string& limit : {lacking, std::string(worst_of_residuals)})
    CHECK(verdict_on(all.verdicts[0], limit).finding == Finding::no_value);
  CHECK(verdict_on(all.verdicts[0], lacking).reason == "undefined in 120 of 120 epochs");
  CHECK(verdict_on(all.verdicts[0], worst_of_residuals).reason ==
        "undefined in 120 of 120 epochs (equal_opportunity:b-a, equal_opportunity:a-b)");
  CHECK(verdict_on(all.verdicts[0], "demographic_parity:a-b").finding == Finding::met);
  CHECK(verdict_on(all.verdicts[0], "demographic_parity:a-b").reason.empty());
  const MetricValue* time =
      find_metric(all.agents[0].window, "time_to_feasibility", "expected", "", worst_of_residuals);
  CHECK(time->n_censored == 0);
  CHECK(time->estimate.n == 0);
  CHECK(std::isnan(summarise(trace)[0].violation));
  CHECK(all.rankings.size() == 1);
  CHECK(std::ranges::count(all.notes,
                           "no ranking by mean_violation: in every replication it is undefined for some agent") == 1);
  const LimitVerdict& ratio = all.verdicts[1].back();
  CHECK(ratio.finding == Finding::no_value);
  CHECK(ratio.reason == "nobody is accepted, or only one group has applicants");
}

TEST_CASE("the oracle calls no threshold feasible at which a residual is undefined") {
  const Scenario scenario = without_qualified();
  const std::vector<double> arms{0.1, 0.5};
  for (const OracleSettings& settings :
       {OracleSettings{}, OracleSettings{Objective::horizon, Fidelity::mean_field, 1, {}},
        OracleSettings{Objective::horizon, Fidelity::counts, 1, {}}}) {
    const OracleResult found = sweep_thresholds(scenario, arms, settings);
    CHECK(found.feasible.empty());
    CHECK_FALSE(found.best);
    CHECK_FALSE(found.least_violating);
    CHECK_FALSE(found.myopic);
    CHECK_FALSE(found.mixture.exists());
    CHECK(found.unconstrained);
    for (const ArmOutcome& arm : found.sweep) {
      CHECK(arm.verdict == Feasibility::no_value);
      CHECK_FALSE(arm.unsure);
      CHECK(std::isnan(arm.worst_residual()));
      CHECK(arm.undefined_share == std::vector<double>{0, 0, 1, 1});
    }
  }
}

TEST_CASE("a broken residual is infeasible whatever else is undefined") {
  const Scenario scenario = test::build_valid(test::ut_world("[{type: fixed, threshold: 0.5}]", "  dynamics: []\n"),
                                              {"constraints.service_rate={floor: 0.9}"});
  const OracleResult found = sweep_thresholds(scenario, std::vector<double>{0.5}, {});
  REQUIRE(found.sweep[0].verdict == Feasibility::infeasible);
  ArmOutcome arm;
  arm.residual = {undefined, .2, .1};
  CHECK(arm.worst() == 1);
  CHECK(std::isnan(arm.worst_residual()));
  CHECK(std::isnan(arm.summed_violation()));
}

TEST_CASE("safe regret leaves out epochs with an undefined residual") {
  RegretTally tally(1.0);
  tally.add(0.5, std::vector<double>{-.1, undefined}, undefined, undefined);
  CHECK(std::isnan(tally.safe()));
  CHECK(tally.steady_state_gap() == .5);
  tally.add(0.5, std::vector<double>{-.1, .7}, undefined, undefined);
  CHECK(tally.safe() == .7);
  tally.add(0.5, {}, undefined, undefined);
  CHECK(tally.safe_positive() == doctest::Approx(1.2));
}

TEST_SUITE_END();
