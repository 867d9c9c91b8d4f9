#include "analysis/metric_list.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "analysis/metric_series.hpp"
#include "analysis/trace_metrics.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

std::string name_of(const MetricKey& key) {
  return std::string(key.metric) + '|' + key.basis + '|' + key.view + '|' + std::to_string(static_cast<int>(key.of)) +
         '|' + std::to_string(key.index);
}

std::vector<std::string> names_of(const MetricList& list) {
  std::vector<std::string> names;
  for (const MetricKey& key : list.keys()) names.push_back(name_of(key));
  return names;
}

/// Two epochs of two groups with two residuals.
EpochPiece some_epochs() {
  return {2,
          {0.5, 0.5, 0.4, 0.4},
          {10, 20, 0, 8},
          {6, 5, 0, 2},
          {4, 1, 0, 2},
          {5, 9, 0, 3},
          {0.4, 0.6, 0.5, 0.5},
          {0.5, 0.4, 0.6, 0.3},
          {0.1, undefined},
          {0.2, 0.3},
          {0.1, -0.2, undefined, 0.3},
          {-0.1, 0.2, 0.3, 0.1},
          {}};
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a window has every metric, and a shorter list is a part of it in the same order") {
  const std::vector<std::string> window = names_of(MetricList(Part::window, 3, 2));
  std::vector<std::string> sorted = window;
  std::ranges::sort(sorted);
  CHECK(std::ranges::adjacent_find(sorted) == sorted.end());
  for (const Part part : {Part::tail, Part::epoch, Part::so_far}) {
    const std::vector<std::string> names = names_of(MetricList(part, 3, 2));
    auto at = window.begin();
    for (const std::string& name : names) {
      CAPTURE(name);
      at = std::find(at, window.end(), name);
      REQUIRE(at != window.end());
    }
    CHECK(names.size() < window.size());
  }
}

TEST_CASE("metrics of the epochs so far are those of a window that ends there") {
  ReplicationTally tally(2, 2, 1);
  tally.add(some_epochs(), 0);
  const MetricList window(Part::window, 2, 2), so_far(Part::so_far, 2, 2);
  std::vector<MeasuredMetric> all(window.size());
  std::vector<double> some(so_far.size());
  window.measure(tally, all);
  so_far.measure(tally, some);
  const std::vector<std::string> names = names_of(window);
  for (std::size_t i = 0; i < some.size(); ++i) {
    const std::string name = name_of(so_far.keys()[i]);
    CAPTURE(name);
    const double want = all[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())].value;
    CHECK((some[i] == want || (std::isnan(some[i]) && std::isnan(want))));
  }
}

TEST_CASE("a spread knows the groups that it is of") {
  const MetricList list(Part::epoch, 2, 1);
  ReplicationTally tally(2, 1, 1);
  EpochPiece piece = some_epochs();
  piece.residual = piece.expected_residual = {0.1, 0.2};
  tally.add_epoch(piece, 0);
  std::vector<MeasuredMetric> values(list.size());
  list.measure(tally, values);
  std::size_t n = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::optional<std::size_t> first = list.keys()[i].spread_of;
    if (!first || std::string(list.keys()[i].metric).ends_with("ratio")) continue;
    CAPTURE(list.keys()[i].metric);
    CHECK(list.keys()[*first].of == MetricKey::Of::group);
    CHECK(values[i].value == doctest::Approx(std::abs(values[*first].value - values[*first + 1].value)));
    ++n;
  }
  CHECK(n == 9);
}

TEST_CASE("series over pieces end where the window's metrics are") {
  const test::Scratch scratch;
  const std::string path = scratch.file("trace.h5");
  const Scenario scenario = test::build_valid(
      test::ut_world("[{type: ofs, grid: 11}]", "  dynamics: [{type: acceptance_share, rate: 0.2, gain: 2}]\n"));
  test::run_to(path, scenario, 1);
  const TraceReader trace(path);
  const Window window{3, trace.n_epochs};
  MetricSeries series(trace, "ofs", window);
  std::uint32_t epochs = 0;
  while (series.next()) epochs += series.piece().end - series.piece().begin;
  CHECK(epochs == window.end - window.begin);
  CHECK_FALSE(series.next());
  const AgentMetrics metrics = agent_metrics(trace, "ofs", {window, 10});
  const MetricList& list = series.so_far().list;
  const std::size_t last = (series.piece().end - series.piece().begin - 1) * list.size();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const MetricKey& key = list.keys()[i];
    const std::string subject = key.subject(trace.groups, trace.constraints);
    const auto row = std::ranges::find_if(metrics.window, [&](const MetricValue& one) {
      return one.metric == key.metric && one.basis == key.basis && one.view == key.view && one.subject == subject;
    });
    REQUIRE(row != metrics.window.end());
    CAPTURE(row->metric);
    const Estimate got = series.so_far().grid.at(last + i);
    CHECK(got.n == row->estimate.n);
    if (got.n > 0) CHECK(got.mean == doctest::Approx(row->estimate.mean));
    if (got.n > 1) CHECK(got.high == doctest::Approx(row->estimate.high));
  }
}

TEST_SUITE_END();
