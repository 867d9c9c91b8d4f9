#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

const std::string agents = "[{type: ofs, grid: 11}]";
const std::string three =
    "route:\n"
    "  stages:\n"
    "    screen: {cost: 0.02, on_accept: interview,\n"
    "             on_reject: {to: screen, probability: 0.3, delay: {law: fixed, time: 6}}}\n"
    "    interview: {threshold: {A: 0.5, B: 0.4}, score_model: {type: noisy, sd: 0.5},\n"
    "                servers: {count: 4, time: {law: exponential, mean: 0.1}}, patience: {law: exponential, mean: 3},\n"
    "                on_accept: offer, on_abandon: {to: offer, delay: {law: fixed, time: 1}}, cost: 0.25}\n"
    "    offer: {capacity: 20, agent: {type: ofs, grid: 5}, cost: 0.125}\n";

/// All problems of world UT with this route, one a line.
std::string problems(const std::string& route, const std::vector<std::string>& overrides = {}) {
  Diagnostics diagnostics;
  test::build(test::ut_world(agents, route), diagnostics, overrides);
  std::string all;
  for (const std::string& error : diagnostics.errors()) all += error + "\n";
  return all;
}

std::string stages(const std::string& inside) { return "route: {stages: {" + inside + "}}\n"; }

void check_says(const std::string& all, const std::vector<std::string>& words, std::ptrdiff_t n = 1) {
  CAPTURE(all);
  CHECK(std::ranges::count(all, '\n') == n);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(all.find(word) != std::string::npos);
  }
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a route of three stages is what the scenario says") {
  const Scenario scenario = test::build_valid(test::ut_world(agents, three));
  const Route& route = scenario.route;
  REQUIRE(route.stages.size() == 3);
  CHECK(route.entry == 0);
  const Stage &screen = route.stages[0], &interview = route.stages[1], &offer = route.stages[2];
  CHECK(screen.decided_by_compared());
  CHECK(screen.on_accept.to == 1);
  CHECK(screen.on_accept.delay == nullptr);
  CHECK(screen.on_reject.to == 0);
  CHECK(screen.on_reject.probability == 0.3);
  CHECK(screen.on_reject.delay->exceeded_with(0.5) == 6.0);
  CHECK(interview.threshold == std::vector<double>{0.5, 0.4});
  CHECK(interview.noise == 0.5);
  CHECK(interview.n_servers == 4);
  CHECK(interview.service->exceeded_with(0.5) == doctest::Approx(0.1 * std::log(2.0)));
  CHECK(interview.patience->exceeded_with(0.5) == doctest::Approx(3.0 * std::log(2.0)));
  CHECK(interview.on_abandon.to == 2);
  CHECK(offer.capacity == 20);
  CHECK(offer.queue);
  CHECK(offer.agent->make(stage_problem(scenario, offer))->arms().size() == 5);
  CHECK(offer.on_accept.to == Passage::end);
  // Utility 0.6 / -0.4: what is still to be paid is taken off the low end, the stage's own cost off the high end.
  CHECK(offer.reward_range.low == doctest::Approx(-0.4 - 0.125));
  CHECK(offer.reward_range.high == doctest::Approx(0.6 - 0.125));
  CHECK(screen.reward_range.low == doctest::Approx(-0.4 - 0.125 - 0.25 - 0.02));
  CHECK(screen.reward_range.high == doctest::Approx(0.6 - 0.02));
  CHECK(test::build_valid(scenario.resolved).resolved == scenario.resolved);
}

TEST_CASE("an intervention on a stage needs a stage that has what it sets") {
  const auto refused = [](const std::string& set, const std::string& to, const std::vector<std::string>& words) {
    const std::string all = problems(three, {"interventions=[{at: 3, set: route.stages." + set + ", to: " + to + "}]"});
    CAPTURE(set);
    check_says(all, words);
  };
  CHECK(problems(three, {"interventions=[{type: ramp, from: 3, until: 7, set: route.stages.offer.capacity, to: 5}]"})
            .empty());
  refused("interveiw.threshold", "0.5", {"interventions[0].set", "did you mean `route.stages.interview.threshold`"});
  refused("offer.capcity", "5", {"did you mean `route.stages.offer.capacity`", "route.stages.screen.cost"});
  refused("screen.threshold", "0.5", {"an agent chooses it", "agents.LABEL.KEY"});
  refused("offer.threshold", "0.5", {"an agent chooses it", "route.stages.offer.agent.KEY"});
  refused("screen.capacity", "5", {"has no capacity"});
  refused("offer.capacity", "5.5", {"interventions[0].to", "is no whole number", "1"});
  refused("offer.capacity", "0", {"out of range for `route.stages.offer.capacity`"});
  refused("offer.capacity", "4294967296", {"out of range"});
  refused("offer.cost", "-0.5", {"out of range for `route.stages.offer.cost`"});
  refused("interview.threshold", "{A: 0.5, C: 0.1}", {"no such group"});
}

