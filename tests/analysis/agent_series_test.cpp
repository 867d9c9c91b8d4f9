#include "analysis/agent_series.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

/// Mean over both replications of entry i of an epoch.
double mean_of(const TraceReader& trace, const std::string& agent, const std::string& dataset, std::uint32_t t,
               std::size_t i = 0) {
  return (trace.read(agent, dataset, 0, t, t + 1).at(i) + trace.read(agent, dataset, 1, t, t + 1).at(i)) / 2.0;
}

const std::string dynamics = "  dynamics: [{type: acceptance_share, rate: 0.2, gain: 2}]\n";

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("with a bin an epoch the series are what the trace holds") {
  const test::Scratch scratch;
  test::run_to(scratch.file("a.h5"), test::ut_world("[{type: ofs, grid: 11}]", dynamics), 1);
  const TraceReader trace(scratch.file("a.h5"));
  const AgentSeries series = agent_series(trace, "ofs", {{0, 40}, 400, {0, 1}, 0.1});
  REQUIRE(series.expected_reward.size() == 40);
  double sum[2] = {0.0, 0.0};
  for (std::uint32_t t = 0; t < 40; ++t) {
    double gap = 0.0, service = 0.0;
    for (std::uint32_t r = 0; r < 2; ++r) {
      const auto residual = trace.read("ofs", "expected_residual", r, t, t + 1);
      const double worst = std::max(residual[0], residual[1]);
      gap += (worst + 0.1) / 2.0;
      sum[r] += std::max(0.0, worst);
      const auto came = trace.read("ofs", "arrived", r, t, t + 1), taken = trace.read("ofs", "accepted", r, t, t + 1);
      service += (taken[0] + taken[1]) / (came[0] + came[1]) / 2.0;
    }
    CHECK(series.expected_reward.estimate(t).mean == doctest::Approx(mean_of(trace, "ofs", "expected_reward", t)));
    CHECK(series.parity_gap.estimate(t).mean == doctest::Approx(gap));
    CHECK(series.service_rate.estimate(t).mean == doctest::Approx(service));
    CHECK(series.cumulative_violation.estimate(t).mean == doctest::Approx((sum[0] + sum[1]) / 2.0));
    for (std::size_t g = 0; g < 2; ++g) {
      CHECK(series.threshold[g].estimate(t).mean == doctest::Approx(mean_of(trace, "ofs", "threshold", t, g)));
      CHECK(series.composition[g].estimate(t).mean == doctest::Approx(mean_of(trace, "ofs", "composition", t, g)));
      CHECK(series.qualification_rate[g].estimate(t).mean ==
            doctest::Approx(mean_of(trace, "ofs", "qualification_rate", t, g)));
    }
  }
  CHECK(series.common_threshold);
  double reward = 0.0, threshold = 0.0;
  for (std::uint32_t t = 30; t < 40; ++t) {
    reward += mean_of(trace, "ofs", "expected_reward", t) / 10.0;
    threshold += mean_of(trace, "ofs", "threshold", t) / 10.0;
  }
  CHECK(series.resting_reward.mean == doctest::Approx(reward));
  CHECK(series.resting_reward.n == 2);
  CHECK(series.resting_threshold[1].mean == doctest::Approx(threshold));
}

