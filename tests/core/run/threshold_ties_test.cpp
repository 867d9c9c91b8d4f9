#include <doctest/doctest.h>

#include <cmath>

#include "analysis/oracle.hpp"
#include "tests/support/row_recorder.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

/// Two groups alike, of nine types of equal mass with scores 0.1, 0.2, ..., 0.9, as they are read.
std::string world(const std::string& agents, const std::string& more = "") {
  const std::string tenths = "[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]",
                    types = ", scores: " + tenths + ", mass: [1, 1, 1, 1, 1, 1, 1, 1, 1], success: " + tenths + "}\n";
  return "scenario: ties\nseed: 3\nhorizon: 9\nreplications: 1\nenvironment:\n  population:\n    type: score_table\n"
         "    groups:\n      - {name: a, share: 0.5" +
         types + "      - {name: b, share: 0.5" + types + "  arrivals: {type: batch, size: 8000}\n" + more +
         "agents: " + agents + "\n";
}

const std::vector<std::string> fidelities{"individuals", "counts", "mean_field"};

/// Of an epoch's applicants those are accepted whose type's score, in tenths, is at least this.
void check_accepted(const test::Recorder& run, std::size_t t, int least, bool exact) {
  const double rate = run.accepted[t][0] / run.arrived[t][0], expected = (10 - std::min(least, 10)) / 9.0;
  CAPTURE(t);
  if (exact) CHECK(rate == doctest::Approx(expected));
  else CHECK(std::abs(rate - expected) < 0.04);  // a type is 0.11; the standard error is 0.008 at most
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a score is accepted at the threshold of a grid that equals it in decimals") {
  for (const std::string& fidelity : fidelities)
    for (int k = 0; k < 9; ++k) {
      const double played = 0.1 + (0.9 - 0.1) * k / 8.0;  // as grids are made: 0.30000000000000004 for k = 2
      char threshold[40];
      std::snprintf(threshold, sizeof threshold, "%.17g", played);
      CAPTURE(std::string(threshold));
      const Scenario scenario = test::build_valid(world("[{type: fixed, threshold: " + std::string(threshold) + "}]"),
                                                  {"fidelity=" + fidelity});
      const test::Recorder run = test::simulate(scenario);
      CHECK(run.threshold[0][0] == played);
      check_accepted(run, 0, k + 1, fidelity == "mean_field");
    }
}

TEST_CASE("a score is accepted at a threshold that it reaches by shifts") {
  for (const std::string& fidelity : fidelities) {
    const Scenario scenario = test::build_valid(
        world("[{type: fixed, threshold: 0.7}]", "  dynamics: [{type: drift, what: score_shift, step: 0.1}]\n"),
        {"fidelity=" + fidelity});
    const test::Recorder run = test::simulate(scenario);
    for (std::size_t t = 0; t < 7; ++t) check_accepted(run, t, 7 - static_cast<int>(t), fidelity == "mean_field");
  }
}

TEST_CASE("what is expected and what the oracle sweeps holds equal decimals to be equal") {
  const Scenario scenario = test::build_valid(
      world("[{type: ofs, grid: 9, range: [0.1, 0.9]}]", "constraints: {service_rate: {floor: 0}}\n"));
  const OracleResult found = sweep_thresholds(scenario, learners_arms(scenario), OracleSettings{});
  REQUIRE(found.sweep.size() == 9);
  for (std::size_t k = 0; k < 9; ++k) {
    double reward = 0.0;  // of the types from k on, at utilities 1 and -1
    for (std::size_t i = k; i < 9; ++i) reward += (2.0 * static_cast<double>(i + 1) / 10.0 - 1.0) / 9.0;
    CHECK(found.sweep[k].reward == doctest::Approx(reward));
  }
}

TEST_CASE("propensities and side information hold equal decimals to be equal") {
  const std::string agents = "[{type: random, grid: 9, range: [0.1, 0.9]}]";
  const Scenario scenario = test::build_valid(world(agents), {"trace={level: applicants}"});
  const test::RowRecorder run = test::run_rows(scenario, 0, test::RowRecorder(scenario.law->types()));
  REQUIRE(!run.kept.empty());
  for (const auto& row : run.kept)  // of nine thresholds, type k reaches k + 1
    CHECK(row.propensity == doctest::Approx((row.type % 9 + 1) / 9.0));

  // What semi feedback tells of every arm is what each would have given.
  const std::vector<std::string> semi{"feedback=semi"};
  const Scenario learner = test::build_valid(
      world("[{type: ofs, grid: 9, range: [0.1, 0.9], side_info: true}]", "constraints: {service_rate: {floor: 0}}\n"),
      semi);
  auto agent = learner.agents[0].factory->make(learner.problem);
  const Agent& learnt = *agent;
  test::Recorder recorder;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation simulation(learner, std::move(agent), learner.fidelity, learner.seed, Replication{0}, recorder);
  simulation.run(stop, progress);
  ArmBeliefs beliefs;
  learnt.beliefs(beliefs);
  REQUIRE(beliefs.mean.size() == 18);  // reward, then floor 0 - service rate
  for (std::size_t k = 0; k < 9; ++k) {
    const Scenario held = test::build_valid(world("[{type: fixed, threshold: 0." + std::to_string(k + 1) + "}]"));
    const test::Recorder fixed = test::simulate(held);
    double accepted = 0.0, arrived = 0.0;
    for (std::size_t t = 0; t < 9; ++t) {
      accepted += fixed.accepted[t][0] + fixed.accepted[t][1];
      arrived += fixed.arrived[t][0] + fixed.arrived[t][1];
    }
    CHECK(accepted / arrived == doctest::Approx(-beliefs.mean[9 + k]));
  }
}

TEST_CASE("the tolerance is far below any difference that is meant") {
  CHECK(least_accepted(0.5, score_tolerance({0.0, 1.0}, {})) < 0.5);
  CHECK(least_accepted(0.5, score_tolerance({0.0, 1.0}, {})) > 0.5 - 2e-12);
  CHECK(least_accepted(0.5, 0.0) == 0.5);
  const std::vector<double> some{-2.0, 2.0};
  CHECK(score_tolerance({-INFINITY, INFINITY}, some) == doctest::Approx(4e-12));
  const Scenario continuous = test::build_valid(test::ut_world("[{type: fixed, threshold: 0.4}]"));
  CHECK(continuous.law->score_tolerance() == 0.0);
}

TEST_SUITE_END();
