#include "analysis/closed_loop.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "analysis/analysis.hpp"
#include "analysis/comparator.hpp"
#include "analysis/resting_loop.hpp"
#include "core/error.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;
using doctest::Approx;

namespace {

const std::string ratio = "  dynamics: [{type: acceptance_ratio, rate: 0.2}]\n";
const std::string agents = "[{type: fixed, threshold: 0.4}, {type: fixed, label: low, threshold: 0.1}]";
const std::string exact = "fidelity=mean_field";

/// Worth of the groups of world UT at threshold t.
double worth_a(double t) { return (1 - t * t) / 2 - 0.4 * (1 - t); }
double worth_b(double t) { return 1.0 / 3 - t * t + 2 * t * t * t / 3 - 0.4 * (1 - t) * (1 - t); }
double worth(double t, double share) { return share * worth_a(t) + (1 - share) * worth_b(t); }
/// The next share of group A under threshold t where shares follow acceptance ratios at rate 0.2.
double next(double share, double t) {
  const double a = 1 - t, b = (1 - t) * (1 - t);
  return 0.8 * share + 0.2 * a / (a + b);
}

/// A run by mean field in a file of its own.
struct Traced {
  explicit Traced(const std::string& more = ratio, const std::vector<std::string>& changes = {})
      : scenario(test::build_valid(test::ut_world(agents, more), with(changes))) {
    test::run_to(scratch.file("a.h5"), scenario, 1);
  }
  static std::vector<std::string> with(std::vector<std::string> changes) {
    changes.push_back(exact);
    return changes;
  }
  /// Saves the oracle of thresholds beside the trace, or under another name.
  void add_oracle(std::vector<double> thresholds, const std::string& name = "a.oracle.h5",
                  const std::vector<std::string>& changes = {}, const std::string& more = ratio) const {
    const Scenario other = test::build_valid(test::ut_world(agents, more), changes);
    save_oracle(scratch.file(name), other, {}, sweep_thresholds(other, thresholds, {}));
  }
  Analysis analyse(const std::string& oracle = "", Window window = {0, 40}) const {
    const TraceReader trace(scratch.file("a.h5"));
    return loopgate::analyse(trace, {{window, 10, {}}, trace.agents, {}, oracle}, test::catalog());
  }

