#include "analysis/residual_monitor.hpp"

#include <doctest/doctest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>

#include "analysis/epoch_tally.hpp"
#include "core/error.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

Estimate between(double low, double high) { return {(low + high) / 2, low, high, 9}; }

EpochPiece piece_of(std::vector<double> residual, std::size_t n_epochs) {
  EpochPiece piece;
  piece.n_epochs = n_epochs;
  piece.residual = std::move(residual);
  return piece;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a run is met by all constraints and violated by any") {
  const std::vector<ResidualMonitor> monitors{
      {"a", {between(-2, -1), between(-2, -1), between(-2, 1), between(1, 2), Estimate{}}},
      {"b", {between(-2, 0), between(-1, 1), between(1, 2), between(-2, -1), between(-2, -1)}}};
  const MonitorCount runs = count_runs(monitors);
  CHECK(runs.met == 1);
  CHECK(runs.violated == 2);
  CHECK(runs.undecided == 2);
  CHECK(count_runs({}).met == 0);
}

TEST_CASE("a watch feeds each constraint its own sequence at a share of the error") {
  const std::vector<Interval> ranges{{-1.0, 1.0}, {-0.7, 0.3}};
  RunWatch watch(ranges, 0.95);
  BernsteinSequence first(ranges[0], 0.025), second(ranges[1], 0.025);
  for (const double value : {0.5, 0.1, -0.4}) first.add(value);
  for (const double value : {-0.2, 0.3}) second.add(value);
  watch.add(piece_of({0.5, -0.2, 0.1, undefined}, 2));
  watch.add(piece_of({-0.4, 0.3}, 1));
  const std::vector<Estimate> found = watch.estimates();
  REQUIRE(found.size() == 2);
  CHECK(found[0].low == first.estimate().low);
  CHECK(found[0].high == first.estimate().high);
  CHECK(found[1].low == second.estimate().low);
  CHECK(found[1].n == 2);
  CHECK_THROWS_WITH_AS(watch.add(piece_of({0.0, 0.4}, 1)), doctest::Contains("cannot give"), TraceError);
}

TEST_CASE("a residual outside its range by rounding is at the range's end") {
  // Under mean_field everybody may be accepted at a service rate of 1 + 2^-52.
  RunWatch watch(std::vector<Interval>{{-0.7, 0.3}}, 0.95);
  watch.add(piece_of({0.3 - (1.0 + 2.3e-16)}, 1));
  CHECK(watch.estimates()[0].mean == -0.7);
  CHECK_THROWS_AS(watch.add(piece_of({-0.7 - 1e-8}, 1)), TraceError);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("statistical");

TEST_CASE("a watched run covers the expected residuals that it cannot see") {
  // Null: some constraint's mean expected residual is outside its sequence with probability <= 0.05, at the last of
  // 1,500 epochs of 20 applicants with moving shares; 60 runs. Watching the larger of the two parity residuals instead,
  // whose mean is above that of the larger expected one by chance alone, is found out.
  constexpr int n_runs = 60;
  const Scenario scenario = test::build_valid(
      test::ut_world("[{type: epsilon_greedy, grid: 11}]", "  dynamics: [{type: acceptance_ratio, rate: 0.2}]\n"),
      {"horizon=1500", "environment.arrivals={type: batch, size: 20}", "constraints.service_rate={floor: 0.5}",
       "replications=" + std::to_string(n_runs)});
  const auto& ranges = scenario.problem.residual_ranges;
  REQUIRE(ranges.size() == 3);
  int missed = 0, missed_largest = 0;
  for (std::uint32_t r = 0; r < n_runs; ++r) {
    const test::Recorder run = test::simulate(scenario, r);
    RunWatch watch(ranges, 0.95), largest({ranges.data(), 1}, 0.95);
    std::vector<RunningMean> expected(ranges.size() + 1);
    for (std::size_t t = 0; t < run.residual.size(); ++t) {
      const auto &seen = run.residual[t], &truth = run.expected_residual[t];
      watch.add(piece_of(seen, 1));
      largest.add(piece_of({worst_residual(std::span(seen).first(2))}, 1));
      for (std::size_t m = 0; m < ranges.size(); ++m)
        if (!std::isnan(seen[m])) expected[m].add(truth[m]);
      if (!std::isnan(seen[0])) expected.back().add(std::max(truth[0], truth[1]));
    }
    const auto outside = [](const Estimate& e, double value) { return value < e.low || value > e.high; };
    bool any = false;
    for (std::size_t m = 0; m < ranges.size(); ++m) any |= outside(watch.estimates()[m], expected[m].value());
    missed += any;
    missed_largest += outside(largest.estimates()[0], expected.back().value());
  }
  const boost::math::binomial law(n_runs, 0.05);
  const auto p_value = [&](int misses) {
    return misses == 0 ? 1.0 : boost::math::cdf(boost::math::complement(law, misses - 1));
  };
  CAPTURE(missed);
  CAPTURE(missed_largest);
  CHECK(p_value(missed) > 1e-5);
  CHECK(p_value(missed_largest) < 1e-5);
}

TEST_SUITE_END();
