#include "analysis/tolerance.hpp"

#include <doctest/doctest.h>

#include "analysis/constraint_statistics.hpp"
#include "analysis/limit_verdicts.hpp"
#include "analysis/metric_list.hpp"
#include "analysis/replication_values.hpp"
#include "analysis/summary.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

/// Group a is accepted at .55, group b at .50, where 0.05 is allowed: .55 - .50 - .05 is 4e-17 in doubles.
std::string at_the_bound(const std::string& tolerance) {
  return "scenario: bound\nseed: 1\nreplications: 12\nhorizon: 20\nfidelity: mean_field\n"
         "environment:\n  population:\n    type: score_table\n    groups:\n"
         "      - {name: a, share: 0.5, scores: [0.2, 0.8], mass: [45, 55], success: [0.2, 0.8]}\n"
         "      - {name: b, share: 0.5, scores: [0.2, 0.8], mass: [50, 50], success: [0.2, 0.8]}\n"
         "  score_model: {type: identity}\n  arrivals: {type: batch, size: 100}\n"
         "constraints: {demographic_parity: {tolerance: " +
         tolerance + "}}\nagents: [{type: fixed, threshold: 0.5}]\n";
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("rounding violates nothing and more than the tolerance does") {
  CHECK_FALSE(is_violated(.55 - .50 - .05));
  CHECK_FALSE(is_violated(limit_tolerance));
  CHECK(is_violated(2 * limit_tolerance));
  CHECK_FALSE(is_violated(undefined));
  CHECK(violation_of(limit_tolerance) == 0.0);
  CHECK(violation_of(-1.0) == 0.0);
  CHECK(violation_of(.25) == .25);
  CHECK(violation_of(undefined) != violation_of(undefined));
}

TEST_CASE("a residual at its bound is met by every number that is told of it") {
  const test::Scratch scratch;
  test::run_to(scratch.file("t.h5"), at_the_bound("0.05"), 1);
  const TraceReader trace(scratch.file("t.h5"));
  const std::vector<double> residual = trace.read("fixed", "expected_residual", 0, 0, 1);
  REQUIRE(worst_residual(residual) > 0.0);  // the case is what it is meant to be
  MetricOptions options;
  options.window = {0, trace.n_epochs};
  options.average_over = 5;
  const AgentMetrics agent = agent_metrics(trace, "fixed", options);
  const auto found = [&](const char* metric, const char* basis) {
    return find_metric(agent.window, metric, basis, "", worst_of_residuals)->estimate.mean;
  };
  for (const char* basis : {"expected", "realised"}) {
    for (const char* metric : {"violation_frequency", "mean_violation", "worst_excursion", "longest_spell"})
      CHECK(found(metric, basis) == 0.0);
    CHECK(found("time_to_feasibility", basis) == 5.0);
  }
  for (const LimitVerdict& one : limit_verdicts(agent)) CHECK(one.finding == Finding::met);
  CHECK(replication_value(trace, "fixed", 0, options.window, Metric::violation) == 0.0);
  CHECK(summarise(trace)[0].violation == 0.0);
  test::run_to(scratch.file("u.h5"), at_the_bound("0.04999999"), 1);
  const TraceReader beyond(scratch.file("u.h5"));
  const AgentMetrics other = agent_metrics(beyond, "fixed", options);
  CHECK(limit_verdicts(other)[1].finding == Finding::violated);
  CHECK(replication_value(beyond, "fixed", 0, options.window, Metric::violation) == doctest::Approx(1e-8));
}

TEST_CASE("every pair of rates at four fifths meets the rule") {
  int below = 0;
  for (int n = 1; n <= 60; ++n)
    for (int k = 1; k <= n; ++k)
      for (int m = 1; m <= 60; ++m) {
        if (4 * k * m % (5 * n) != 0 || 4 * k * m / (5 * n) > m) continue;
        const int j = 4 * k * m / (5 * n);  // j / m = 4/5 of k / n
        const std::vector<double> rates{static_cast<double>(j) / m, static_cast<double>(k) / n};
        const double ratio = spread(rates).ratio;
        if (ratio < four_fifths) ++below;
        CHECK_FALSE(is_violated(four_fifths - ratio));
      }
  CHECK(below > 1000);  // by rounding
}

TEST_CASE("a ratio of four fifths in counts is met in each replication") {
  ReplicationTally tally(2, 0, 1);
  tally.counts[0] = {60, 40, 0, 0};
  tally.counts[1] = {60, 50, 0, 0};
  const MetricList list(Part::window, 2, 0);
  std::vector<MeasuredMetric> out(list.size());
  list.measure(tally, out);
  for (std::size_t i = 0; i < list.size(); ++i)
    if (std::string_view(list.keys()[i].metric) == "four_fifths_met") CHECK(out[i].value == 1.0);
}

TEST_SUITE_END();
