#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/model/moved_law.hpp"
#include "core/run/interventions.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

const std::string fixed = "[{type: fixed, threshold: 0.4}]";
const std::string rule = "  dynamics: [{type: acceptance_share, rate: 0.1, gain: 1}]\n";

Scenario intervened(const std::string& interventions, const std::vector<std::string>& more = {},
                    const std::string& agents = fixed, const std::string& dynamics = "") {
  std::vector<std::string> overrides{"fidelity=mean_field", "interventions=" + interventions};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return test::build_valid(test::ut_world(agents, dynamics), overrides);
}

std::vector<std::string> problems(const std::string& interventions, const std::vector<std::string>& more = {},
                                  const std::string& dynamics = "") {
  Diagnostics diagnostics;
  std::vector<std::string> overrides{"interventions=" + interventions};
  overrides.insert(overrides.end(), more.begin(), more.end());
  test::build(test::ut_world("[{type: fixed, threshold: 0.4}, {type: ofs, grid: 11}]", dynamics), diagnostics,
              overrides);
  return diagnostics.errors();
}

/// The one problem, which must hold every one of the words.
void refused(const std::string& interventions, const std::vector<std::string>& words,
             const std::vector<std::string>& more = {}, const std::string& dynamics = "") {
  const std::vector<std::string> found = problems(interventions, more, dynamics);
  CAPTURE(interventions);
  REQUIRE(found.size() == 1);
  CAPTURE(found[0]);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(found[0].find(word) != std::string::npos);
  }
}

/// A state of another scenario of the same world, as its run holds it before epoch t.
std::vector<std::string> shares_as_overrides(const test::Recorder& run, std::size_t t) {
  std::vector<std::string> out;
  for (std::size_t g = 0; g < 2; ++g) {
    char value[32];
    std::snprintf(value, sizeof value, "%.17g", run.composition[t][g]);
    out.push_back("environment.population.groups." + std::to_string(g) + ".share=" + value);
  }
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a step is the old world before it and the new world from its state on") {
  // acceptance_ratio knows no start shares, so that a run can be started anew from a state.
  const std::string ratio = "  dynamics: [{type: acceptance_ratio, rate: 0.2}]\n";
  struct Case {
    std::string set, to, as_override;
  };
  for (const Case& one : {Case{"constraints.demographic_parity.tolerance", "0.3", ""},
                          Case{"environment.utility.success", "2", ""}, Case{"environment.utility.failure", "-3", ""},
                          Case{"environment.dynamics.acceptance_ratio.rate", "0.7", "environment.dynamics.0.rate"},
                          Case{"agents.fixed.threshold", "0.7", ""}}) {
    CAPTURE(one.set);
    const test::Recorder run =
        test::simulate(intervened("[{at: 15, set: " + one.set + ", to: " + one.to + "}]", {}, fixed, ratio));
    const test::Recorder old = test::simulate(intervened("[]", {}, fixed, ratio));
    std::vector<std::string> now = shares_as_overrides(run, 15);
    now.push_back((one.as_override.empty() ? one.set : one.as_override) + "=" + one.to);
    const test::Recorder after = test::simulate(intervened("[]", now, fixed, ratio));
    for (std::size_t t = 0; t < 40; ++t) {
      const test::Recorder& same = t < 15 ? old : after;
      const std::size_t at = t < 15 ? t : t - 15;
      CHECK(run.reward[t] == doctest::Approx(same.reward[at]).epsilon(1e-12));
      CHECK(run.expected_reward[t] == doctest::Approx(same.expected_reward[at]).epsilon(1e-12));
      for (std::size_t i = 0; i < 2; ++i) {
        CHECK(run.residual[t][i] == doctest::Approx(same.residual[at][i]).epsilon(1e-12));
        CHECK(run.expected_residual[t][i] == doctest::Approx(same.expected_residual[at][i]).epsilon(1e-12));
        CHECK(run.composition[t][i] == doctest::Approx(same.composition[at][i]).epsilon(1e-12));
        CHECK(run.accepted[t][i] == doctest::Approx(same.accepted[at][i]).epsilon(1e-12));
      }
    }
    CHECK(run.reward[15] == doctest::Approx(after.reward[0]).epsilon(1e-12));  // it comes before the decision
  }
}

