#include "tests/conformance/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace loopgate::test {

namespace {

std::string two_groups(const std::string& a, const std::string& b, const std::string& success = "{law: score}") {
  return "{type: parametric, groups: [{name: a, share: 0.7, score: " + a + "}, {name: b, share: 0.3, score: " + b +
         "}], success: " + success + "}";
}

World formula() {
  World world;
  world.population = two_groups("{law: logit_normal, mean: 0.4, sd: 1}", "{law: logit_normal, mean: -0.3, sd: 1.5}");
  return world;
}

World beta() {
  World world = formula();
  world.population = two_groups("{law: beta, mean: 0.55, precision: 4}", "{law: beta, mean: 0.4, precision: 6}");
  return world;
}

World table() {
  World world;
  world.population =
      "{type: tabular, file: applicants.csv, group: {column: region, in: {north: [north], south: [south]}}, "
      "label: {column: repaid, success: yes}}";
  world.score_model = "{type: column, column: score}";
  world.agents = "[{type: fixed, threshold: 5}]";
  return world;
}

World bins() {
  World world;
  world.population =
      "{type: score_table, groups: [{name: a, share: 0.7, scores: [0.1, 0.4, 0.8], mass: [1, 3, 2], success: [0.2, "
      "0.5, "
      "0.9]}, {name: b, share: 0.3, scores: [0.2, 0.6], mass: [5, 1], success: [0.1, 0.7]}]}";
  return world;
}

World delayed(const std::string& agents) {
  World world = formula();
  world.constraints = "{demographic_parity: {tolerance: 0.05}, service_rate: {floor: 0.3}}";
  world.agents = agents;
  return world;
}

/// The table with an agent that draws its thresholds.
World drawn() {
  World world = table();
  world.agents = "[{type: random, grid: [0, 0.4, 0.6]}]";
  return world;
}

/// The table with an agent that accepts some below its threshold.
World exploring() {
  World world = table();
  world.agents = "[{type: active_accept, base: {type: fixed, threshold: 0.6}, budget: 0.3, grid: 11}]";
  return world;
}

std::string retrained(const std::string& more) {
  return "{type: retrained, base: {type: logistic_regression}, every: 4" + (more.empty() ? "" : ", " + more) + "}";
}

World with_feedback(const std::string& regime) {
  World world = formula();
  world.constraints = "{demographic_parity: {tolerance: 0.05}, service_rate: {floor: 0.3}}";
  world.feedback = regime;
  return world;
}

World constrained() {
  World world = formula();
  world.constraints = "{demographic_parity: {tolerance: 0.05}, service_rate: {floor: 0.3}}";
  return world;
}

std::vector<Sample> all_samples() {
  const std::string kernel = "{law: uniform, low: 0.1, high: 0.9}";
  return {
      {"populations", "parametric", two_groups(kernel, "{law: triangular, low: 0, mode: 0.3, high: 1}"), {}},
      {"populations", "parametric", beta().population, {}},
      {"populations", "parametric", two_groups("{law: logit_normal, mean: 0.5, sd: 1}", kernel), {}},
      {"populations",
       "parametric",
       two_groups("{law: normal, mean: 1, sd: 2}", "{law: normal, mean: -1, sd: 1}",
                  "{law: logistic, slope: -2, midpoint: 0.5}"),
       {}},
      {"populations", "tabular", table().population, table()},
      {"populations", "score_table", bins().population, {}},
      {"score_models", "identity", "{type: identity}", formula()},
      {"score_models", "column", "{type: column, column: score}", table()},
      {"score_models", "column", "{type: column, column: score, reverse: true}", table()},
      {"score_models", "logistic_regression", "{type: logistic_regression, l2: 0.5, split_seed: 3}", table()},
      {"score_models", "retrained", retrained(""), table()},
      {"score_models", "retrained",
       retrained("window: 6, warm_start: false, contamination: {share: 0.5, labels: hard}"), table()},
      {"score_models", "retrained", retrained("loss: ipw, clip: 0.1, learner: {type: ridge, discount: 0.5}"), drawn()},
      {"score_models",
       "retrained",
       retrained("loss: implicit, learner: {type: replay, buffer: 20, steps: 9, uer: {}, distillation: 0.5}, "
                 "contamination: {share: 0.3}"),
       drawn(),
       {"individuals", "counts"}},
      {"score_models", "retrained", retrained("loss: self_normalised_ipw"), exploring()},
      {"arrivals", "batch", "{type: batch, size: 30}", formula()},
      {"arrivals", "poisson", "{type: poisson, mean: 3}", formula()},
      {"arrivals", "poisson_process",
       "{type: poisson_process, rate: 5, seasonal: {amplitude: 0.7, period: 6, phase: 1}}", formula()},
      {"arrivals", "poisson_process", "{type: poisson_process, pieces: [{from: 0, rate: 4}, {from: 9.5, rate: 0}]}",
       formula()},
      {"arrivals", "times", "{type: times, file: arrivals.csv, group: who}", formula()},
      {"delays", "fixed", "{law: fixed, time: 2}", delayed("[{type: ofs, grid: 3}]")},
      {"delays", "exponential", "{law: exponential, mean: 0.5}", delayed("[{type: thompson, grid: 3}]")},
      {"delays", "lognormal", "{law: lognormal, median: 1, sigma: 0.7}", delayed("[{type: primal_dual, grid: 3}]")},
      {"delays", "weibull", "{law: weibull, scale: 1.5, shape: 3}",
       delayed("[{type: thompson, grid: 3, posterior: beta}]")},
      {"delays", "table", "{law: table, times: [0, 1, 4], weights: [3, 2, 1]}",
       delayed("[{type: penalty_ucb, grid: 3}]")},
      {"dynamics", "acceptance_share", "{type: acceptance_share, rate: 0.2, gain: 3}", formula()},
      {"dynamics", "acceptance_share", "{type: acceptance_share, rate: 1, gain: -40}", formula()},
      {"dynamics", "acceptance_ratio", "{type: acceptance_ratio, rate: 0.3}", formula()},
      {"dynamics", "acceptance_ratio", "{type: acceptance_ratio, rate: 1}", formula()},
      {"dynamics", "score_mean", "{type: score_mean, rate: 0.3, gain: 0.4}", formula()},
      {"dynamics", "score_mean", "{type: score_mean, rate: 1, gain: -0.35}", beta()},
      {"dynamics", "applicant_pool", "{type: applicant_pool, rate: 0.2, group: b}", formula()},
      {"dynamics", "applicant_pool", "{type: applicant_pool, rate: 1, group: a, quota: 0.6}", formula()},
      {"dynamics", "retention", "{type: retention, retained: 0.95, slope: 0.2, inflow: 0.05}", formula()},
      {"dynamics", "retention",
       "{type: retention, retained: {a: 0.8, b: 1}, slope: {a: 0.3, b: 1.1}, inflow: {a: 0.1, b: 0.02}, "
       "loss: {a: false_negative, b: error}}",
       formula()},
      {"dynamics", "qualification",
       "{type: qualification, qualified_accepted: 0.9, qualified_rejected: 0.6, unqualified_accepted: {a: 0.4, b: "
       "0.5}, "
       "unqualified_rejected: 0.2}",
       bins()},
      {"dynamics", "replicator",
       "{type: replicator, qualified_accepted: 1.2, qualified_rejected: {north: 0.9, south: 1}, unqualified_accepted: "
       "1.1, "
       "unqualified_rejected: 1}",
       table()},
      {"dynamics", "performative_shift", "{type: performative_shift, sensitivity: -0.4, rate: 0.5}", formula()},
      {"dynamics", "performative_shift", "{type: performative_shift, sensitivity: 0.5, deployed: retrained_mean}",
       formula()},
      {"dynamics", "performative_shift", "{type: performative_shift, sensitivity: 0.2, moves: score_shift, rate: 0.5}",
       bins()},
      {"dynamics", "credit_ladder", "{type: credit_ladder, mass: 0.02}", bins()},
      {"dynamics", "credit_ladder",
       "{type: credit_ladder, unit: score, up: 0.15, down: 0.2, rate: 0.3, moves: expected}", bins()},
      {"dynamics", "best_response", "{type: best_response, cost: {a: 6, b: 3}, gain: 0.5}", formula()},
      {"dynamics", "best_response", "{type: best_response, cost: 4}", bins()},
      {"dynamics", "attention_allocation", "{type: attention_allocation, rate: 0.1}", formula()},
      {"dynamics", "drift", "{type: drift, what: score_mean, step: {a: 0.02, b: -0.01}}", formula()},
      {"dynamics", "drift", "{type: drift, what: score_shift, step: 0.01, within: [-0.1, 0.1]}", bins()},
      {"dynamics", "drift", "{type: drift, what: success_shift, step: {north: 0.02, south: -0.01}}", table()},
      {"dynamics", "drift", "{type: drift, what: population, step: {a: 0.02, b: -0.01}}", formula()},
      {"constraints", "demographic_parity", "{tolerance: 0.1}", formula()},
      {"constraints", "demographic_parity", "{tolerance: 0, pairs: pooled}", formula()},
      {"constraints", "service_rate", "{floor: 0.2, ceiling: 0.6}", formula()},
      {"constraints", "equal_opportunity", "{tolerance: 0.1}", with_feedback("full")},
      {"constraints", "equal_opportunity", "{tolerance: 0.1, pairs: pooled, told: false}", formula()},
      {"constraints", "false_positive_parity", "{tolerance: 0.2}", with_feedback("full")},
      {"constraints", "equalised_odds", "{tolerance: 0, pairs: pooled}", with_feedback("full")},
      {"constraints", "equalised_odds", "{tolerance: 0.1, told: false}", formula()},
      {"constraints", "qualification_gap", "{tolerance: 0.1}", with_feedback("full")},
      {"constraints", "capacity", "{ceiling: 0.4}", formula()},
      {"constraints", "capacity", "{ceiling: {a: 0.3, b: 0.6}}", formula()},
      {"agents", "ofs", "{type: ofs, grid: 7}", constrained()},
      {"agents", "ofs",
       "{type: ofs, grid: [0.2, 0.5, 1.5], radius: {type: empirical_bernstein}, feasible: pessimistic, fallback: sum, "
       "statistics: {type: window, length: 5}}",
       constrained()},
      {"agents", "ofs", "{type: ofs, grid: 4, scope: per_group, statistics: {type: discount, factor: 0.95}}",
       constrained()},
      {"agents", "ucb1", "{type: ucb1, grid: 3, scope: per_group}", constrained()},
      {"agents",
       "ofs",
       "{type: ofs, grid: 7, side_info: true, radius: {type: hoeffding_anytime}, statistics: {type: window, length: "
       "9}}",
       with_feedback("semi"),
       {"individuals"}},
      {"agents",
       "ucb1",
       "{type: ucb1, grid: 7, side_info: true, statistics: {type: discount, factor: 0.9}}",
       with_feedback("semi"),
       {"individuals"}},
      {"agents",
       "primal_dual",
       "{type: primal_dual, grid: 3, side_info: true, scope: per_group}",
       with_feedback("full"),
       {"individuals"}},
      {"agents",
       "penalty_ucb",
       "{type: penalty_ucb, grid: 7, side_info: true}",
       with_feedback("semi"),
       {"individuals"}},
      {"agents", "primal_dual", "{type: primal_dual, grid: 3, scope: per_group}", constrained()},
      {"agents", "penalty_ucb", "{type: penalty_ucb, grid: [0.3, 0.6], scope: per_group}", constrained()},
      {"agents", "epsilon_greedy", "{type: epsilon_greedy, grid: 3, scope: per_group}", constrained()},
      {"agents", "thompson", "{type: thompson, grid: 3, scope: per_group}", constrained()},
      {"agents", "thompson", "{type: thompson, grid: 3, posterior: beta, scope: per_group}", constrained()},
      {"agents", "random", "{type: random, grid: 4, scope: per_group}", constrained()},
      {"agents", "ucb1", "{type: ucb1, grid: 7, statistics: {type: discount, factor: 0.9}}", constrained()},
      {"agents", "primal_dual", "{type: primal_dual, grid: 7}", constrained()},
      {"agents", "penalty_ucb", "{type: penalty_ucb, grid: 7}", constrained()},
      {"agents", "epsilon_greedy", "{type: epsilon_greedy, grid: 7, epsilon: 0.3}", constrained()},
      {"agents", "thompson", "{type: thompson, grid: 7}", constrained()},
      {"agents", "thompson", "{type: thompson, grid: 7, posterior: beta}", constrained()},
      {"agents", "random", "{type: random, grid: 7}", constrained()},
      {"agents", "active_accept", "{type: active_accept, base: {type: fixed, threshold: 0.5}}", constrained()},
      {"agents", "active_accept",
       "{type: active_accept, base: {type: ofs, grid: 7}, rule: {type: uncertainty}, grid: [0.2, 0.4, 0.7]}",
       constrained()},
      {"agents", "active_accept",
       "{type: active_accept, base: {type: epsilon_greedy, grid: 7}, rule: {type: logistic}, budget: 0.01}",
       constrained()},
      {"agents", "fixed", "{type: fixed, threshold: {a: 0.4, b: 0.6}}", constrained()},
      {"agents", "group_oracle", "{type: group_oracle, criterion: equalised_odds, levels: 60}", with_feedback("full")},
      {"agents", "group_oracle", "{type: group_oracle, criterion: max_utility}", with_feedback("full")},
      {"agents",
       "group_learner",
       "{type: group_learner, grid: 11, criterion: equal_opportunity}",
       with_feedback("semi"),
       {"individuals"}},
      {"agents",
       "group_learner",
       "{type: group_learner, grid: 21, criterion: demographic_parity, prior_success: 0.6, prior_weight: 5}",
       with_feedback("full"),
       {"individuals"}},
  };
}

}  // namespace

