#include "core/run/maturity.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/scenario/yaml.hpp"
#include "tests/support/p_values.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

constexpr double alpha = 1e-5 / 12;  // twelve checks that should pass share a false-alarm rate of 1e-5

const std::string rule = "  dynamics: [{type: acceptance_share, rate: 0.1, gain: 1}]\n";
const std::string learners =
    "[{type: ofs, grid: 5}, {type: ucb1, grid: 5, statistics: {type: window, length: 7}}, "
    "{type: primal_dual, grid: 5, statistics: {type: discount, factor: 0.9}}, {type: penalty_ucb, grid: 5}, "
    "{type: epsilon_greedy, grid: 5}, {type: thompson, grid: 5}, {type: thompson, label: beta, grid: 5, posterior: "
    "beta}]";

Scenario delayed(const std::string& outcomes, const std::vector<std::string>& more = {},
                 const std::string& agents = "[{type: random, grid: 5}]") {
  std::vector<std::string> overrides{"environment.outcomes=" + outcomes};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return test::build_valid(test::ut_world(agents, rule), overrides);
}

/// What a run says of when rewards were told.
class Told final : public EpochSink {
 public:
  std::vector<double> matured, known, reward, accepted;
  std::vector<double> held;  ///< rewards that the learner holds before each choice, where it is audited
  void record(const EpochRecord& now) override {
    matured.push_back(now.matured);
    known.push_back(now.known_reward);
    reward.push_back(now.reward);
    accepted.push_back(now.accepted[0] + now.accepted[1]);
  }
  void record_arms(const ArmRecord& now) override {
    const std::size_t n_arms = 5;
    held.push_back(std::accumulate(now.count.begin(), now.count.begin() + n_arms, 0.0));
  }
  void finish(double) override {}
};

Told run(const Scenario& scenario) {
  Told told;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, 0, Replication{0}, told).run(stop, progress);
  return told;
}

Node settings_of(const std::string& yaml) {
  Diagnostics diagnostics;
  const Node node = validate(parse_yaml(yaml, "delay", diagnostics),
                             component("law", test::catalog().delays.descriptions()), diagnostics);
  REQUIRE(diagnostics.ok());
  return node;
}

