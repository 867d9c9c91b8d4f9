#include <doctest/doctest.h>

#include <cmath>

#include "core/random/philox.hpp"
#include "core/run/recorded_run.hpp"
#include "tests/support/row_recorder.hpp"

using namespace loopgate;

namespace {

const std::string moving = "  dynamics: [{type: acceptance_ratio, rate: 0.2}]\n";

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("a row is what the exact law says of that applicant and rows add up to the epoch") {
  std::vector<std::string> worlds{test::ut_world("[{type: random, grid: 11}]", moving)};
  worlds.push_back(worlds[0]);
  const std::string uniform = "{law: uniform, low: 0, high: 1}",
                    triangular = "{law: triangular, low: 0, mode: 0, high: 1}";
  worlds[1].replace(worlds[1].find(uniform), uniform.size(), "{law: beta, mean: 0.4, precision: 3}");
  worlds[1].replace(worlds[1].find(triangular), triangular.size(), "{law: logit_normal, mean: 0.1, sd: 1}");
  worlds.push_back(worlds[1]);
  worlds[2].replace(worlds[2].find(moving), moving.size(), "  dynamics: [{type: score_mean, rate: 0.1, gain: 0.2}]\n");
  worlds.push_back(worlds[0]);
  worlds[3] +=
      "interventions:\n  - {at: 4, set: environment.population.score_shift, to: {A: 0.15, B: -0.05}}\n"
      "  - {type: ramp, from: 2, until: 8, set: environment.population.success_shift, to: {A: -0.6, B: 0.3}}\n";
  for (const std::string& yaml : worlds) {
    CAPTURE(yaml);
    const Scenario scenario =
        test::build_valid(yaml, {"horizon=12", "environment.arrivals={type: poisson, mean: 2500}"});
    const test::RowRecorder run = test::run_rows(scenario, 1);
    std::size_t at = 0;
    Composition now = scenario.law->start();
    for (std::size_t t = 0; t < run.threshold.size(); ++t) {
      set_recorded_state(scenario, run.composition[t], run.state[t], now);
      std::vector<double> arrived(2), accepted(2), succeeded(2), qualified(2);
      for (std::uint32_t i = 0; at < run.kept.size() && run.kept[at].epoch == t; ++at, ++i) {
        const test::RowRecorder::Row& row = run.kept[at];
        const auto words = philox_block({i, static_cast<std::uint32_t>(t), 0, 1}, {5, 0});
        REQUIRE(row.group == (words[0] / 4294967296.0 < now.shares()[0] ? 0U : 1U));
        arrived[row.group] += 1;
        accepted[row.group] += row.accepted;
        succeeded[row.group] += row.accepted && row.success;
        qualified[row.group] += row.success;
        if (scenario.states.front().kind == StateEntry::Kind::score_mean)
          continue;  // the law moves: counts are checked
        const std::uint64_t position = (static_cast<std::uint64_t>(words[1]) << 32U) | words[2];
        double score = 0.0, success = 0.0;
        std::uint32_t type = 0;
        scenario.law->resolve(now, static_cast<GroupId>(row.group), {&position, 1}, {&score, 1}, {&success, 1},
                              {&type, 1});
        REQUIRE(row.score == score);
        REQUIRE(row.accepted == (score >= run.threshold[t][row.group]));
        REQUIRE(row.success == (words[3] / 4294967296.0 < success));
        // `random` plays each of 11 thresholds with probability 1 / 11.
        const double n_below = std::clamp(std::floor(score * 10 + 1), 0.0, 11.0);
        REQUIRE(row.propensity == doctest::Approx(n_below / 11).epsilon(1e-12));
      }
      REQUIRE(arrived == run.arrived[t]);
      REQUIRE(accepted == run.accepted[t]);
      REQUIRE(succeeded == run.succeeded[t]);
      REQUIRE(qualified == run.qualified[t]);
    }
    CHECK(at == run.kept.size());
  }
}

TEST_CASE("keeping rows changes nothing else") {
  for (const char* agent :
       {"[{type: thompson, grid: 11}]", "[{type: epsilon_greedy, grid: 11}]", "[{type: ofs, grid: 11}]"}) {
    CAPTURE(agent);
    const Scenario scenario = test::build_valid(test::ut_world(agent, moving));
    const test::RowRecorder with = test::run_rows(scenario, 0);
    const test::Recorder without = test::simulate(scenario);
    CHECK(with.threshold == without.threshold);
    CHECK(with.accepted == without.accepted);
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("unit");

TEST_CASE("the propensity of a score is the probability of the thresholds at or below it") {  // KA-PROP
  AcceptPropensity propensity;
  const double threshold[] = {0.2, 0.5, 0.8}, probability[] = {1.0 / 6, 0.633333, 0.2};
  propensity.set(threshold, probability, 0.0);
  CHECK(propensity(0, 0.6) == doctest::Approx(0.8).epsilon(1e-6));
  CHECK(propensity(0, 0.1) == 0.0);
  CHECK(propensity(0, 0.8) == doctest::Approx(1.0).epsilon(1e-6));
}

TEST_SUITE_END();
