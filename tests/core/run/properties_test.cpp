#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <map>

#include "core/random/rng.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

/// Three groups in a given order, all rules of the dynamics and both constraints.
Scenario labelled(const std::array<int, 3>& order) {
  const std::string groups[] = {"{name: a, share: 0.5, score: {law: logit_normal, mean: 0.3, sd: 1}}",
                                "{name: b, share: 0.3, score: {law: normal, mean: 0.6, sd: 0.4}}",
                                "{name: c, share: 0.2, score: {law: beta, mean: 0.4, precision: 5}}"};
  const std::string yaml =
      "scenario: labels\nseed: 1\nhorizon: 5\nenvironment:\n  population: {type: parametric, groups: [" +
      groups[order[0]] + ", " + groups[order[1]] + ", " + groups[order[2]] +
      "], success: {law: logistic, slope: 2, midpoint: 0.5}}\n  arrivals: {type: batch, size: 100}\n  dynamics: "
      "[{type: acceptance_share, rate: 0.2, gain: 2}, {type: acceptance_ratio, rate: 0.1}, {type: score_mean, rate: "
      "0.3, gain: 0.2}]\nconstraints: {demographic_parity: {tolerance: 0.1}, service_rate: {floor: 0.3}}\nagents: "
      "[{type: fixed, threshold: 0.5}]\n";
  Diagnostics diagnostics;
  Scenario scenario = test::build(yaml, diagnostics);
  REQUIRE(diagnostics.ok());
  return scenario;
}

/// One epoch of the infinite batch under a threshold per group name; moves now and returns all quantities by name.
std::map<std::string, double> expected_epoch(const Scenario& scenario, const std::map<std::string, double>& threshold,
                                             Composition& now) {
  std::map<std::string, double> seen;
  const std::vector<std::string>& names = scenario.law->groups();
  std::vector<double> arrived, accepted, succeeded, qualified, rate;
  double service = 0.0, value = 0.0;
  for (std::size_t g = 0; g < names.size(); ++g) {
    const auto id = static_cast<GroupId>(g);
    const Response response = scenario.law->respond(now, id, threshold.at(names[g]));
    const double share = now.shares()[g];
    arrived.push_back(1000.0 * share);
    accepted.push_back(arrived[g] * response.acceptance);
    succeeded.push_back(arrived[g] * response.accepted_success);
    qualified.push_back(arrived[g] * scenario.law->qualification_rate(now, id));
    rate.push_back(response.acceptance);
    service += share * response.acceptance;
    value += share * (2.0 * response.accepted_success - response.acceptance);
    seen["share:" + names[g]] = share;
    seen["score_mean:" + names[g]] = now.score_means()[g];
    seen["acceptance:" + names[g]] = response.acceptance;
    seen["qualified:" + names[g]] = qualified[g];
  }
  seen["reward"] = value;
  for (std::size_t c = 0; c < scenario.constraints.size(); ++c) {
    const Constraint& constraint = *scenario.constraints[c];
    std::vector<double> residual(constraint.n_residuals());
    constraint.residuals({{rate, service, arrived, arrived}}, scenario.start.constraints[c], residual);
    for (std::size_t m = 0; m < residual.size(); ++m) seen[constraint.residual_names()[m]] = residual[m];
  }
  for (std::size_t i = 0; i < scenario.dynamics.size(); ++i)
    scenario.dynamics[i]->evolve({arrived, accepted, succeeded, qualified}, scenario.start.dynamics[i], now);
  return seen;
}

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("relabelling the groups permutes every expected quantity") {
  const Scenario plain = labelled({0, 1, 2});
  for (const auto& order : {std::array{1, 2, 0}, std::array{2, 1, 0}, std::array{1, 0, 2}}) {
    CAPTURE(order[0]);
    const Scenario permuted = labelled(order);
    Composition now = plain.law->start(), same = permuted.law->start();
    Rng rng(Seed{6}, Replication{0}, Stream{9});
    for (int epoch = 0; epoch < 25; ++epoch) {
      CAPTURE(epoch);
      const std::map<std::string, double> threshold{{"a", rng.uniform()}, {"b", rng.uniform()}, {"c", rng.uniform()}};
      const auto one = expected_epoch(plain, threshold, now), two = expected_epoch(permuted, threshold, same);
      REQUIRE(one.size() == two.size());
      for (const auto& [name, value] : one) {
        CAPTURE(name);
        CHECK(std::abs(value - two.at(name)) < 1e-9);
      }
    }
  }
}

TEST_CASE("raising a threshold never accepts more of the same applicants") {
  std::string agents;
  for (int k = 0; k <= 10; ++k)
    agents += std::string(k > 0 ? ", " : "[") + "{type: fixed, label: at_" + std::to_string(k) +
              ", threshold: " + std::to_string(0.1 * k) + "}";
  const test::Scratch scratch;
  test::run_to(scratch.file("1.h5"), test::ut_world(agents + "]"), 2);
  const TraceReader trace(scratch.file("1.h5"));
  for (std::uint32_t r = 0; r < trace.n_replications; ++r)
    for (const char* column : {"accepted", "succeeded"})
      for (int k = 1; k <= 10; ++k) {
        CAPTURE(k);
        const auto read = [&](int at) { return trace.read("at_" + std::to_string(at), column, r, 0, trace.n_epochs); };
        const std::vector<double> lower = read(k - 1), higher = read(k);
        std::size_t n_more = 0, n_fewer = 0;
        for (std::size_t i = 0; i < lower.size(); ++i) {
          n_more += higher[i] > lower[i];
          n_fewer += higher[i] < lower[i];
        }
        CHECK(n_more == 0);
        CHECK(n_fewer > 0);
      }
}

TEST_SUITE_END();