std::unique_ptr<Delay> delay_of(const std::string& yaml) {
  const Node node = settings_of(yaml);
  Diagnostics diagnostics;
  auto made = test::catalog().delays.make(node.string("law"), node, diagnostics);
  REQUIRE(diagnostics.ok());
  return made;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("delays have the quantiles of their laws and never fall as the tail thins") {
  CHECK(delay_of("{law: fixed, time: 24}")->exceeded_with(0.3) == 24.0);
  CHECK(delay_of("{law: exponential, mean: 2}")->exceeded_with(0.5) == doctest::Approx(2.0 * std::log(2.0)));
  CHECK(delay_of("{law: lognormal, median: 3, sigma: 0.5}")->exceeded_with(0.5) == doctest::Approx(3.0));
  CHECK(delay_of("{law: lognormal, median: 3, sigma: 0.5}")->exceeded_with(0.15865525393145707) ==
        doctest::Approx(3.0 * std::exp(0.5)));
  CHECK(delay_of("{law: weibull, scale: 5, shape: 3}")->exceeded_with(std::exp(-1.0)) == doctest::Approx(5.0));
  CHECK(delay_of("{law: weibull, scale: 5, shape: 2}")->exceeded_with(std::exp(-4.0)) == doctest::Approx(10.0));
  const auto table = delay_of("{law: table, times: [1, 2, 5], weights: [2, 1, 1]}");
  CHECK(table->exceeded_with(0.9) == 1.0);
  CHECK(table->exceeded_with(0.5) == 1.0);
  CHECK(table->exceeded_with(0.49) == 2.0);
  CHECK(table->exceeded_with(0.25) == 2.0);
  CHECK(table->exceeded_with(1e-300) == 5.0);
  for (const char* law : {"{law: exponential, mean: 2}", "{law: lognormal, median: 3, sigma: 0.5}",
                          "{law: weibull, scale: 5, shape: 0.4}", "{law: table, times: [0, 2], weights: [1, 3]}"}) {
    CAPTURE(law);
    const auto delay = delay_of(law);
    double last = 0.0;
    for (double q = 0.999; q > 1e-300; q *= 0.7) {
      CHECK(delay->exceeded_with(q) >= last);
      last = delay->exceeded_with(q);
      CHECK(std::isfinite(last));
    }
  }
}

TEST_CASE("wrong delays and losses are told") {
  const auto problem = [](const std::string& outcomes) {
    Diagnostics diagnostics;
    test::build(test::ut_world("[{type: random, grid: 5}]"), diagnostics, {"environment.outcomes=" + outcomes});
    REQUIRE(diagnostics.count() == 1);
    return diagnostics.errors()[0];
  };
  CHECK(problem("{delay: {law: fixed, time: -1}}").find("time = -1: out of range") != std::string::npos);
  CHECK(problem("{delay: {law: exponential, mean: 0}}").find("mean = 0: out of range") != std::string::npos);
  CHECK(problem("{delay: {law: weibul, scale: 1, shape: 1}}").find("did you mean `weibull`") != std::string::npos);
  CHECK(problem("{delay: {law: table, times: [3, 1], weights: [1, 1]}}").find("times[1] = 1") != std::string::npos);
  CHECK(problem("{delay: {law: table, times: [1], weights: [1, 1]}}").find("has 2 values") != std::string::npos);
  CHECK(problem("{lost: 1}").find("lost = 1: out of range") != std::string::npos);
}

TEST_CASE("with a fixed delay a learner knows at each decision what it would know without of those that far back") {
  // `random` chooses without what it is told, so both runs see the same decisions; their audits tell what is known.
  const std::string agents = "[{type: epsilon_greedy, grid: 5, epsilon: 1}]";
  const test::Scratch scratch;
  const std::vector<std::string> audited{"trace.arms=1", "environment.dynamics=[]"};
  test::run_to(scratch.file("plain.h5"), delayed("{}", audited, agents), 1);
  test::run_to(scratch.file("late.h5"), delayed("{delay: {law: fixed, time: 6}}", audited, agents), 1);
  const TraceReader plain(scratch.file("plain.h5")), late(scratch.file("late.h5"));
  CHECK(plain.has("epsilon_greedy", "matured") == false);
  const std::string label = "epsilon_greedy";
  CHECK(plain.read(label, "threshold", 0, 0, 40) == late.read(label, "threshold", 0, 0, 40));
  const auto matured = late.read(label, "matured", 0, 0, 40), known = late.read(label, "known_reward", 0, 0, 40),
             reward = late.read(label, "reward", 0, 0, 40), accepted = late.read(label, "accepted", 0, 0, 40);
  for (std::size_t t = 0; t < 40; ++t) {
    CAPTURE(t);
    const double x = static_cast<double>(t);
    const bool nobody = accepted[2 * t] + accepted[2 * t + 1] == 0.0;
    if (!nobody && t + 6 >= 40) CHECK((std::isnan(matured[t]) && std::isnan(known[t])));  // censored at the horizon
    else CHECK((matured[t] == (nobody ? x : x + 6.0) && known[t] == reward[t]));
  }
}

TEST_CASE("where nobody is accepted nothing is waited for and mean_field waits for the median of the last") {
  const Told none = run(delayed("{delay: {law: fixed, time: 6}}", {}, "[{type: fixed, threshold: 2}]"));
  for (std::size_t t = 0; t < 40; ++t) CHECK((none.matured[t] == static_cast<double>(t) && none.known[t] == 0.0));
  const Told mean = run(delayed("{delay: {law: exponential, mean: 2}, lost: 0.3}",
                                {"fidelity=mean_field", "environment.dynamics=[]"}, "[{type: fixed, threshold: 0.4}]"));
  const double n = 500 * (0.6 + 0.36) / 2;
  CHECK(mean.matured[3] - 3.0 == doctest::Approx(-2.0 * std::log(1.0 - std::pow(0.5, 1.0 / n))));
  CHECK(mean.known[3] == mean.reward[3]);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("outcomes that are known before the next decision change nothing but when rewards were told") {
  for (const std::string fidelity : {"individuals", "counts", "mean_field"}) {
    CAPTURE(fidelity);
    const test::Scratch scratch;
    test::run_to(scratch.file("plain.h5"), delayed("{}", {"fidelity=" + fidelity}, learners), 1);
    test::run_to(scratch.file("soon.h5"),
                 delayed("{delay: {law: fixed, time: 0.5}}", {"fidelity=" + fidelity}, learners), 2);
    const TraceReader plain(scratch.file("plain.h5")), soon(scratch.file("soon.h5"));
    for (const std::string& label : plain.agents) {
      CAPTURE(label);
      for (const char* column : {"threshold", "accepted", "reward", "residual", "composition", "expected_reward"})
        CHECK(plain.read(label, column, 1, 0, 40) == soon.read(label, column, 1, 0, 40));
    }
  }
}

TEST_CASE("a learner holds as many rewards as the trace says were told by then") {
  for (const std::string fidelity : {"individuals", "counts"}) {
    for (const std::string agent : {"ofs", "epsilon_greedy"}) {
      CAPTURE(fidelity);
      CAPTURE(agent);
      const Told told = run(delayed(
          "{delay: {law: lognormal, median: 1, sigma: 0.4}, lost: 0.9}",
          {"fidelity=" + fidelity, "environment.arrivals={type: poisson, mean: 8}", "trace.arms=1", "horizon=60"},
          "[{type: " + agent + ", grid: 5}]"));
      REQUIRE(told.held.size() == 60);
      for (std::size_t t = 0; t < 60; ++t) {  // the audit comes after what is due at its time and before the choice
        const auto by_then = [&](std::size_t e) { return e < t && told.matured[e] <= static_cast<double>(t); };
        double n = 0.0;
        for (std::size_t e = 0; e < 60; ++e) n += by_then(e) ? 1.0 : 0.0;
        CHECK(told.held[t] == n);
      }
      const auto n_never = std::ranges::count_if(told.matured, [](double time) { return std::isnan(time); });
      CHECK(n_never > 5);
      CHECK(n_never < 55);
    }
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("the last of n outcomes is known when the law of the longest of n delays says and another n shows") {
  // Null: F(delay)^n is uniform, 4,000 epochs. The check must reject the law of n + 1 at small n and of 2 n at any.
  for (const std::string fidelity : {"individuals", "counts"}) {
    for (const int size : {4, 400}) {
      CAPTURE(fidelity);
      CAPTURE(size);
      const Scenario scenario =
          delayed("{delay: {law: exponential, mean: 3}}",
                  {"fidelity=" + fidelity, "horizon=4000", "environment.arrivals.size=" + std::to_string(size)});
      const Told told = run(scenario);
      std::vector<double> right, wrong;
      for (std::size_t t = 0; t + 200 < told.matured.size(); ++t) {  // none of these is censored
        if (told.accepted[t] == 0.0) continue;
        const double below = 1.0 - std::exp(-(told.matured[t] - static_cast<double>(t)) / 3.0);
        right.push_back(std::pow(below, told.accepted[t]));
        wrong.push_back(std::pow(below, told.accepted[t] < 4.0 ? told.accepted[t] + 1.0 : 2.0 * told.accepted[t]));
      }
      CHECK(test::uniform_p_value(right) > alpha);
      CHECK(test::uniform_p_value(wrong) < alpha);
    }
  }
}

TEST_CASE("a reward from the outcomes that are not lost has the true one as its mean and a plain sum has not") {
  // Null: known - true reward has mean 0 over decisions of which something is known. Wrong: lost successes and failures
  // both counted as worth nothing.
  for (const std::string fidelity : {"individuals", "counts"}) {
    for (const int size : {6, 300}) {
      CAPTURE(fidelity);
      CAPTURE(size);
      const Told told = run(delayed("{lost: 0.6}", {"fidelity=" + fidelity, "horizon=20000",
                                                    "environment.arrivals.size=" + std::to_string(size)}));
      std::vector<double> right, wrong;
      std::size_t n_unknown = 0;
      for (std::size_t t = 0; t < told.known.size(); ++t) {
        if (std::isnan(told.known[t])) ++n_unknown;
        if (std::isnan(told.known[t]) || told.accepted[t] == 0.0) continue;
        CHECK(told.known[t] >= -0.4);
        CHECK(told.known[t] <= 0.6);
        right.push_back(told.known[t] - told.reward[t]);
        wrong.push_back(0.4 * told.known[t] - told.reward[t]);
      }
      CHECK((n_unknown > 0) == (size == 6));
      CHECK(test::mean_p_value(right, 0.0) > alpha);
      CHECK(test::mean_p_value(wrong, 0.0) < alpha);
    }
  }
}

TEST_SUITE_END();
