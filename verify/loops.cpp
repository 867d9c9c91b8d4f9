#include <cmath>
#include <string>

#include "analysis/mean_field.hpp"
#include "verify/cases.hpp"
#include "verify/state_path.hpp"

namespace loopgate {

namespace {

/// Groups u and v with uniform scores, of which a threshold of 0.5 accepts half.
std::string halves(const std::string& head, double share, const std::string& arrivals, const std::string& rule) {
  const auto group = [](const char* name, double part) {
    return std::string("      - {name: ") + name + ", share: " + std::to_string(part) +
           ", score: {law: uniform, low: 0, high: 1}}\n";
  };
  return head + "environment:\n  population:\n    type: parametric\n    groups:\n" + group("u", share) +
         group("v", 1.0 - share) + "  arrivals: " + arrivals + "\n  dynamics: [" + rule +
         "]\nagents: [{type: fixed, threshold: 0.5}]\n";
}

/// Where a loop of infinitely many applicants rests under a common threshold, as the scenario's states, then the factor
/// by which it comes near. NaN where it does not.
std::vector<double> rest(const Scenario& scenario, double threshold) {
  MeanFieldMap map(scenario);
  const std::vector<double> thresholds(scenario.problem.n_groups(), threshold);
  const Settling settled = settle(map, thresholds, map.start());
  if (!settled.converged) return std::vector<double>(scenario.states.size() + 1, undefined);
  std::vector<double> values = map.states(settled.at.point);
  values.push_back(settled.at.spectral_radius);
  return values;
}

void verify_applicant_pool(Verification& into) {
  const std::string rule = "{type: applicant_pool, rate: 0.05, group: u, quota: 0.4}",
                    head = "scenario: pool\nseed: 1\n";
  const std::string poisson = "{type: poisson, mean: 100}";
  const StatePath mean =
      state_path(into.build(halves(head + "horizon: 101\nfidelity: mean_field\n", 0.1, poisson, rule)));
  into.rounded("infinitely many: share at epoch 100", 0.4 - 0.3 * std::pow(0.95, 100.0), mean.state[100][0], 9);

  constexpr double n = 1000, spread = 0.0101;
  const Scenario scenario = into.build(halves(head + "horizon: 101\nfidelity: counts\n", 0.1, poisson, rule));
  std::vector<double> sum(101, 0.0);
  double squares = 0.0;
  for (std::uint32_t r = 0; r < static_cast<std::uint32_t>(n); ++r) {
    const StatePath path = state_path(scenario, r);
    for (std::size_t t = 0; t < sum.size(); ++t) sum[t] += path.state[t][0];
    squares += path.state[100][0] * path.state[100][0];
  }
  // The published means are of 200 seeds, with an error of their own.
  const double error = spread * std::sqrt(1.0 / n + 1.0 / 200.0);
  into.estimated("mean share at epoch 20", 0.2928, sum[20] / n, error, 4);
  into.estimated("mean share at epoch 50", 0.3756, sum[50] / n, error, 4);
  into.estimated("mean share at epoch 100", 0.3971, sum[100] / n, error, 4);
  const double variance = (squares - sum[100] * sum[100] / n) / (n - 1.0);
  into.estimated("spread at epoch 100", spread, std::sqrt(variance), spread / std::sqrt(2.0 * (n - 1.0)), 4);
}

void verify_retention(Verification& into) {
  // nu = 0.9 - 0.2 x 0.5: half of each group is rejected.
  const std::string rule = "{type: retention, retained: 0.9, slope: 0.2, inflow: {u: 0.1, v: 0.06}}",
                    head = "scenario: retention\nseed: 1\nhorizon: 61\n", poisson = "{type: poisson, mean: 1000}";
  const Scenario limit = into.build(halves(head + "fidelity: mean_field\n", 0.3, poisson, rule));
  const std::vector<double> rests = rest(limit, 0.5);
  into.rounded("people of u at rest: inflow / (1 - nu)", 0.5, rests[0], 9);
  into.rounded("people of v at rest", 0.3, rests[1], 9);
  into.rounded("factor per epoch: nu", 0.8, rests.back(), 6);
  into.rounded("people of u after 5 epochs", 0.5 - 0.2 * std::pow(0.8, 5.0), state_path(limit).state[5][0], 9);
  const std::string constant = "{type: retention, retained: 0.8, inflow: {u: 0.1, v: 0.06}}";
  const Scenario scenario = into.build(halves(head + "fidelity: counts\n", 0.3, poisson, constant));
  constexpr double n = 400;
  double arrived = 0.0, squares = 0.0;
  for (std::uint32_t r = 0; r < static_cast<std::uint32_t>(n); ++r) {
    const double one = state_path(scenario, r).arrived[60][0];
    arrived += one / n;
    squares += one * one / n;
  }
  into.estimated("Poisson applicants of u at rest: mean", 500.0, arrived, std::sqrt(500.0 / n), 1);
  into.estimated("the same: variance", 500.0, (squares - arrived * arrived) * n / (n - 1.0),
                 500.0 * std::sqrt(2.0 / (n - 1.0)), 0);
}

/// Two scores: 0.7 of the qualified and 0.2 of the unqualified have the upper one.
std::string two_scores(const std::string& rule) {
  const std::string bins = ", scores: [0, 1], mass: [11, 9], success: [0.2727272727272727, 0.7777777777777778]}\n";
  return "scenario: two-scores\nseed: 1\nhorizon: 10\nfidelity: mean_field\nenvironment:\n  population:\n"
         "    type: score_table\n    groups:\n      - {name: u, share: 0.5" +
         bins + "      - {name: v, share: 0.5" + bins + "  arrivals: {type: batch, size: 1000}\n  dynamics: [" + rule +
         "]\nagents: [{type: fixed, threshold: 1}]\n";
}

void verify_qualification(Verification& into) {
  const Scenario scenario = into.build(
      two_scores("{type: qualification, qualified_accepted: 0.8, qualified_rejected: 0.5, unqualified_accepted: 0.4, "
                 "unqualified_rejected: 0.1}"));
  const StatePath path = state_path(scenario);
  into.rounded("qualification rate after one epoch", 0.435, path.state[1][0], 6);
  const std::vector<double> rests = rest(scenario, 1.0);
  into.rounded("qualification rate at rest", 0.355556, rests[0], 6);
  into.rounded("factor per epoch", 0.55, rests.back(), 6);
}

void verify_replicator(Verification& into) {
  // W1 = 0.7 x 2 + 0.3 x 1 = 1.7; W0 = 0.2 x 2.5 + 0.8 x 1.5 = 1.7, and 1.3 where the rejected get 1.
  const auto path = [&](const char* unqualified_rejected) {
    return state_path(into.build(two_scores(
        std::string("{type: replicator, qualified_accepted: 2, qualified_rejected: 1, unqualified_accepted: 2.5, "
                    "unqualified_rejected: ") +
        unqualified_rejected + "}")));
  };
  into.rounded("equal fitness: rate after 9 epochs", 0.5, path("1.5").state[9][0], 9);
  const double odds = std::pow(1.7 / 1.3, 9.0);
  into.rounded("fitness 1.7 to 1.3: rate after 9 epochs", odds / (1.0 + odds), path("1").state[9][0], 9);
}

void verify_performative(Verification& into) {
  const Scenario scenario = into.build(
      "scenario: performative\nseed: 1\nhorizon: 10\nfidelity: mean_field\nenvironment:\n  population:\n"
      "    type: parametric\n    groups:\n      - {name: u, share: 0.5, score: {law: normal, mean: 10, sd: 1}}\n"
      "      - {name: v, share: 0.5, score: {law: normal, mean: -2, sd: 1}}\n"
      "    success: {law: logistic, slope: 1, midpoint: 0}\n  arrivals: {type: batch, size: 100}\n  dynamics:\n"
      "    - {type: performative_shift, sensitivity: 0.9, deployed: retrained_mean}\n"
      "agents: [{type: fixed, threshold: 10}]\n");
  into.rounded("mean after one retraining", 19.0, state_path(scenario).state[1][0], 9);
  const std::vector<double> rests = rest(scenario, 10.0);
  into.rounded("performatively stable mean from 10", 100.0, rests[0], 6);
  into.rounded("the same from -2", -20.0, rests[1], 6);
  into.rounded("factor per retraining", 0.9, rests.back(), 6);
}

void verify_strategic(Verification& into) {
  const Scenario scenario =
      into.build(halves("scenario: strategic\nseed: 1\nhorizon: 3\nfidelity: mean_field\n", 0.5,
                        "{type: batch, size: 1000}", "{type: best_response, cost: {u: 4, v: 10}}"));
  Composition composition = scenario.law->start();
  composition.set_aim(GroupId{0}, {0.5, 0.25});
  composition.set_aim(GroupId{1}, {0.5, 0.1});
  const std::vector<double> rests = rest(scenario, 0.5);
  into.rounded("reach at cost 4", 0.25, rests[2], 9);
  into.rounded("accepted at 0.5 within reach 0.25", 0.75,
               scenario.law->respond(composition, GroupId{0}, 0.5).acceptance, 9);
  into.rounded("accepted at 0.6, where nobody aims", 0.4,
               scenario.law->respond(composition, GroupId{1}, 0.6).acceptance, 9);
}

}  // namespace

VerificationCase applicant_pool_case() {
  return {"applicant_pool",
          "a quota of 0.4 draws a group from a tenth of the applicants to two fifths",
          "Puranik, Madhow & Pedarsani 2022; closed form, and means of 200 seeds",
          {},
          true,
          verify_applicant_pool};
}

VerificationCase retention_case() {
  return {"retention",
          "groups that keep a part nu of their people and are joined by new ones",
          "Hashimoto et al. 2018, arXiv 1806.08010; closed form",
          {},
          true,
          verify_retention};
}

VerificationCase qualification_case() {
  return {"qualification",
          "who qualifies next depends on who does and on the decision",
          "Zhang et al. 2020; closed form",
          {},
          true,
          verify_qualification};
}

VerificationCase replicator_case() {
  return {"replicator",
          "odds of qualification grow by the ratio of fitness",
          "Raab & Liu 2021, arXiv 2111.01201; closed form",
          {},
          true,
          verify_replicator};
}

VerificationCase performative_case() {
  return {"performative",
          "a mean that is fitted anew to people who follow it",
          "Perdomo et al. 2020, arXiv 2002.06673; closed form",
          {},
          true,
          verify_performative};
}

VerificationCase strategic_case() {
  return {"strategic",
          "applicants who move up to the threshold where that pays",
          "closed form: uniform scores, accepted 1 - (threshold - reach)",
          {},
          true,
          verify_strategic};
}

}  // namespace loopgate
