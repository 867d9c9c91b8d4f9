#include "analysis/oracle_file.hpp"

#include <doctest/doctest.h>

#include "analysis/intervals.hpp"
#include "core/error.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

Scenario moving() {
  return test::build_valid(
      test::ut_world("[{type: ofs, grid: 11}]", "  dynamics: [{type: acceptance_share, rate: 0.2, gain: 2}]\n"));
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the comparator comes back from its file as it was") {
  const test::Scratch scratch;
  const Scenario scenario = moving();
  for (const OracleSettings& settings :
       {OracleSettings{}, OracleSettings{Objective::horizon, Fidelity::mean_field, 1, {}}}) {
    const OracleResult result = sweep_thresholds(scenario, learners_arms(scenario), settings);
    const Comparator made = comparator_of(scenario, settings, result);
    save_oracle(scratch.file("a.oracle.h5"), scenario, settings, result);
    CHECK_FALSE(std::filesystem::exists(scratch.file("a.oracle.h5.partial")));
    const Comparator read = load_comparator(scratch.file("a.oracle.h5"));
    CHECK(read.scenario.resolved == scenario.resolved);
    CHECK(read.scenario.path == scratch.file("a.oracle.h5"));
    CHECK(read.objective == settings.objective);
    CHECK(read.feasible);
    CHECK(read.threshold == made.threshold);
    CHECK(read.reward == result.sweep[*result.best].reward);
    std::vector<double> reward, residual;
    expected_path(scenario, made.threshold, reward, residual);
    CHECK(comparator_rewards(read, 0, 40) == reward);
    CHECK(comparator_rewards(read, 7, 9) == std::vector<double>{reward[7], reward[8]});
    CHECK_THROWS_WITH_AS(comparator_rewards(read, 39, 41), doctest::Contains("/comparator_reward"), TraceError);
    if (settings.objective == Objective::horizon) CHECK(mean(reward) == doctest::Approx(read.reward));
  }
}

TEST_CASE("the sweep comes back from its file as it was") {
  const test::Scratch scratch;
  const Scenario scenario = moving();
  const OracleSettings settings{Objective::horizon, Fidelity::counts, 1, {}};
  const OracleResult result = sweep_thresholds(scenario, learners_arms(scenario), settings);
  save_oracle(scratch.file("a.oracle.h5"), scenario, settings, result);
  const SavedSweep read = load_sweep(scratch.file("a.oracle.h5"));
  CHECK(read.objective == Objective::horizon);
  CHECK(read.fidelity == Fidelity::counts);
  REQUIRE(read.threshold.size() == result.sweep.size());
  std::size_t n_feasible = 0;
  for (std::size_t k = 0; k < result.sweep.size(); ++k) {
    CHECK(read.threshold[k] == result.sweep[k].threshold);
    CHECK(read.reward[k] == result.sweep[k].reward);
    CHECK(read.reward_half_width[k] == result.sweep[k].reward_half_width);
    CHECK(read.worst_residual[k] == result.sweep[k].worst_residual());
    CHECK((read.feasible[k] == 1.0) == (result.sweep[k].verdict == Feasibility::feasible));
    n_feasible += read.feasible[k] == 1.0 ? 1 : 0;
  }
  CHECK(n_feasible > 0);
  CHECK(n_feasible < read.threshold.size());
}

TEST_CASE("other files hold no comparator") {
  const test::Scratch scratch;
  CHECK_THROWS_AS(load_comparator(scratch.file("absent.h5")), TraceError);
  test::run_to(scratch.file("trace.h5"), moving(), 1);
  CHECK_THROWS_WITH_AS(load_comparator(scratch.file("trace.h5")), doctest::Contains("oracle --save"), TraceError);
  const Scenario scenario = moving();
  const OracleResult result = sweep_thresholds(scenario, learners_arms(scenario), {});
  CHECK_THROWS_AS(save_oracle(scratch.file("no/such/folder.h5"), scenario, {}, result), TraceError);
}

TEST_SUITE_END();