TEST_CASE("a ramp moves in a straight line and stays and a pulse goes back") {
  const Scenario scenario = intervened(
      "[{type: ramp, from: 10, until: 20, set: constraints.demographic_parity.tolerance, to: 0.6},"
      " {type: ramp, from: 20, until: 22, set: constraints.demographic_parity.tolerance, to: 0.2},"
      " {at: 22, set: constraints.demographic_parity.tolerance, to: 0.9},"
      " {type: pulse, from: 30, until: 33, set: constraints.demographic_parity.tolerance, to: 0},"
      " {type: pulse, from: 33, until: 34.5, set: constraints.demographic_parity.tolerance, to: 0.5}]");
  const test::Recorder run = test::simulate(scenario);
  const double gap = run.residual[0][0] + 0.1;  // the world does not move, so this is the gap throughout
  const auto tolerance = [](std::size_t t) {
    const double x = static_cast<double>(t);
    if (t < 10) return 0.1;
    if (t < 20) return 0.1 + 0.5 * (x - 10) / 10;
    if (t < 22) return 0.6 - 0.4 * (x - 20) / 2;
    if (t >= 30 && t < 33) return 0.0;
    return t >= 33 && t < 35 ? 0.5 : 0.9;
  };
  for (std::size_t t = 0; t < 40; ++t) {
    CAPTURE(t);
    CHECK(gap - run.residual[t][0] == doctest::Approx(tolerance(t)).epsilon(1e-12));
  }
}

TEST_CASE("an intervention at a time that is no decision's counts from the next decision on") {
  const auto at = [](const std::string& time) {
    return test::simulate(intervened("[{at: " + time + ", set: environment.utility.success, to: 2}]")).reward;
  };
  CHECK(at("14.25") == at("15"));
  CHECK(at("14.25") != at("14"));
  const test::Recorder ramp =
      test::simulate(intervened("[{type: ramp, from: 9.5, until: 13.5, set: environment.utility.success, to: 1}]"));
  const double worth = ramp.succeeded[0][0] + ramp.succeeded[0][1];  // of 500
  for (std::size_t t : {9U, 10U, 11U, 13U, 14U}) {
    const double success = t < 10 ? 0.6 : t > 13 ? 1.0 : 0.6 + 0.4 * (static_cast<double>(t) - 9.5) / 4;
    CHECK(ramp.reward[t] - ramp.reward[0] == doctest::Approx((success - 0.6) * worth / 500).epsilon(1e-9));
  }
}

TEST_CASE("a share that is set leaves the others their proportions and dynamics go on from there") {
  CHECK(shares_with(std::vector<double>{0.5, 0.3, 0.2}, std::vector{std::pair{GroupId{0}, 0.2}})[1] ==
        doctest::Approx(0.48));
  CHECK(shares_with(std::vector<double>{1.0, 0.0, 0.0}, std::vector{std::pair{GroupId{0}, 0.2}})[2] ==
        doctest::Approx(0.4));
  const test::Recorder run = test::simulate(
      intervened("[{at: 20, set: environment.population.shares, to: {B: 0.9}}]", {"horizon=300"}, fixed, rule));
  CHECK(run.composition[19][1] < 0.5);
  // The intervention comes first at time 20, then the rule, after the decisions of epoch 19: shares move by 0.1 of the
  // way to base share x exp(acceptance rate), with acceptance 0.6 and 0.36.
  const double target = std::exp(0.36) / (std::exp(0.6) + std::exp(0.36));
  CHECK(run.composition[20][1] == doctest::Approx(0.9 * 0.9 + 0.1 * target).epsilon(1e-12));
  CHECK(run.composition[299][1] == doctest::Approx(run.composition[19][1]).epsilon(0.05));  // pulled back
  const test::Recorder still = test::simulate(
      intervened("[{type: ramp, from: 10, until: 20, set: environment.population.shares, to: {B: 0.9}},"
                 " {type: pulse, from: 25, until: 30, set: environment.population.shares, to: {A: 0.7}}]"));
  CHECK(still.composition[15][1] == doctest::Approx(0.7).epsilon(1e-12));
  for (std::size_t t : {20U, 24U, 30U, 39U}) CHECK(still.composition[t][1] == doctest::Approx(0.9).epsilon(1e-12));
  CHECK(still.composition[27][0] == doctest::Approx(0.7).epsilon(1e-12));
}