TEST_CASE("stages decide in an order that passages lead through from the entry") {
  const Scenario scenario = test::build_valid(test::ut_world(
      agents,
      "route: {entry: b, stages: {a: {}, c: {on_accept: a, on_reject: {to: b, delay: {law: fixed, time: 1}}}, "
      "b: {on_accept: c}}}\n"));
  std::string names;
  for (const Stage& stage : scenario.route.stages) names += stage.name;
  CHECK(names == "bca");
  CHECK(scenario.route.entry == 0);
  CHECK(scenario.route.stages[1].on_accept.to == 2);
  CHECK(scenario.route.stages[1].on_reject.to == 0);
}

TEST_CASE("a passage that nobody takes is none") {
  const Scenario scenario =
      test::build_valid(test::ut_world(agents, stages("a: {on_reject: {to: a, probability: 0}}")));
  CHECK(scenario.route.stages[0].on_reject.to == Passage::end);
}

TEST_CASE("a route that leads astray is refused with its place") {
  check_says(problems(stages("screen: {on_accept: intervew}, interview: {}")),
             {"test.yaml:13:38: route.stages.screen.on_accept = intervew: no such stage (did you mean `interview`?)",
              "expected one of `screen`, `interview`; or `accepted`"});
  check_says(problems("route: {entry: b, stages: {a: {}}}\n"), {"route.entry = b: no such stage"});
  check_says(problems(stages("a: {}, b: {}")), {"route.stages.b: no way from `a` leads here"});
  check_says(problems(stages("a: {on_accept: b}, b: {on_accept: {to: a, delay: {law: fixed, time: 1}}}")),
             {"route.stages.a: a dead end", "route.stages.b: a dead end"}, 2);
  check_says(problems(stages("a: {on_accept: b}, b: {on_reject: a}")),
             {"route.stages.b.on_reject = a: closes a cycle that may take no time: `a`, `b`", "a `delay` above 0"});
  check_says(problems(stages("a: {on_reject: {to: a, delay: {law: table, times: [0, 1], weights: [1, 1]}}}")),
             {"route.stages.a.on_reject: closes a cycle that may take no time: `a`"});
  check_says(problems("route: {stages: {}}\n"), {"route.stages: has 0 stages"});
  check_says(problems(stages("accepted: {}")), {"is the word for an end"});
  check_says(problems(stages("a/b: {}")), {"a name without `/`"});
}

TEST_CASE("settings of a stage that mean nothing are refused") {
  for (const std::string impossible :
       {"capacity: 0", "capacity: -3", "capacity: 1.5", "cost: -0.1",
        "servers: {count: 0, time: {law: fixed, time: 1}}", "servers: {count: 2000000, time: {law: fixed, time: 1}}",
        "on_reject: {to: a, probability: 1.5, delay: {law: fixed, time: 1}}",
        "on_reject: {to: a, delay: {law: fixed, time: -1}}", "score_model: {type: noisy, sd: 0}",
        "patience: {law: exponential, mean: 0}"}) {
    CAPTURE(impossible);
    const std::string all = problems(stages("a: {" + impossible + "}"));
    const bool said = all.find("out of range") != std::string::npos || all.find("not a whole") != std::string::npos;
    CHECK(said);
  }
  check_says(problems(stages("a: {queue: false}")), {"route.stages.a.queue = false: there is no `capacity`"});
  check_says(problems(stages("a: {on_abandon: left}")), {"a.on_abandon = left: nobody leaves a stage without"});
  check_says(problems(stages("a: {threshold: 0.5, agent: {type: fixed, threshold: 1}, on_accept: b}, b: {}")),
             {"route.stages.a.agent: the stage has a `threshold` too"});
  check_says(problems(stages("a: {threshold: {A: 0.5, C: 0.5}, on_accept: b}, b: {}")),
             {"threshold.C = 0.5: no such group", "has no threshold for group `B`"}, 2);
  check_says(problems(stages("a: {threshold: 0.5}")), {"the scenario's `agents` decide nothing"});
  check_says(problems(stages("a: {agent: {type: ofs, grid: 5, range: [1, 0]}, on_accept: b}, b: {}")),
             {"route.stages.a.agent.range"});
  check_says(problems(stages("a: {agent: {type: osf}}")), {"did you mean `ofs`"});
}

