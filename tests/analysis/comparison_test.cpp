#include "analysis/comparison.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/error.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

using Written = std::vector<std::int64_t>;

const std::string two_agents = "[{type: fixed, threshold: 0.5, label: half}, {type: random, grid: 11}]";

std::vector<TraceReader> write(const test::Scratch& scratch, const std::vector<std::vector<std::string>>& overrides) {
  std::vector<TraceReader> traces;
  for (const auto& one : overrides) {
    const std::string path = scratch.file(std::to_string(traces.size()) + ".h5");
    test::run_to(path, test::build_valid(test::ut_world(two_agents), one), 1);
    traces.emplace_back(path);
  }
  return traces;
}

ComparisonRequest request(Metric metric) {
  ComparisonRequest out;
  for (const MetricInfo& one : metrics())
    if (one.metric == metric) out.metric = one;
  out.agents = {"half", "random"};
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the common window ends where fewer than two replications go on") {
  CHECK(common_end(Written{300, 300, 20, 0}, 0) == 300);
  CHECK(common_end(Written{300, 120, 20, 0}, 0) == 120);
  CHECK(common_end(Written{20, 120, 300}, 130) == 300);  // only one gets beyond
  CHECK(common_end(Written{0, 0, 70}, 0) == 70);
  CHECK(common_end(Written{70}, 0) == 70);
  CHECK(common_end(Written{0, 0}, 0) == 0);
}

TEST_CASE("traces of one seed are paired over what both have and those of two seeds are not") {
  const test::Scratch scratch;
  const auto traces = write(scratch, {{"replications=12"}, {"horizon=50", "replications=11"}, {"seed=6"}});
  const Comparison pairs = compare_agents(std::span(traces).first(2), request(Metric::reward));
  CHECK(pairs.window.begin == 0);
  CHECK(pairs.window.end == 40);
  REQUIRE(pairs.standings.size() == 4);
  CHECK(pairs.notes.size() == 2);
  for (const Standing& one : pairs.standings) {
    CHECK(one.t.n == 11);
    CHECK(one.paired == (&one != &pairs.standings[0]));
  }
  CHECK(pairs.standings[0].t.mean == pairs.standings[1].t.mean);  // one threshold, the same people
  ComparisonRequest apart = request(Metric::reward);
  CHECK_THROWS_AS(compare_agents(traces, apart), ScenarioError);
  apart.different_applicants = true;
  const Comparison all = compare_agents(traces, apart);
  for (const Standing& one : all.standings) {
    const bool of_other_seed = all.agents[one.contestant].trace == 2;
    CHECK(one.t.n == (of_other_seed ? 2 : 11));
    CHECK(std::isnan(one.probability_best));  // two replications of one of them
  }
}

TEST_CASE("a window beyond the shortest trace and a trace without the agents are refused") {
  const test::Scratch scratch;
  const auto traces = write(scratch, {{}, {"horizon=50", "agents=[{type: fixed, threshold: 0.5, label: half}]"}});
  ComparisonRequest asked = request(Metric::reward);
  asked.end = 50;
  CHECK_THROWS_AS(compare_agents(traces, asked), ScenarioError);
  asked.end = 40;
  CHECK(compare_agents(traces, asked).standings.size() == 3);
  asked.agents = {"random"};
  CHECK_THROWS_AS(compare_agents(traces, asked), ScenarioError);
}

TEST_SUITE_END();