TEST_CASE("shifts move scores and outcomes as their definition says") {
  // World UT at threshold 0.4: acceptance 1 - t and (1 - t)^2, base rates 1/2 and 1/3, reward U(t).
  const test::Recorder run =
      test::simulate(intervened("[{at: 10, set: environment.population.score_shift, to: {A: 0.1}},"
                                " {at: 20, set: environment.population.score_shift, to: 0},"
                                " {at: 20, set: environment.population.success_shift, to: {A: -0.5, B: 0.25}}]"));
  CHECK(run.accepted[10][0] == doctest::Approx(250 * 0.7));
  CHECK(run.accepted[10][1] == doctest::Approx(250 * 0.36));
  CHECK(run.succeeded[10][0] == doctest::Approx(250 * (1 - 0.09) / 2));  // outcomes follow the score without shift
  CHECK(run.qualified[10][0] == doctest::Approx(125));
  CHECK(run.qualified[20][0] == doctest::Approx(62.5));
  CHECK(run.qualified[20][1] == doctest::Approx(250 * (1.0 / 3 + 0.25 * 2 / 3)));
  CHECK(run.succeeded[20][0] == doctest::Approx(0.5 * run.succeeded[0][0]));
  CHECK(run.succeeded[20][1] ==
        doctest::Approx(run.succeeded[0][1] + 0.25 * (run.accepted[0][1] - run.succeeded[0][1])));
  CHECK(run.accepted[20] == run.accepted[0]);
}

TEST_CASE("what can be changed and cannot is told") {
  refused("[{at: 5, set: environment.utility.sucess, to: 1}]",
          {"interventions[0].set = environment.utility.sucess", "did you mean `environment.utility.success`",
           "environment.population.shares", "constraints.demographic_parity.tolerance", "agents.fixed.threshold"});
  refused("[{at: 5, set: constraints.demographic_parity.tolerance, to: 1.5}]",
          {"interventions[0].to = 1.5", "out of range", "a number in [0, 1]"});
  refused("[{at: 5, set: constraints.demographic_parity.tolerance, to: {A: 0.5}}]", {"no value for each group"});
  refused("[{at: 5, set: environment.population.shares, to: 0.5}]", {"mapping from groups to shares"});
  refused("[{at: 5, set: environment.population.shares, to: {A: 0.5, B: 0.6}}]", {"the shares sum to 1.1"});
  refused("[{at: 5, set: environment.population.shares, to: {A: 1}}]", {"out of range", "in (0, 1)"});
  refused("[{at: 5, set: environment.population.shares, to: {C: 0.5}}]", {"to.C = 0.5", "no such group"});
  refused("[{at: 5, set: environment.population.success_shift, to: {A: -1.5}}]", {"to.A = -1.5", "out of range"});
  refused("[{type: pulse, from: 5, until: 9, set: environment.population.shares, to: {A: 0.3}}]",
          {"moved by dynamics", "step"}, {}, rule);
  refused("[{type: ramp, from: 9, until: 9, set: environment.utility.success, to: 1}]", {"until = 9", "is not after"});
  refused("[{at: -1, set: environment.utility.success, to: 1}]", {"at = -1", "out of range"});
  refused("[{at: 5, set: constraints.service_rate.floor, to: 0.9}]", {"at 5 puts the floor above the ceiling"},
          {"constraints.service_rate={floor: 0.2, ceiling: 0.5}"});
  refused("[{type: ramp, from: 5, until: 9, set: constraints.service_rate.ceiling, to: 0.1}]",
          {"at 9 puts the floor above the ceiling"}, {"constraints.service_rate={floor: 0.2, ceiling: 0.5}"});
  CHECK(problems("[{at: 5, set: constraints.service_rate.floor, to: 0.9}, "
                 "{at: 5, set: constraints.service_rate.ceiling, to: 1}]",
                 {"constraints.service_rate={floor: 0.2, ceiling: 0.5}"})
            .empty());
  CHECK(problems("[{at: 5, set: environment.dynamics.acceptance_share.gain, to: 60}]", {}, rule).size() == 1);
}

