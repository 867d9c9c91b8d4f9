#include "analysis/course.hpp"

#include <doctest/doctest.h>

#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

const std::string name = "constraints.demographic_parity.tolerance";

Course tolerance_of(const Scenario& scenario) { return {scenario.start.constraints[0][0], scenario.changes, name}; }

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a course without changes rests") {
  const Course course(0.3);
  CHECK(!course.moves());
  CHECK(course.at(0.0) == 0.3);
  CHECK(course.at(1e9) == 0.3);
}

TEST_CASE("a course follows steps and ramps and pulses") {
  const Scenario scenario =
      test::build_valid(test::ut_world("[{type: fixed, threshold: 0.5}]",
                                       "interventions:\n  - {at: 5, set: " + name +
                                           ", to: 0.5}\n"
                                           "  - {type: ramp, from: 10, until: 20, set: " +
                                           name +
                                           ", to: 0.3}\n"
                                           "  - {type: pulse, from: 30, until: 32, set: " +
                                           name + ", to: 0}\n  - {at: 3, set: environment.utility.success, to: 9}\n"));
  const Course course = tolerance_of(scenario);
  CHECK(course.moves());
  const double at[][2] = {{0, 0.1},     {4.99, 0.1}, {5, 0.5},    {9, 0.5}, {10, 0.5}, {12.5, 0.45}, {15, 0.4},
                          {19.5, 0.31}, {20, 0.3},   {29.9, 0.3}, {30, 0},  {31.9, 0}, {32, 0.3},    {1e6, 0.3}};
  for (const auto& [time, value] : at) {
    CAPTURE(time);
    CHECK(course.at(time) == doctest::Approx(value));
  }
}

TEST_CASE("a course has what the simulation holds decisions to") {
  const Scenario scenario = test::build_valid(test::ut_world(
      "[{type: fixed, threshold: 0.5}]",
      "clock: {type: every, interval: 0.7}\ninterventions:\n"
      "  - {type: ramp, from: 3, until: 9.5, set: " +
          name + ", to: 0.9}\n  - {type: pulse, from: 11, until: " + "13, set: " + name + ", to: 0.2}\n"));
  const Course course = tolerance_of(scenario);
  const test::Recorder run = test::simulate(scenario);
  for (std::uint32_t t = 0; t < 40; ++t) {
    const auto& residual = run.expected_residual[t];  // of a over b and of b over a: the gaps cancel
    CHECK(course.at(decision_time(scenario, t)) == doctest::Approx(-(residual[0] + residual[1]) / 2.0));
  }
}

TEST_SUITE_END();