TEST_CASE("bins gather counts and end at the running sum of their last epoch") {
  const test::Scratch scratch;
  test::run_to(scratch.file("a.h5"), test::ut_world("[{type: ofs, grid: 11}]", dynamics), 1);
  const TraceReader trace(scratch.file("a.h5"));
  const AgentSeries each = agent_series(trace, "ofs", {{10, 30}, 20, {0, 1}, 0.1});
  const AgentSeries four = agent_series(trace, "ofs", {{10, 30}, 4, {}, undefined});
  for (std::size_t b = 0; b < 4; ++b) {
    CHECK(four.cumulative_violation.estimate(b).mean ==
          doctest::Approx(each.cumulative_violation.estimate(5 * b + 4).mean));
    double gap = 0.0;
    for (std::uint32_t r = 0; r < 2; ++r) {
      const auto begin = static_cast<std::uint32_t>(10 + 5 * b);
      const auto came = trace.read("ofs", "arrived", r, begin, begin + 5);
      const auto taken = trace.read("ofs", "accepted", r, begin, begin + 5);
      double n[2] = {0.0, 0.0}, k[2] = {0.0, 0.0};
      for (std::size_t i = 0; i < 10; ++i) {
        n[i % 2] += came[i];
        k[i % 2] += taken[i];
      }
      gap += std::abs(k[0] / n[0] - k[1] / n[1]) / 2.0;
    }
    CHECK(four.parity_gap.estimate(b).mean == doctest::Approx(gap));
  }
}

TEST_CASE("a threshold of each group is told apart and rests where it is held") {
  const test::Scratch scratch;
  test::run_to(scratch.file("a.h5"), test::ut_world("[{type: fixed, threshold: {A: 0.25, B: 0.5}}]"), 1);
  const TraceReader trace(scratch.file("a.h5"));
  const AgentSeries series = agent_series(trace, "fixed", {{0, 40}, 8, {0, 1}, 0.1});
  CHECK_FALSE(series.common_threshold);
  CHECK(series.resting_threshold[0].mean == 0.25);
  CHECK(series.resting_threshold[1].mean == 0.5);
  CHECK(series.threshold[1].lowest(3) == 0.5);
  // a_A = 0.75, a_B = (1 - 0.5)^2: the gap is 0.5, 0.4 beyond the tolerance.
  CHECK(series.parity_gap.estimate(0).mean == doctest::Approx(0.5));
  CHECK(series.resting_residual.mean == doctest::Approx(0.4));
  CHECK(series.cumulative_violation.estimate(7).mean == doctest::Approx(40 * 0.4));
}

TEST_CASE("the parity gap is what the tolerance in force was held against") {
  const test::Scratch scratch;
  test::run_to(scratch.file("a.h5"),
               test::ut_world("[{type: ofs, grid: 11}]",
                              dynamics + "interventions: [{at: 17, set: constraints.demographic_parity.tolerance, to: "
                                         "0.5}]\n"),
               1);
  const TraceReader trace(scratch.file("a.h5"));
  std::vector<Change> changes(1);
  changes[0].from = changes[0].until = 17.0;
  changes[0].values = {{"constraints.demographic_parity.tolerance", 0, 0.5, 0.5}};
  const Course tolerance(0.1, changes, "constraints.demographic_parity.tolerance");
  const AgentSeries series = agent_series(trace, "ofs", {{0, 40}, 400, {0, 1}, tolerance});
  for (std::uint32_t t = 0; t < 40; ++t) {
    double gap = 0.0;
    for (std::uint32_t r = 0; r < 2; ++r) {
      const auto residual = trace.read("ofs", "expected_residual", r, t, t + 1);
      gap += std::abs(residual[0] - residual[1]) / 4.0;  // the tolerance cancels
    }
    CHECK(series.parity_gap.estimate(t).mean == doctest::Approx(gap));
  }
}

TEST_CASE("a window starts from its own first epoch") {
  const test::Scratch scratch;
  test::run_to(scratch.file("a.h5"), test::ut_world("[{type: ofs, grid: 11}]", dynamics), 1);
  const TraceReader trace(scratch.file("a.h5"));
  for (const std::uint32_t begin : {0U, 13U, 39U}) {
    const AgentSeries series = agent_series(trace, "ofs", {{begin, 40}, 5, {}, undefined});
    for (std::size_t g = 0; g < 2; ++g) {
      CHECK(series.first_composition[g].mean == doctest::Approx(mean_of(trace, "ofs", "composition", begin, g)));
      CHECK(series.first_qualification_rate[g].mean ==
            doctest::Approx(mean_of(trace, "ofs", "qualification_rate", begin, g)));
    }
  }
}

TEST_SUITE_END();