TEST_CASE("interventions on one number must not overlap and may follow each other") {
  const std::string success = "set: environment.utility.success, to: 1";
  const std::string ramp = "{type: ramp, from: 10, until: 20, " + success + "}";
  for (const std::string other : {"{at: 10, ", "{at: 19.5, ", "{type: pulse, from: 5, until: 11, ",
                                  "{type: pulse, from: 15, until: 16, ", "{type: ramp, from: 5, until: 30, "})
    refused("[" + ramp + ", " + other + success + "}]", {"overlaps interventions["});
  for (const std::string other :
       {"{at: 9, ", "{at: 20, ", "{type: pulse, from: 5, until: 10, ", "{type: pulse, from: 20, until: 21, "})
    CHECK(problems("[" + ramp + ", " + other + success + "}]").empty());
  CHECK(problems("[" + ramp + ", {at: 15, set: environment.utility.failure, to: 0}]").empty());
  CHECK(problems("[{at: 5, set: environment.population.score_shift, to: {A: 1}}, "
                 "{at: 5, set: environment.population.score_shift, to: {B: 2}}]")
            .empty());
  refused(
      "[{at: 5, set: environment.population.shares, to: {A: 0.2}}, "
      "{at: 5, set: environment.population.shares, to: {B: 0.2}}]",
      {"overlaps"});
}

TEST_CASE("an intervention that no decision meets is a warning that names it") {
  const auto warnings = [](const std::string& interventions) { return intervened(interventions).warnings; };
  const std::string success = "set: environment.utility.success, to: 1}]";
  CHECK(warnings("[{at: 39, " + success).empty());
  REQUIRE(warnings("[{at: 39.5, " + success).size() == 1);
  CHECK(warnings("[{at: 500, " + success)[0].find("interventions[0].at = 500: past the horizon") != std::string::npos);
  CHECK(warnings("[{type: pulse, from: 3.2, until: 3.9, " + success).size() == 1);
  CHECK(warnings("[{type: ramp, from: 3, until: 40, " + success).empty());
  CHECK(warnings("[{type: ramp, from: 3, until: 41, " + success)[0].find("cut short") != std::string::npos);
}

