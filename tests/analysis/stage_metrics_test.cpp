#include "analysis/stage_metrics.hpp"

#include <cmath>
#include <numeric>

#include "core/trace/trace_writer.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

/// Screen, interview, offer. Of 100 and 200 applications: screened out 20 and 100, not past the interview 40 (of whom
/// 10 gave up) and 50, no offer 10 and 20; accepted 30 and 30.
RouteCounts chain() {
  RouteCounts route;
  route.whole = {{100, 30, 0, 0}, {200, 30, 0, 0}};
  route.stages = {{{{100, 80, 0, 0}, 0, 20}, {{200, 100, 0, 0}, 0, 100}},
                  {{{80, 40, 0, 0}, 10, 40}, {{100, 50, 0, 0}, 0, 50}},
                  {{{40, 30, 0, 0}, 0, 10}, {{50, 30, 0, 0}, 0, 20}}};
  return route;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// A trace of one agent and one group of numbers an epoch: those of chain(), in two replications, the second with
/// nothing at the interview but waiting.
void write_chain(const std::string& path) {
  TraceLayout layout;
  layout.scenario_name = layout.scenario = layout.scenario_resolved = "chain";
  layout.n_replications = 2;
  layout.n_epochs = 4;
  layout.groups = {"x", "y"};
  layout.shares = {0.5, 0.5};
  layout.stages = {"screen", "interview", "offer"};
  layout.agents.resize(1);
  layout.agents[0].label = "one";
  TraceWriter writer = TraceWriter::create(path, layout);
  for (std::uint32_t r = 0; r < 2; ++r) {
    const auto sink = writer.replication(0, r);
    for (int t = 0; t < 4; ++t) {
      const std::vector<double> none(6, 0.0), whole{25, 50}, accepted{7.5, 7.5}, zero{0, 0};
      const std::vector<double> arrived{25, 50, 20, 25, 10, 12.5}, passed{20, 25, 10, 12.5, 7.5, 7.5};
      const std::vector<double> lost{5, 25, 10, 12.5, 2.5, 5}, left{0, 0, 2.5, 0, 0, 0}, wait{undefined, 0, 2, 3, 0, 0};
      const std::vector<double> waiting{0, 0, 6.0 + r, 2, 0, 0}, told(3, undefined);
      EpochRecord record;
      record.threshold = record.succeeded = record.qualified = record.composition = record.qualification_rate = zero;
      record.arrived = whole;
      record.accepted = accepted;
      record.stage_threshold = record.stage_succeeded = record.stage_qualified = none;
      record.stage_arrived = arrived;
      record.stage_accepted = passed;
      record.stage_left = left;
      record.stage_lost = lost;
      record.stage_waiting = waiting;
      record.stage_wait = wait;
      record.stage_told = told;
      sink->record(record);
    }
    sink->finish(0.0);
  }
  writer.complete(0.0);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("what stages add to the gap of a chain is what they change in its cumulative pass rates") {
  // Cumulative pass rates 0.8, 0.4, 0.3 and 0.5, 0.25, 0.15: gaps 0.3, 0.15, 0.15.
  const auto added = gap_added(chain(), 0, 1);
  REQUIRE(added.size() == 3);
  CHECK(added[0] == doctest::Approx(0.3));
  CHECK(added[1] == doctest::Approx(-0.15));
  CHECK(added[2] == doctest::Approx(0.0));
  CHECK(sum(added) == doctest::Approx(0.3 - 0.15));
  const auto other = gap_added(chain(), 1, 0);
  for (std::size_t k = 0; k < 3; ++k) CHECK(other[k] == doctest::Approx(-added[k]));
}

TEST_CASE("the log ratio of a chain is the sum of its stages' log ratios") {
  const auto added = log_ratio_added(chain(), 0, 1);
  CHECK(added[0] == doctest::Approx(std::log(0.5 / 0.8)));
  CHECK(added[1] == doctest::Approx(std::log(0.5 / 0.5)));
  CHECK(added[2] == doctest::Approx(std::log(0.6 / 0.75)));
  CHECK(sum(added) == doctest::Approx(std::log(0.15 / 0.3)));
  RouteCounts shut = chain();
  shut.stages[2][1] = {{50, 0, 0, 0}, 0, 50};
  shut.whole[1].accepted = 0;
  CHECK(std::isnan(log_ratio_added(shut, 0, 1)[2]));
  CHECK(sum(gap_added(shut, 0, 1)) == doctest::Approx(0.3));
}

TEST_CASE("a stage beside the chain adds what is lost there") {
  // Of 100 each, 60 and 60 are rejected at once and looked at again by a second stage, which loses 10 and 50.
  RouteCounts route;
  route.whole = {{100, 90, 0, 0}, {100, 50, 0, 0}};
  route.stages = {{{{100, 40, 0, 0}, 0, 0}, {{100, 40, 0, 0}, 0, 0}},
                  {{{60, 50, 0, 0}, 0, 10}, {{60, 10, 0, 0}, 0, 50}}};
  CHECK(gap_added(route, 0, 1) == std::vector<double>{0.0, 0.4});
  CHECK(sum(log_ratio_added(route, 0, 1)) == doctest::Approx(std::log(0.5 / 0.9)));
}

TEST_CASE("groups without applications have no share to lose") {
  RouteCounts route = chain();
  route.whole[0] = {};
  for (StageCounts* one : {&route.stages[0][0], &route.stages[1][0], &route.stages[2][0]}) *one = {};
  for (const double x : gap_added(route, 0, 1)) CHECK(std::isnan(x));
  for (const double x : log_ratio_added(route, 0, 1)) CHECK(std::isnan(x));
}

TEST_CASE("stage metrics of a trace are those of its counts") {
  const test::Scratch scratch;
  write_chain(scratch.file("t.h5"));
  const TraceReader trace(scratch.file("t.h5"));
  AgentMetrics agent;
  agent.label = "one";
  agent.replications = {0, 1};
  add_stage_metrics(trace, {1, 4}, agent);
  const auto mean_of = [&](const char* metric, const char* subject, const char* view = "") {
    CAPTURE(metric);
    CAPTURE(subject);
    const MetricValue* row = find_metric(agent.stages, metric, "realised", view, subject);
    REQUIRE(row != nullptr);
    return row->estimate.mean;
  };
  CHECK(mean_of("selection_rate", "screen:x") == doctest::Approx(0.8));
  CHECK(mean_of("selection_rate", "interview:y") == doctest::Approx(0.5));
  CHECK(mean_of("demographic_parity_gap", "offer") == doctest::Approx(0.15));
  CHECK(mean_of("demographic_parity_ratio", "screen") == doctest::Approx(0.625));
  CHECK(mean_of("left_rate", "interview:x") == doctest::Approx(0.125));
  CHECK(mean_of("lost_share", "interview:x") == doctest::Approx(0.4));
  CHECK(mean_of("mean_wait", "interview:x") == doctest::Approx(2.0));
  CHECK(mean_of("mean_wait", "interview:y") == doctest::Approx(3.0));
  CHECK(mean_of("mean_wait_gap", "interview") == doctest::Approx(1.0));
  CHECK(mean_of("mean_waiting", "interview:x") == doctest::Approx(6.5));
  CHECK(mean_of("group_share", "screen:y") == doctest::Approx(2.0 / 3.0));
  CHECK(std::isnan(mean_of("true_positive_rate", "screen:x", "true")));
  CHECK(mean_of("end_gap", "") == doctest::Approx(0.15));
  CHECK(mean_of("gap_added", "screen") == doctest::Approx(0.3));
  CHECK(mean_of("gap_added", "interview") == doctest::Approx(-0.15));
  CHECK(mean_of("end_log_ratio", "") == doctest::Approx(std::log(0.5)));
  CHECK(mean_of("log_ratio_added", "offer") == doctest::Approx(std::log(0.8)));
  const MetricValue* gap = find_metric(agent.stages, "end_gap", "realised");
  CHECK(gap->highest == "x");
  CHECK(gap->lowest == "y");
  const MetricValue* rate = find_metric(agent.stages, "selection_rate", "realised", "", "screen:x");
  CHECK(rate->numerator == 120.0);  // of two replications and three epochs
  CHECK(rate->denominator == 150.0);
  CHECK(find_metric(agent.stages, "mean_wait_gap", "realised", "", "interview")->highest == "y");
}

TEST_SUITE_END();
