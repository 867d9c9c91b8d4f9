#include "analysis/expected_parity.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "analysis/metric_series.hpp"
#include "analysis/metrics.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

using Names = std::vector<std::string>;

/// Epochs of three groups with these rates, as the constraint gives its residuals; the tolerance changes over time.
std::vector<double> residuals(const std::vector<std::vector<double>>& rates, bool pooled) {
  std::vector<double> out;
  double tolerance = 0.05;
  for (const auto& rate : rates) {
    const double overall = .5 * rate[0] + .3 * rate[1] + .2 * rate[2];
    out.push_back(0.4 - overall);  // a floor of the service rate
    const auto add = [&](double difference) {
      out.insert(out.end(), {difference - tolerance, -difference - tolerance});
    };
    for (std::size_t high = 0; high < 3; ++high) {
      if (pooled) add(rate[high] - overall);
      for (std::size_t low = 0; !pooled && low < high; ++low) add(rate[high] - rate[low]);
    }
    tolerance += 0.1;
  }
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the expected gap is that of the rates whatever is compared and tolerated") {
  const Names groups{"a", "b", "c"};
  const Names all{"service_rate:floor",     "demographic_parity:b-a", "demographic_parity:a-b",
                  "demographic_parity:c-a", "demographic_parity:a-c", "demographic_parity:c-b",
                  "demographic_parity:b-c"};
  const Names pooled{"service_rate:floor",           "demographic_parity:a-overall", "demographic_parity:overall-a",
                     "demographic_parity:b-overall", "demographic_parity:overall-b", "demographic_parity:c-overall",
                     "demographic_parity:overall-c"};
  const std::vector<std::vector<double>> rates{{.5, .3, .4}, {.2, .2, .2}, {.1, .6, .3}, {.1, undefined, .3}};
  for (const auto& [names, is_pooled] : {std::pair{all, false}, {pooled, true}}) {
    const std::vector<double> gaps = expected_parity_gaps(groups, names, residuals(rates, is_pooled));
    REQUIRE(gaps.size() == 4);
    CHECK(gaps[0] == doctest::Approx(.2));
    CHECK(std::abs(gaps[1]) < 1e-15);
    CHECK(gaps[2] == doctest::Approx(.5));
    CHECK(std::isnan(gaps[3]));
  }
  CHECK(expected_parity_gaps(groups, Names{"service_rate:floor"}, std::vector<double>{.1, .2}).empty());
  CHECK(expected_parity_gaps(groups, Names{}, {}).empty());
}

TEST_CASE("the realised gap of an epoch lies above the expected one by chance and the expected one does not") {
  // Group A is accepted at .5, group B at .25, in batches of 8: |gap| has mean 0.33 there.
  const test::Scratch scratch;
  test::run_to(scratch.file("t.h5"),
               test::build_valid(test::ut_world("[{type: fixed, threshold: 0.5}]"),
                                 {"horizon=400", "environment.arrivals.size=8"}),
               1);
  const TraceReader trace(scratch.file("t.h5"));
  MetricSeries series(trace, "fixed", {0, trace.n_epochs});
  const MetricList& list = series.of_epochs().list;
  double expected = 0.0, realised = 0.0;
  while (series.next()) {
    const Window piece = series.piece();
    for (std::uint32_t t = 0; t < piece.end - piece.begin; ++t)
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (std::string_view(list.keys()[i].metric) != "demographic_parity_gap") continue;
        const double gap = series.of_epochs().grid.at(t * list.size() + i).mean;
        if (std::string_view(list.keys()[i].basis) == "realised") realised += gap / trace.n_epochs;
        else expected += gap / trace.n_epochs;
      }
  }
  CHECK(expected == doctest::Approx(.25));
  CHECK(realised > .3);
}

TEST_SUITE_END();