std::string World::yaml() const {
  return "scenario: sample\nseed: 3\nhorizon: 12\nreplications: 2\nenvironment:\n  population: " + population +
         "\n  score_model: " + score_model + "\n  arrivals: " + arrivals + "\n  outcomes: " + outcomes +
         "\n  dynamics: " + dynamics + "\nfeedback: " + feedback + "\nconstraints: " + constraints +
         "\nagents: " + agents + "\n" + (route.empty() ? "" : "route: " + route + "\n");
}

std::string Sample::yaml_with(const std::string& other_settings) const {
  World made = world;
  if (kind == "populations") made.population = other_settings;
  else if (kind == "score_models") made.score_model = other_settings;
  else if (kind == "arrivals") made.arrivals = other_settings;
  else if (kind == "delays") made.outcomes = "{delay: " + other_settings + ", lost: 0.2}";
  else if (kind == "dynamics") made.dynamics = "[" + other_settings + "]";
  else if (kind == "constraints") made.constraints = "{" + name + ": " + other_settings + "}";
  else if (kind == "agents") made.agents = "[" + other_settings + "]";
  else FAIL("no place in a scenario is known for the kind " << kind);
  return made.yaml();
}

Scenario Sample::build(const std::vector<std::string>& overrides) const {
  Diagnostics diagnostics;
  Scenario scenario = test::build(yaml(), diagnostics, overrides);
  for (const std::string& error : diagnostics.errors()) FAIL_CHECK(error);
  REQUIRE(diagnostics.ok());
  return scenario;
}

Sample Sample::through_route() const {
  const std::string delay = kind == "delays" ? settings : "{law: exponential, mean: 0.5}";
  Sample routed = *this;
  routed.fidelities = {"individuals"};
  routed.world.route = "{stages: {first: {threshold: 0.3, cost: 0.01, servers: {count: 20, time: " + delay +
                       "}, patience: " + delay + ", on_accept: {to: second, delay: " + delay +
                       "}, on_reject: {to: first, probability: 0.3, delay: {law: fixed, time: 2}}}, second: {capacity: "
                       "9, patience: {law: fixed, time: 3}}}}";
  return routed;
}

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = all_samples();
  return all;
}

std::vector<Sample> samples_of(const std::string& kind) {
  std::vector<Sample> chosen;
  std::ranges::copy_if(samples(), std::back_inserter(chosen), [&kind](const Sample& s) { return s.kind == kind; });
  return chosen;
}

}  // namespace loopgate::test
