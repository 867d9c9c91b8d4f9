#include <doctest/doctest.h>

#include <boost/math/distributions/poisson.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <numbers>
#include <numeric>

#include "core/run/rerun.hpp"
#include "tests/support/p_values.hpp"
#include "tests/support/row_recorder.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

constexpr double alpha = 1e-5 / 12;  // a dozen checks that should pass share a false-alarm rate of 1e-5
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

const std::string constant = "environment.arrivals={type: poisson_process, rate: 7}";
const std::string seasonal =
    "environment.arrivals={type: poisson_process, rate: 40, seasonal: {amplitude: 0.8, period: 6, phase: 1}}";

Scenario world(std::vector<std::string> overrides, const std::string& agents = "[{type: fixed, threshold: 0.4}]",
               const std::string& more = "") {
  return test::build_valid(test::ut_world(agents) + more, overrides);
}

class TimedRecorder final : public EpochSink {
 public:
  std::vector<Time> time;
  std::vector<double> arrived, first, lost;  ///< of all; of the first group
  std::vector<double> matured, known, reward;
  std::vector<std::vector<double>> composition;
  void record(const EpochRecord& now) override {
    time.push_back(now.time);
    arrived.push_back(std::accumulate(now.arrived.begin(), now.arrived.end(), 0.0));
    first.push_back(now.arrived[0]);
    composition.emplace_back(now.composition.begin(), now.composition.end());
    matured.push_back(now.matured);
    known.push_back(now.known_reward);
    reward.push_back(now.reward);
  }
  void finish(double) override {}
};

TimedRecorder run(const Scenario& scenario, std::uint32_t replication = 0) {
  TimedRecorder recorder;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, 0, static_cast<Replication>(replication), recorder).run(stop, progress);
  return recorder;
}

std::vector<Time> arrivals_of(const Scenario& scenario, Time until) {
  const ArrivalProcess& process = *scenario.arrivals->process();
  auto position = process.start(scenario.start.arrivals, scenario.seed, Replication{0});
  std::vector<Time> times;
  process.advance(position, until, no_limit, scenario.start.arrivals, scenario.seed, Replication{0}, times);
  return times;
}

std::string problem_of(const std::vector<std::string>& overrides, const std::string& more = "") {
  Diagnostics diagnostics;
  test::build(test::ut_world("[{type: fixed, threshold: 0.4}]") + more, diagnostics, overrides);
  REQUIRE(diagnostics.count() == 1);
  return diagnostics.errors()[0];
}