TEST_CASE("a list without a type is a step and the resolved scenario says so") {
  const Scenario scenario = intervened("[{at: 5, set: environment.utility.success, to: 1}]");
  CHECK(scenario.resolved.find("type: step") != std::string::npos);
  Diagnostics diagnostics;
  CHECK(test::build(scenario.resolved, diagnostics).resolved == scenario.resolved);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("a setting that an agent is given before its first decision is as one that it was made with") {
  struct Case {
    std::string agent, made_with, key, value;
  };
  const std::string wide = ", radius: {type: ucb1, scale: 0.4}";
  const std::string bernstein = "{type: ofs, grid: 5, radius: {type: empirical_bernstein";
  const std::string exploring = "{type: active_accept, base: {type: ofs, grid: 5";
  for (const Case& one :
       {Case{"{type: ofs, grid: 5", wide, "radius.scale", "0.4"},
        Case{"{type: ucb1, grid: 5, scope: per_group", wide, "radius.scale", "0.4"},
        Case{bernstein, ", scale: 0.01", "radius.scale", "0.01"},
        Case{"{type: primal_dual, grid: 5", wide, "radius.scale", "0.4"},
        Case{"{type: primal_dual, grid: 5", ", step: 0.7", "step", "0.7"},
        Case{"{type: penalty_ucb, grid: 5", ", penalty: 0.3", "penalty", "0.3"},
        Case{exploring + "}", ", budget: 0.5", "budget", "0.5"}, Case{exploring, wide, "base.radius.scale", "0.4"}}) {
    CAPTURE(one.agent);
    CAPTURE(one.key);
    const auto run = [&](const std::string& with, const std::string& interventions) {
      const std::string open = one.agent + with;
      const auto braces = std::ranges::count(open, '{') - std::ranges::count(open, '}');
      const std::string inner = open + std::string(static_cast<std::size_t>(braces - 1), '}');
      return test::simulate(
          test::build_valid(test::ut_world("[" + inner + ", label: it}]", rule), {"interventions=" + interventions}));
    };
    const auto set_at = [&](const std::string& when) {
      return run("", "[{at: " + when + ", set: agents.it." + one.key + ", to: " + one.value + "}]");
    };
    const test::Recorder plain = run("", "[]"), made = run(one.made_with, "[]"), given = set_at("0");
    CHECK(made.threshold == given.threshold);
    CHECK(made.accepted == given.accepted);
    CHECK((plain.threshold != made.threshold || plain.accepted != made.accepted));
    const test::Recorder later = set_at("20");
    for (std::size_t t = 0; t < 20; ++t) CHECK(later.accepted[t] == plain.accepted[t]);
    CHECK((later.threshold != plain.threshold || later.accepted != plain.accepted));
  }
}

TEST_CASE("an agent does the same until an intervention happens") {
  const std::string learners =
      "[{type: ofs, grid: 5}, {type: penalty_ucb, grid: 5}, {type: thompson, grid: 5, posterior: beta}, "
      "{type: epsilon_greedy, grid: 5}]";
  const std::string all =
      "interventions=[{at: 17, set: environment.utility.failure, to: -2},"
      " {at: 17, set: constraints.demographic_parity.tolerance, to: 0.4},"
      " {at: 17, set: environment.population.score_shift, to: {A: 0.2}},"
      " {at: 17, set: agents.epsilon_greedy.epsilon, to: 1}]";
  for (const std::string fidelity : {"individuals", "counts", "mean_field"}) {
    const test::Scratch scratch;
    const std::string yaml = test::ut_world(learners, rule);
    test::run_to(scratch.file("old.h5"), test::build_valid(yaml, {"fidelity=" + fidelity}), 1);
    test::run_to(scratch.file("new.h5"), test::build_valid(yaml, {"fidelity=" + fidelity, all}), 2);
    const TraceReader before(scratch.file("old.h5")), after(scratch.file("new.h5"));
    for (const std::string& label : before.agents) {
      CAPTURE(label);
      for (const char* column : {"threshold", "reward", "residual", "accepted", "composition", "expected_reward"}) {
        CHECK(before.read(label, column, 1, 0, 17) == after.read(label, column, 1, 0, 17));
      }
      CHECK(before.read(label, "expected_reward", 1, 17, 40) != after.read(label, "expected_reward", 1, 17, 40));
    }
  }
}

TEST_CASE("a shifted threshold decides to the bit as the shifted score does") {
  Rng rng(Seed{4}, Replication{0}, Stream{9});
  for (int i = 0; i < 20000; ++i) {
    const double scale = std::pow(10.0, 6.0 * rng.uniform() - 3.0);
    const double shift = i % 3 == 0 ? 0.1 * rng.below(20) : scale * (rng.uniform() - 0.5);
    const double threshold = i % 2 == 0 ? 0.1 * rng.below(20) : rng.uniform();
    const double least = least_score(threshold, shift);
    CHECK(least + shift >= threshold);
    CHECK(!(std::nextafter(least, -1e300) + shift >= threshold));
  }
}

TEST_SUITE_END();
