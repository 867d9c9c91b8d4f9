#include <cmath>
#include <string>
#include <vector>

#include "verify/cases.hpp"
#include "verify/queue_theory.hpp"

namespace loopgate {

namespace {

const std::string exponential = "{law: exponential, mean: 1}";

/// One stage that accepts everyone whom it has served.
std::string queue(double rate, int servers, const std::string& service, const std::string& more, int n_groups,
                  const std::string& clock) {
  std::string groups;
  for (int g = 0; g < n_groups; ++g)
    groups += "      - {name: g" + std::to_string(g) + ", share: " + std::to_string(1.0 / n_groups) +
              ", score: {law: uniform, low: 0, high: 1}}\n";
  return "scenario: queue\nseed: 1\n" + clock + "environment:\n  population:\n    type: parametric\n    groups:\n" +
         groups + "  arrivals: {type: poisson_process, rate: " + std::to_string(rate) +
         "}\nroute: {stages: {only: {servers: {count: " + std::to_string(servers) + ", time: " + service + "}" + more +
         "}}}\nagents: [{type: fixed, threshold: 0}]\n";
}

/// A ratio of sums over replications after a sixth of each, and its standard error by linearisation.
struct Estimate {
  double value, error;
};
Estimate estimate(const Scenario& scenario, std::uint32_t n_replications, double StageUse::*part,
                  double StageUse::*other) {
  std::vector<StageUse> all;
  double parts = 0.0, whole = 0.0;
  const auto size = [&](const StageUse& one) { return one.decided + (other == nullptr ? 0.0 : one.*other); };
  for (std::uint32_t r = 0; r < n_replications; ++r) {
    all.push_back(stage_use(scenario, r, scenario.n_epochs / 6));
    parts += all.back().*part;
    whole += size(all.back());
  }
  const double value = parts / whole, n = n_replications;
  double squares = 0.0;
  for (const StageUse& one : all) squares += std::pow(one.*part - value * size(one), 2.0);
  return {value, std::sqrt(squares * n / (n - 1.0)) / whole};
}

void verify_queues(Verification& into) {
  const std::string clock = "horizon: 1500\n";
  const auto mean_wait = [&](const char* name, double expected, double rate, int servers, const std::string& service) {
    const Scenario scenario = into.build(queue(rate, servers, service, "", 2, clock));
    const Estimate found = estimate(scenario, 50, &StageUse::wait, nullptr);
    into.estimated(name, expected, found.value, found.error, 4);
  };
  mean_wait("M/M/1, load 0.6: mean wait load / (1 - load)", 0.6 / 0.4, 0.6, 1, exponential);
  mean_wait("M/D/1, load 0.6: mean wait, half of that", 0.5 * 0.6 / 0.4, 0.6, 1, "{law: fixed, time: 1}");
  mean_wait("M/M/3, load 1.5: mean wait C / (3 - 1.5)", erlang_c(1.5, 3) / (3 - 1.5), 1.5, 3, exponential);

  // A stage tells mean waits by group: with 100 groups and times 1/4 apart one in 270 is decided beside another of her
  // group, and fewer are counted as waiting for it than the error allows.
  const Scenario told_apart =
      into.build(queue(1.5, 3, exponential, "", 100, "horizon: 2400\nclock: {type: every, interval: 0.25}\n"));
  const Estimate waited = estimate(told_apart, 12, &StageUse::waited, nullptr);
  into.estimated("M/M/3, load 1.5: share who wait, Erlang C", erlang_c(1.5, 3), waited.value, waited.error, 4);

  const Scenario impatient =
      into.build(queue(1.5, 1, exponential, ", patience: {law: exponential, mean: 2}", 2, clock));
  const Estimate left = estimate(impatient, 30, &StageUse::left, &StageUse::left);
  into.estimated("M/M/1 + M, load 1.5, patience 2: share who abandon, Erlang A", erlang_a_abandoned(1.5, 1, 0.5),
                 left.value, left.error, 4);
}

}  // namespace

VerificationCase queues_case() {
  return {"queues",
          "waits before servers with Poisson arrivals, and who loses patience",
          "Erlang 1917; Pollaczek-Khinchine and M/M/c: Kleinrock 1975; Erlang A: Gans, Koole & Mandelbaum 2003",
          {},
          true,
          verify_queues};
}

}  // namespace loopgate