  test::Scratch scratch;
  Scenario scenario;
};

const MetricValue* find(const std::vector<MetricValue>& rows, const std::string& metric,
                        const std::string& subject = "") {
  const auto at = std::ranges::find_if(
      rows, [&](const MetricValue& row) { return row.metric == metric && row.subject == subject; });
  return at == rows.end() ? nullptr : &*at;
}

double value(const std::vector<MetricValue>& rows, const std::string& metric, const std::string& subject = "") {
  const MetricValue* row = find(rows, metric, subject);
  REQUIRE(row != nullptr);
  return row->estimate.mean;
}

bool noted(const Analysis& all, const std::string& words) {
  return std::ranges::any_of(all.notes, [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("an agent at the oracle's threshold has no regret and another one the known regret") {
  const Traced run;
  run.add_oracle({0.4});  // violates parity: the least violating one of one
  const Analysis all = run.analyse();
  REQUIRE(all.comparator);
  CHECK(all.comparator->threshold == 0.4);
  CHECK(noted(all, "found beside the trace"));
  CHECK(noted(all, "no threshold of the oracle's sweep is feasible"));
  for (const auto& rows : {all.agents[0].window, all.agents[0].tail}) {
    CHECK(find(rows, "external_regret")->values == std::vector<double>{0.0, 0.0});
    CHECK(find(rows, "policy_regret")->values == std::vector<double>{0.0, 0.0});
  }
  // Threshold 0.1 from p = 0.5, and 0.4 from the same start; r* is where 0.4 rests, p = 0.625.
  const double best = worth(0.4, 0.625);
  CHECK(all.comparator->reward == Approx(best));
  double low = 0.5, held = 0.5, external = 0.0, policy = 0.0, safe = 0.0, positive = 0.0, tail = 0.0;
  for (int t = 0; t < 40; ++t) {
    const double reward = worth(0.1, low), lost = best - reward;
    external += worth(0.4, low) - reward;
    policy += worth(0.4, held) - reward;
    safe += std::max(lost, 0.9 - 0.81 - 0.1);
    positive += std::max({lost, 0.9 - 0.81 - 0.1, 0.0});
    if (t >= 30) tail += lost / 10;
    low = next(low, 0.1);
    held = next(held, 0.4);
  }
  const AgentMetrics& other = all.agents[1];
  CHECK(value(other.window, "external_regret") == Approx(external).epsilon(1e-9));
  CHECK(value(other.window, "policy_regret") == Approx(policy).epsilon(1e-9));
  CHECK(std::abs(external - policy) > 0.01);
  CHECK(value(other.window, "safe_regret") == Approx(safe).epsilon(1e-9));
  CHECK(value(other.window, "safe_regret_positive") == Approx(positive).epsilon(1e-9));
  CHECK(value(other.tail, "steady_state_gap") == Approx(tail).epsilon(1e-9));
  CHECK(find(other.window, "steady_state_gap") == nullptr);
  CHECK(find(other.window, "external_regret")->estimate.high == Approx(external));  // both replications alike
}

TEST_CASE("an infeasible agent has negative regret beside its violation") {
  const Traced run;
  run.add_oracle({0.1});
  const Analysis all = run.analyse();
  CHECK(all.comparator->feasible);
  CHECK_FALSE(noted(all, "is feasible"));
  CHECK(value(all.agents[0].window, "external_regret") < -1.0);
  CHECK(value(all.agents[0].window, "cumulative_violation", "worst residual") == Approx(40 * 0.14));
  CHECK(value(all.agents[0].window, "safe_regret") == Approx(40 * 0.14));
}

TEST_CASE("regret over a window compares with the same epochs of the path from the start") {
  const Traced run;
  run.add_oracle({0.4});
  const Analysis all = run.analyse("", {5, 15});
  double low = 0.5, held = 0.5, policy = 0.0;
  for (int t = 0; t < 15; ++t) {
    if (t >= 5) policy += worth(0.4, held) - worth(0.1, low);
    low = next(low, 0.1);
    held = next(held, 0.4);
  }
  CHECK(value(all.agents[1].window, "policy_regret") == Approx(policy).epsilon(1e-9));
}

TEST_CASE("an oracle of another world is refused by name and left out where it was only found") {
  const Traced run;
  const std::vector<std::pair<std::string, std::string>> differences{
      {"environment.dynamics.0.rate=0.3", "environment.dynamics[0].rate"},
      {"constraints.demographic_parity.tolerance=0.2", "constraints.demographic_parity.tolerance"},
      {"environment.utility.failure=-1", "environment.utility.failure"},
      {"horizon=41", "horizon: 40 in "}};
  for (const auto& [change, named] : differences) {
    CAPTURE(change);
    run.add_oracle({0.1}, "b.oracle.h5", {change});
    CHECK_THROWS_WITH_AS(run.analyse(run.scratch.file("b.oracle.h5")), doctest::Contains(named.c_str()), ScenarioError);
    run.add_oracle({0.1}, "a.oracle.h5", {change});
    const Analysis all = run.analyse();
    CHECK_FALSE(all.comparator);
    CHECK(noted(all, named));
    CHECK(find(all.agents[0].window, "policy_regret") == nullptr);
    CHECK(find(all.agents[0].loop, "coupling_factor") != nullptr);
  }
  // What does not move the expected rewards of a threshold may differ.
  run.add_oracle({0.1}, "b.oracle.h5",
                 {"seed=77", "replications=5", "fidelity=counts", "scenario=other", "trace.compression=none",
                  "agents=[{type: ofs, grid: 5}]"});
  CHECK(run.analyse(run.scratch.file("b.oracle.h5")).comparator->threshold == 0.1);
  CHECK_THROWS_AS(run.analyse(run.scratch.file("a.h5")), TraceError);
  CHECK_THROWS_AS(run.analyse(run.scratch.file("absent.h5")), TraceError);
}

TEST_CASE("the sidecar beside a trace has its name") {
  CHECK(sidecar_beside("runs/a.h5") == "runs/a.oracle.h5");
  CHECK(sidecar_beside("a.b.h5.partial") == "a.b.oracle.h5");
}

TEST_CASE("the loop of acceptance ratios contracts by 0.8 however that is asked") {  // KA-UT4
  const Traced run;
  const Analysis all = run.analyse();
  const std::vector<MetricValue>& loop = all.agents[0].loop;
  CHECK(value(loop, "spectral_radius") == Approx(0.8).epsilon(1e-9));
  CHECK(value(loop, "coupling_factor") == Approx(0.8).epsilon(1e-9));
  CHECK(value(loop, "autoregression_slope", "share:A") == Approx(0.8).epsilon(1e-9));
  CHECK(value(loop, "autoregression_fixed_point", "share:A") == Approx(0.625).epsilon(1e-9));
  CHECK(value(loop, "autoregression_half_life", "share:A") == Approx(std::log(0.5) / std::log(0.8)).epsilon(1e-9));
  CHECK(value(loop, "held_epochs") == 40);
  CHECK(value(loop, "fixed_point", "share:A") == Approx(0.625).epsilon(1e-9));
  CHECK(value(loop, "fixed_point_from_start", "share:B") == Approx(0.375).epsilon(1e-9));
  CHECK(value(loop, "tail_threshold", "B") == 0.4);
  double share = 0.5, tail = 0.0;
  for (int t = 0; t < 40; ++t) {
    if (t >= 30) tail += share / 10;
    share = next(share, 0.4);
  }
  CHECK(value(loop, "tail_state", "share:A") == Approx(tail).epsilon(1e-12));
  CHECK(value(loop, "noise", "expected reward") == 0.0);
  CHECK(value(loop, "drift", "expected reward") > 0.0);
  CHECK(find(loop, "interval_coverage", "reward") == nullptr);
}

TEST_CASE("a short stretch has no autoregression") {
  const Traced run(ratio, {"horizon=29"});
  const Analysis all = run.analyse("", {0, 29});
  CHECK(value(all.agents[0].loop, "held_epochs") == 29);
  CHECK(std::isnan(value(all.agents[0].loop, "autoregression_slope", "share:A")));
}

TEST_CASE("a scenario without dynamics has no state but signals and regret") {
  const Traced run("");
  run.add_oracle({0.1}, "a.oracle.h5", {}, "");
  const Analysis all = run.analyse();
  CHECK(noted(all, "no dynamics"));
  CHECK(find(all.agents[0].loop, "spectral_radius") == nullptr);
  CHECK(value(all.agents[0].loop, "drift", "worst residual") == 0.0);
  CHECK(value(all.agents[0].window, "external_regret") == Approx(40 * (worth(0.1, 0.5) - worth(0.4, 0.5))));
  CHECK(find(all.agents[1].window, "external_regret")->values == std::vector<double>{0.0, 0.0});
}

TEST_CASE("a trace whose scenario cannot be built has all that does not need it") {
  const Traced run;
  run.add_oracle({0.4});
  const TraceReader trace(run.scratch.file("a.h5"));
  Catalog without_agents;
  register_environments(without_agents);
  const Analysis all = analyse(trace, {{{0, 40}, 10, {}}, trace.agents, {}, {}}, without_agents);
  CHECK(noted(all, "the scenario cannot be built"));
  CHECK(find(all.agents[1].window, "external_regret") == nullptr);
  CHECK(value(all.agents[1].window, "policy_regret") > 0.0);
  CHECK(find(all.agents[0].loop, "spectral_radius") == nullptr);
  CHECK(value(all.agents[0].loop, "autoregression_slope", "share:A") == Approx(0.8));
}

TEST_CASE("loops that swing or rest in several places are told") {
  const auto pulled = [](const std::string& base, const std::string& rate, const std::string& gain) {
    return test::build_valid(
        "scenario: pulled\nseed: 1\nhorizon: 100\nenvironment:\n  population:\n    type: parametric\n    groups:\n"
        "      - {name: A, share: 0.5, score: {law: normal, mean: " +
        base + ", sd: 1}}\n      - {name: B, share: 0.5, score: {law: normal, mean: " + base +
        ", sd: 1}}\n    success: {law: logistic, slope: 1, midpoint: 0}\n  arrivals: {type: batch, size: 10}\n"
        "  dynamics: [{type: score_mean, rate: " +
        rate + ", gain: " + gain + "}]\nagents: [{type: fixed, threshold: 0}]\n");
  };
  AgentMetrics out;
  std::vector<std::string> notes;
  add_resting_loop(pulled("3", "1", "-6"), {{{0.0, 0.0}, {2.0, 2.0}}}, out, notes);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("ends in a cycle of 2 epochs") != std::string::npos);
  CHECK(std::isnan(find(out.loop, "spectral_radius")->values.at(0)));
  // mean' = (1 - rate) mean + rate (-4 + 8 Phi(mean)) rests near -4, the start, and near 4.
  out = {};
  notes.clear();
  add_resting_loop(pulled("-4", "0.5", "8"), {{{0.0, 0.0}, {3.9, 3.9}}}, out, notes);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("one place from the tail and in another from the start") != std::string::npos);
  CHECK(find(out.loop, "fixed_point", "score_mean:A")->values.at(0) == Approx(4.0).epsilon(1e-3));
  CHECK(value(out.loop, "fixed_point_from_start", "score_mean:A") == Approx(-4.0).epsilon(1e-3));
  CHECK(find(out.loop, "spectral_radius")->values.at(0) < 1.0);
}

TEST_SUITE_END();