TEST_CASE("a route needs applicants that are drawn once") {
  check_says(problems(three, {"fidelity=counts"}), {"fidelity = counts", "fidelity: individuals"});
  check_says(problems(three, {"fidelity=mean_field"}), {"fidelity = mean_field"});
  check_says(problems(three, {"feedback=semi"}), {"feedback = semi", "feedback: bandit"});
}

TEST_CASE("noise needs scores that have a logit") {
  const std::string bins = "scores: [0, 2], mass: [1, 1], success: [0.2, 0.8]}";
  const std::string yaml =
      "scenario: s\nseed: 1\nhorizon: 3\nenvironment:\n  population: {type: score_table, groups: [{name: A, share: "
      "0.5, " +
      bins + ", {name: B, share: 0.5, " + bins + "]}\n  arrivals: {type: batch, size: 5}\n" +
      stages("a: {score_model: {type: noisy, sd: 1}}") + "agents: [{type: fixed, threshold: 1}]\n";
  Diagnostics diagnostics;
  test::build(yaml, diagnostics);
  REQUIRE(diagnostics.count() == 1);
  check_says(diagnostics.errors()[0] + "\n", {"score_model.type = noisy: has no meaning for scores beyond [0, 1]"});
}

TEST_CASE("stages see other scores of the same rows") {
  const auto yaml = [](const std::string& own, const std::string& stage) {
    return "scenario: s\nseed: 1\nhorizon: 3\nenvironment:\n"
           "  population: {type: tabular, file: applicants.csv, group: {column: region, in: {north: [north], "
           "south: [south]}}, label: {column: repaid, success: yes}}\n"
           "  score_model: " +
           own + "\n  arrivals: {type: batch, size: 5}\n" +
           stages("a: {threshold: 5, score_model: " + stage + ", on_accept: b}, b: {}") +
           "agents: [{type: fixed, threshold: 5}]\n";
  };
  const std::string column = "{type: column, column: score}", income = "{type: column, column: income}",
                    fit = "{type: logistic_regression, train_fraction: 0.5, split_seed: 3}";
  const Scenario scenario = test::build_valid(yaml(column, income));
  const Scenario by_income = test::build_valid(yaml(income, column));
  const std::vector<ApplicantType> types = scenario.law->types(), others = by_income.law->types();
  const std::vector<double>&score = scenario.route.stages[0].type_score, &other = by_income.route.stages[0].type_score;
  REQUIRE(score.size() == types.size());
  // The same people whichever of their two scores is the law's.
  std::vector<std::array<double, 4>> one, two;
  for (std::size_t k = 0; k < types.size(); ++k) {
    one.push_back({static_cast<double>(types[k].group), types[k].score, score[k], types[k].success});
    two.push_back({static_cast<double>(others[k].group), other[k], others[k].score, others[k].success});
  }
  std::ranges::sort(one);
  std::ranges::sort(two);
  CHECK(one == two);
  CHECK(scenario.route.stages[0].score_range.high == *std::ranges::max_element(score));

  test::build_valid(yaml(fit, column));  // what was trained on is not in the population
  test::build_valid(yaml(fit, fit));
  const auto problem_of = [&](const std::string& text) {
    Diagnostics diagnostics;
    test::build(text, diagnostics);
    std::string all;
    for (const std::string& error : diagnostics.errors()) all += error + "\n";
    return all;
  };
  check_says(problem_of(yaml(column, fit)), {"route.stages.a.score_model.type = logistic_regression: learns from",
                                             "of the rows that it would have to score"});
  check_says(problem_of(yaml(column, "{type: column, column: incom}")), {"did you mean `income`"});
  std::string compared = yaml(column, income);
  compared.replace(compared.find("threshold: 5, "), 14, "");
  check_says(problem_of(compared), {"gives other scores than the scenario's agents set thresholds for"});
  check_says(problems(stages("a: {threshold: 1, score_model: {type: column, column: x}, on_accept: b}, b: {}")),
             {"scores rows of a table, and this population has none"});
}

TEST_SUITE_END();