/// Goodness of fit of counts to a Poisson law, cells 0..most and more.
double poisson_p_value(const std::vector<double>& counts, double mean, std::size_t most) {
  std::vector<double> seen(most + 2, 0.0);
  for (const double x : counts) ++seen[std::min(static_cast<std::size_t>(x), most + 1)];
  const boost::math::poisson law(mean);
  double statistic = 0.0, left = 1.0;
  for (std::size_t k = 0; k < seen.size(); ++k) {
    const double p = k <= most ? boost::math::pdf(law, static_cast<double>(k)) : left;
    const double expected = p * static_cast<double>(counts.size());
    statistic += (seen[k] - expected) * (seen[k] - expected) / expected;
    left -= p;
  }
  return test::chi_squared_p_value(statistic, static_cast<double>(most) + 1.0);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("arrivals and clocks that cannot be are told") {
  const auto told = [](const std::string& text, const std::string& part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  const auto arrivals = [](const std::string& settings) { return problem_of({"environment.arrivals=" + settings}); };
  told(arrivals("{type: poisson_process, rate: -1}"), "rate = -1: out of range");
  told(arrivals("{type: poisson_process}"), "has no rate");
  told(arrivals("{type: poisson_process, rate: 1, pieces: [{from: 0, rate: 1}]}"), "has both `rate` and `pieces`");
  told(arrivals("{type: poisson_process, pieces: [{from: 1, rate: 1}]}"), "leaves the time before it without a rate");
  told(arrivals("{type: poisson_process, pieces: [{from: 0, rate: 1}, {from: 0, rate: 2}]}"), "not after the piece");
  told(arrivals("{type: poisson_process, pieces: [{from: 0, rate: 0}]}"), "every rate is 0");
  told(arrivals("{type: poisson_process, rate: 1, seasonal: {amplitude: 1.2, period: 3}}"), "amplitude = 1.2: out");
  told(problem_of({"clock={type: each}"}), "needs arrivals in continuous time");
  told(problem_of({"clock={type: every, interval: 0}"}), "interval = 0: out of range");
  told(problem_of({constant, "clock={type: each}", "fidelity=mean_field"}), "knows no single arrivals");
  told(problem_of({"environment.arrivals={type: poisson_process, pieces: [{from: 0, rate: 2}, {from: 3, rate: 0}]}",
                   "clock={type: arrivals, count: 5}"}),
       "may wait for ever");
  told(problem_of({"environment.arrivals={type: times, file: arrivals.csv}", "clock={type: arrivals, count: 3}"}),
       "needs 120 arrivals, and arrivals.csv has 10");
}

TEST_CASE("faults in a file of times are told with their lines") {
  const test::Scratch scratch;
  const auto told = [&](const std::string& text, const std::string& part, const std::string& more = "") {
    std::ofstream(scratch.file("t.csv")) << text;
    const std::string problem =
        problem_of({"environment.arrivals={type: times, file: " + scratch.file("t.csv") + more + "}"});
    CAPTURE(problem);
    CHECK(problem.find(part) != std::string::npos);
  };
  told("time\n1\n0.5\n", "t.csv:3: the time 0.5 is before that of the row above");
  told("time\n1\n-2\n", "t.csv:3: `-2` is no time");
  told("time\n1\nsoon\n", "t.csv:3: `soon` is no time");
  told("time,x\n1,1\n,2\n", "t.csv:3: the time is missing");
  told("when\n1\n", "no such column");
  told("time,group\n1,A\n2,C\n", "t.csv:3: the population has no group `C`", ", group: group");
  told("time\n", "no rows after the header");
  CHECK(problem_of({"environment.arrivals={type: times, file: nowhere.csv}"}).find("not found") != std::string::npos);
}

TEST_CASE("the expected number of arrivals is the integral of the rate") {
  const Scenario scenario = world({seasonal});
  const auto rate = [](Time t) { return 40.0 * (1.0 + 0.8 * std::sin(2.0 * std::numbers::pi * (t + 1.0) / 6.0)); };
  const int n = 100000;
  double sum = 0.0;
  for (int i = 0; i < n; ++i) sum += rate(1.3 + (i + 0.5) * 7.4 / n) * 7.4 / n;  // midpoint rule
  CHECK(scenario.arrivals->process()->expected(1.3, 8.7, scenario.start.arrivals) ==
        doctest::Approx(sum).epsilon(1e-8));
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("whatever the clock the same applicants come at the same times") {
  const TimedRecorder each = run(world({constant, "clock={type: each}", "horizon=400"}));
  const std::vector<Time> times = arrivals_of(world({constant}), each.time.back());
  CHECK(each.time == times);
  CHECK(each.arrived == std::vector<double>(400, 1.0));
  const TimedRecorder tens = run(world({constant, "clock={type: arrivals, count: 10}", "horizon=40"}));
  for (std::size_t t = 0; t < 40; ++t) CHECK((tens.time[t] == times[10 * t + 9] && tens.arrived[t] == 10.0));
  const TimedRecorder every = run(world({constant, "clock={type: every, interval: 0.5}", "horizon=100"}));
  for (std::size_t t = 0; t < 100; ++t) {
    const Time from = 0.5 * static_cast<double>(t), until = from + 0.5;
    CHECK(every.time[t] == until);
    const auto come = std::ranges::count_if(times, [&](Time x) { return from < x && x <= until; });
    if (until < times.back()) CHECK(every.arrived[t] == static_cast<double>(come));
  }
}

TEST_CASE("with one shift of the clock a batch a unit of time is a batch an interval and nothing else changes") {
  const Scenario plain = world({"environment.arrivals.size=50"}, "[{type: ofs, grid: 5}]"),
                 slow = world({"environment.arrivals.size=50", "clock={type: every, interval: 2.5}"},
                              "[{type: ofs, grid: 5}]");
  const TimedRecorder a = run(plain), b = run(slow);
  CHECK(a.reward == b.reward);
  for (std::size_t t = 0; t < 40; ++t)
    CHECK((a.time[t] == 1.0 * static_cast<double>(t) && b.time[t] == 2.5 * a.time[t]));
}

TEST_CASE("rows can be laid out beforehand: as many come as were counted whatever interventions do") {
  const std::string steps =
      "interventions: [{at: 7.3, set: environment.arrivals.rate, to: 21}, {type: ramp, from: 12, until: 30.5, set: "
      "environment.arrivals.rate, to: 2}, {at: 9.1, set: environment.population.shares, to: {A: 0.9}}]\n";
  std::string means = steps;
  for (std::size_t at = 0; (at = means.find("arrivals.rate", at)) != std::string::npos;)
    means.replace(at, 13, "arrivals.mean");
  const std::vector<std::pair<std::vector<std::string>, std::string>> worlds{
      {{constant}, steps},
      {{constant, "clock={type: every, interval: 0.7}"}, steps},
      {{constant, "clock={type: arrivals, count: 6}"}, steps},
      {{"environment.arrivals={type: poisson, mean: 9}"}, means},
      {{"environment.arrivals={type: poisson, mean: 9}", "clock={type: every, interval: 3}"}, means}};
  for (const auto& [overrides, interventions] : worlds) {
    CAPTURE(overrides.back());
    const Scenario scenario = world(overrides, "[{type: fixed, threshold: 0.4}]", interventions);
    const std::vector<std::int64_t> counted = arrival_counts(scenario, Replication{1});
    const TimedRecorder recorded = run(scenario, 1);
    CHECK(std::ranges::equal(counted, recorded.arrived));
  }
}

TEST_CASE("applicants of a run in continuous time are drawn again as they were") {
  const std::string rule = "  dynamics: [{type: acceptance_share, rate: 0.1, gain: 1}]\n";
  const std::string late = "{delay: {law: exponential, mean: 2}, lost: 0.2}";
  const std::vector<std::vector<std::string>> worlds{
      {constant,
       "interventions=[{at: 3, set: environment.population.shares, to: {A: 0.9}}, {at: 5.5, set: "
       "environment.outcomes.lost, to: 0.6}]"},
      {constant,
       "interventions=[{at: 3.3, set: environment.population.shares, to: {A: 0.9}}, {at: 3.6, set: "
       "environment.arrivals.rate, to: 20}, {type: ramp, from: 9.5, until: 14.2, set: environment.arrivals.rate, to: "
       "3}, "
       "{at: 9.75, set: environment.population.shares, to: {B: 0.8}}, {at: 20.5, set: "
       "environment.dynamics.acceptance_share.rate, to: 0.4}]"},
      {constant, "clock={type: arrivals, count: 5}", "environment.outcomes=" + late,
       "interventions=[{at: 2.1, set: environment.population.shares, to: {A: 0.9}}, {at: 7.9, set: "
       "environment.population.shares, to: {A: 0.2}}]"},
      {constant, "environment.dynamics=[]",
       "interventions=[{type: ramp, from: 3.3, until: 30.5, set: environment.population.shares, to: {A: 0.9}}]"},
      {constant, "clock={type: arrivals, count: 5}", "environment.outcomes=" + late},
      {constant, "clock={type: each}"},
      {"environment.arrivals={type: poisson, mean: 9}", "clock={type: every, interval: 3}",
       "interventions=[{at: 30, set: environment.arrivals.mean, to: 25}]", "environment.outcomes=" + late},
      {"environment.arrivals={type: times, file: arrivals.csv, group: who}", "horizon=15", "environment.dynamics=[]",
       "environment.population.groups=[{name: a, share: 0.5, score: {law: uniform, low: 0, high: 1}}, {name: b, share: "
       "0.5, score: {law: triangular, low: 0, mode: 0, high: 1}}]"}};
  for (const std::vector<std::string>& overrides : worlds) {
    for (const std::string agent : {"{type: thompson, grid: 5}", "{type: fixed, threshold: 0.4}"}) {
      CAPTURE(overrides.back());
      CAPTURE(agent);
      const Scenario scenario = test::build_valid(test::ut_world("[" + agent + "]", rule), overrides);
      const test::RowRecorder expected = test::run_rows(scenario, 1);
      const test::Scratch scratch;
      test::run_to(scratch.file("t.h5"), scenario, 2);
      const TraceReader trace(scratch.file("t.h5"));
      test::RowRecorder again;
      std::mutex library;
      Rerun(trace, test::catalog()).rows(0, 1, 0, scenario.n_epochs, again, library);
      REQUIRE(again.kept.size() == expected.kept.size());
      test::RowRecorder some;
      Rerun(trace, test::catalog()).rows(0, 1, 17, scenario.n_epochs, some, library);
      REQUIRE(some.kept.size() < again.kept.size());
      for (std::size_t i = 0, skipped = again.kept.size() - some.kept.size(); i < some.kept.size(); ++i)
        CHECK(some.kept[i].score == again.kept[skipped + i].score);
      for (std::size_t i = 0; i < again.kept.size(); ++i) {
        CHECK(again.kept[i].group == expected.kept[i].group);
        CHECK(again.kept[i].score == expected.kept[i].score);
        CHECK(again.kept[i].accepted == expected.kept[i].accepted);
        CHECK(again.kept[i].success == expected.kept[i].success);
      }
    }
  }
}

TEST_CASE("with one fixed interval counts and individuals meet given arrivals alike and mean_field their number") {
  for (const std::string fidelity : {"individuals", "counts", "mean_field"}) {
    for (const std::string group : {"", ", group: who"}) {
      CAPTURE(fidelity);
      const Scenario scenario = world(
          {"fidelity=" + fidelity, "environment.arrivals={type: times, file: arrivals.csv" + group + "}", "horizon=21",
           "environment.population.groups=[{name: a, share: 0.25, score: {law: uniform, low: 0, high: 1}}, {name: b, "
           "share: 0.75, score: {law: triangular, low: 0, mode: 0, high: 1}}]"});
      const TimedRecorder now = run(scenario);
      CHECK(now.arrived[0] == 4.0);  // 0, 0.5, 0.5, 1
      CHECK(now.arrived[1] == 0.0);
      CHECK(std::isnan(now.reward[1]));
      CHECK(now.arrived[2] == 2.0);  // 2.25, 3
      CHECK(now.arrived[7] == 1.0);
      if (!group.empty()) CHECK((now.first[0] == 3.0 && now.first[2] == 0.0 && now.first[7] == 1.0));
      if (!group.empty()) CHECK(now.composition[0][0] == 0.75);
      if (group.empty() && fidelity == "mean_field") CHECK(now.first[0] == 1.0);
    }
  }
  Diagnostics diagnostics;
  test::build(test::ut_world("[{type: fixed, threshold: 0.4}]"), diagnostics,
              {"environment.arrivals={type: times, file: arrivals.csv}"});
  REQUIRE(diagnostics.warnings().size() == 1);
  CHECK(diagnostics.warnings()[0].find("the last 21 epochs have no applicants") != std::string::npos);
}

TEST_CASE("shares that change between decisions count for those who come after them") {
  // With a constant rate the mean share is that of the time: a quarter of (4, 5] under the old shares.
  const Scenario scenario = world({constant, "fidelity=mean_field", "horizon=8"}, "[{type: fixed, threshold: 0.4}]",
                                  "interventions: [{at: 4.25, set: environment.population.shares, to: {A: 0.9}}]\n");
  const TimedRecorder now = run(scenario);
  for (std::size_t t = 0; t < 8; ++t) {
    const double share = t < 4 ? 0.5 : t == 4 ? 0.25 * 0.5 + 0.75 * 0.9 : 0.9;
    CHECK(now.composition[t][0] == doctest::Approx(share));
    CHECK(now.first[t] == doctest::Approx(7.0 * share));
  }
}

TEST_CASE("an intervention on the share of lost outcomes counts from its time on") {
  const Scenario scenario = world({"environment.arrivals.size=3", "horizon=400"}, "[{type: fixed, threshold: 0.4}]",
                                  "interventions: [{type: pulse, from: 100, until: 300, set: "
                                  "environment.outcomes.lost, to: 0.9}]\n");
  const TimedRecorder now = run(scenario);
  std::size_t unknown = 0;
  for (std::size_t t = 0; t < 400; ++t) {
    if (t < 100 || t >= 300) CHECK(now.known[t] == now.reward[t]);
    else unknown += std::isnan(now.known[t]) ? 1 : 0;
  }
  CHECK(unknown > 50);
}

TEST_CASE("what is not known by the last decision is never told") {
  const std::string late = "environment.outcomes={delay: {law: fixed, time: 2}}";
  const TimedRecorder every = run(world({constant, late, "clock={type: every, interval: 0.5}"}));  // ends at 20
  for (std::size_t t = 0; t < 40; ++t)
    if (every.arrived[t] > 6) CHECK(std::isnan(every.matured[t]) == (every.time[t] + 2.0 > 20.0));
  const TimedRecorder each = run(world({constant, late, "clock={type: each}"}, "[{type: fixed, threshold: 0}]"));
  for (std::size_t t = 0; t < 40; ++t) CHECK(each.matured[t] == each.time[t] + 2.0);  // even past the end
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("as many come in an epoch as a Poisson process brings and another rate shows") {
  // Null: 4,000 counts are independent Poisson with mean 7 (chi-squared, cells 1..14 and the tails; dispersion). Wrong:
  // mean 7.5; a fixed batch.
  for (const std::string fidelity : {"individuals", "counts"}) {
    CAPTURE(fidelity);
    const std::vector<double> counts = run(world({constant, "fidelity=" + fidelity, "horizon=4000"})).arrived;
    CHECK(poisson_p_value(counts, 7.0, 15) > alpha);
    CHECK(poisson_p_value(counts, 7.5, 15) < alpha);
    double dispersion = 0.0;
    const double mean = std::accumulate(counts.begin(), counts.end(), 0.0) / 4000.0;
    for (const double x : counts) dispersion += (x - mean) * (x - mean) / mean;
    const double p = test::chi_squared_p_value(dispersion, 3999.0);
    CHECK(std::min(p, 1.0 - p) > alpha / 2);
  }
}

TEST_CASE("thinned times are unit exponential once the clock runs with the rate and another phase shows") {
  // Null: differences of the integrated rate at 20,000 arrivals are exponential with mean 1 (Kolmogorov-Smirnov).
  // Wrong: the season without its phase; a candidate's bound for the rate of a piece.
  const Scenario scenario = world({seasonal});
  const std::vector<Time> times = arrivals_of(scenario, 500.0);
  const auto uniform = [&](double phase) {
    const auto operational = [&](Time t) {
      return 40.0 * (t - 0.8 * 6.0 / (2.0 * std::numbers::pi) * std::cos(2.0 * std::numbers::pi * (t + phase) / 6.0));
    };
    std::vector<double> values;
    for (std::size_t i = 1; i < times.size(); ++i)
      values.push_back(-std::expm1(operational(times[i - 1]) - operational(times[i])));
    return values;
  };
  CHECK(std::abs(static_cast<double>(times.size()) - 20000.0) < 1000.0);
  CHECK(test::uniform_p_value(uniform(1.0)) > alpha);
  CHECK(test::uniform_p_value(uniform(0.0)) < alpha);
  const Scenario steps = world(
      {"environment.arrivals={type: poisson_process, pieces: [{from: 0, rate: 20}, {from: 200.3, rate: 0}, {from: 210, "
       "rate: 60}]}"});
  std::vector<double> right, wrong;
  const std::vector<Time> stepped = arrivals_of(steps, 500.0);
  for (std::size_t i = 1; i < stepped.size(); ++i) {
    const double mean = steps.arrivals->process()->expected(stepped[i - 1], stepped[i], steps.start.arrivals);
    right.push_back(-std::expm1(-mean));
    wrong.push_back(-std::expm1(-40.0 * (stepped[i] - stepped[i - 1])));
  }
  CHECK(test::uniform_p_value(right) > alpha);
  CHECK(test::uniform_p_value(wrong) < alpha);
}

TEST_CASE("a rate that an intervention changes is exact on both sides of it") {
  // Null: counts of 2,000 epochs each side are Poisson with means 7 and 11. Wrong: the change an epoch later.
  for (const std::string fidelity : {"individuals", "counts"}) {
    const std::vector<double> counts =
        run(world({constant, "horizon=4000", "fidelity=" + fidelity}, "[{type: fixed, threshold: 0.4}]",
                  "interventions: [{at: 2000, set: environment.arrivals.rate, to: 11}]\n"))
            .arrived;
    CHECK(poisson_p_value({counts.begin(), counts.begin() + 2000}, 7.0, 15) > alpha);
    CHECK(poisson_p_value({counts.begin() + 2000, counts.end()}, 11.0, 20) > alpha);
    CHECK(poisson_p_value({counts.begin() + 2000, counts.end()}, 10.0, 20) < alpha);
  }
  std::vector<double> between;  // the epoch of the change, of many replications: mean 9
  for (std::uint32_t r = 0; r < 400; ++r) {
    const Scenario one = world({constant, "horizon=4"}, "[{type: fixed, threshold: 0.4}]",
                               "interventions: [{at: 2.5, set: environment.arrivals.rate, to: 11}]\n");
    between.push_back(run(one, r).arrived[2]);
  }
  CHECK(poisson_p_value(between, 9.0, 15) > alpha);
  CHECK(poisson_p_value(between, 11.0, 15) < alpha);
}

TEST_CASE("groups come as independent processes with the rates of their shares and a fixed batch shows") {
  // Null: the groups' counts are Poisson with means 7 x 0.3 and 7 x 0.7 and uncorrelated, 4,000 epochs. Wrong: equal
  // shares; batches of 7, whose parts move against each other.
  const std::string shares =
      "environment.population.groups=[{name: A, share: 0.3, score: {law: uniform, low: 0, high: 1}}, {name: B, share: "
      "0.7, score: {law: uniform, low: 0, high: 1}}]";
  const auto correlation_p_value = [](const TimedRecorder& now) {
    const double n = static_cast<double>(now.first.size());
    double a = 0.0, b = 0.0, ab = 0.0, aa = 0.0, bb = 0.0;
    for (std::size_t t = 0; t < now.first.size(); ++t) {
      a += now.first[t] / n;
      b += (now.arrived[t] - now.first[t]) / n;
    }
    for (std::size_t t = 0; t < now.first.size(); ++t) {
      const double x = now.first[t] - a, y = now.arrived[t] - now.first[t] - b;
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    return test::normal_p_value(ab / std::sqrt(aa * bb) * std::sqrt(n));
  };
  for (const std::string fidelity : {"individuals", "counts"}) {
    CAPTURE(fidelity);
    const TimedRecorder now = run(world({shares, constant, "horizon=4000", "fidelity=" + fidelity}));
    CHECK(poisson_p_value(now.first, 2.1, 8) > alpha);
    CHECK(poisson_p_value(now.first, 3.5, 8) < alpha);
    CHECK(correlation_p_value(now) > alpha);
    CHECK(correlation_p_value(
              run(world({shares, "environment.arrivals.size=7", "horizon=4000", "fidelity=" + fidelity}))) < alpha);
  }
}

TEST_SUITE_END();
