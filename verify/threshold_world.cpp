#include <cmath>

#include "analysis/oracle.hpp"
#include "core/run/simulation.hpp"
#include "verify/cases.hpp"
#include "verify/static_outcome.hpp"

namespace loopgate {

namespace {

/// Group A uniform on [0, 1], group B of density 2 (1 - s), P(success | s) = s; an accepted success is worth 0.6, a
/// failure -0.4. At a common threshold t the acceptance rates are 1 - t and (1 - t)^2, so everything is a polynomial.
std::string world(const std::string& constraints, const std::string& dynamics = "[]") {
  return "scenario: uniform-triangular\nseed: 1\nhorizon: 1000\nfidelity: mean_field\nenvironment:\n  population:\n"
         "    type: parametric\n    groups:\n"
         "      - {name: A, share: 0.5, score: {law: uniform, low: 0, high: 1}}\n"
         "      - {name: B, share: 0.5, score: {law: triangular, low: 0, mode: 0, high: 1}}\n"
         "  arrivals: {type: batch, size: 1000}\n  utility: {success: 0.6, failure: -0.4}\n  dynamics: " +
         dynamics + "\nconstraints: " + constraints +
         "\nagents: [{type: ofs, grid: 11, radius: {type: ucb1, scale: 0.05}}]\n";
}

const char* const parity = "{demographic_parity: {tolerance: 0.1}}";
const char* const parity_and_ceiling = "{demographic_parity: {tolerance: 0.1}, service_rate: {ceiling: 0.7}}";
const char* const infeasible = "{demographic_parity: {tolerance: 0.1}, service_rate: {floor: 0.3, ceiling: 0.7}}";

std::vector<double> eleven() {
  std::vector<double> grid;
  for (int k = 0; k <= 10; ++k) grid.push_back(k / 10.0);
  return grid;
}

void best_thresholds(Verification& into) {
  const OracleResult first = sweep_thresholds(into.build(world(parity)), eleven(), {});
  const auto threshold = [](const OracleResult& r, const std::optional<std::size_t>& k) {
    return k ? r.sweep[*k].threshold : undefined;
  };
  const auto reward = [](const OracleResult& r, const std::optional<std::size_t>& k) {
    return k ? r.sweep[*k].reward : undefined;
  };
  into.exact("gap <= 0.1: best of 11 thresholds", 0.1, threshold(first, first.best), 1e-12, 1);
  into.rounded("gap <= 0.1: reward of the best", 0.0675, reward(first, first.best), 6);
  into.rounded("gap <= 0.1: reward of the best mixture", 0.072333, first.mixture.value, 6);
  double price = 0.0;
  for (const double one : first.mixture.price) price += one;
  into.rounded("gap <= 0.1: price of the bound", 0.483333, price, 6);
  const OracleResult second = sweep_thresholds(into.build(world(parity_and_ceiling)), eleven(), {});
  into.exact("and acceptance <= 0.7: best of 11", 0.9, threshold(second, second.best), 1e-12, 1);
  into.rounded("and acceptance <= 0.7: its reward", 0.030167, reward(second, second.best), 6);
  const OracleResult third = sweep_thresholds(into.build(world(infeasible)), eleven(), {});
  into.exact("and acceptance >= 0.3: feasible ones", 0.0, static_cast<double>(third.feasible.size()), 0.0);
  into.exact("and acceptance >= 0.3: least violating", 0.2, threshold(third, third.least_violating), 1e-12, 1);
  into.rounded("and acceptance >= 0.3: its violation", 0.06,
               third.least_violating ? third.sweep[*third.least_violating].worst_residual() : undefined, 6);
}

void rates(Verification& into) {
  const std::vector<double> threshold(2, 0.4);
  const StaticOutcome at = static_outcome(into.build(world(parity)), threshold);
  into.rounded("at 0.4: acceptance gap", 0.24, at.acceptance[0] - at.acceptance[1], 6);
  into.rounded("at 0.4: true positive rate A", 0.84, at.true_positive[0], 6);
  into.rounded("at 0.4: true positive rate B", 0.648, at.true_positive[1], 6);
  into.rounded("at 0.4: false positive rate A", 0.36, at.false_positive[0], 6);
  into.rounded("at 0.4: false positive rate B", 0.216, at.false_positive[1], 6);
  into.rounded("at 0.4: precision A", 0.7, at.precision[0], 6);
  into.rounded("at 0.4: precision B", 0.6, at.precision[1], 6);
  into.rounded("at 0.4: reward", 0.126, at.reward, 6);
}

/// Keeps the shares of group A, epoch by epoch, and counts how often a threshold was played.
class Path final : public EpochSink {
 public:
  std::vector<double> share, threshold;
  void record(const EpochRecord& now) override {
    share.push_back(now.composition[0]);
    threshold.push_back(now.threshold[0]);
  }
  void finish(double) override {}
};

Path run(const Scenario& scenario) {
  Path path;
  const std::atomic<bool> never{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, 0, Replication{0}, path).run(never, progress);
  return path;
}

void closed_loop(Verification& into) {
  const std::string moving = world(parity, "[{type: acceptance_ratio, rate: 0.2}]");
  std::string fixed = moving;
  fixed.replace(fixed.find("agents:"), std::string::npos, "agents: [{type: fixed, threshold: 0.4}]\n");
  const Scenario scenario = into.build(fixed);
  const Path path = run(scenario);
  const double known[] = {0.525, 0.545, 0.561, 0.5738};
  for (std::size_t t = 0; t < 4; ++t)
    into.rounded("held at 0.4: share of A in epoch " + std::to_string(t + 1), known[t], path.share[t + 1], 6);
  const std::vector<double> at{0.4};
  const OracleResult rest = sweep_thresholds(scenario, at, {});
  into.rounded("held at 0.4: share of A at rest", 0.625,
               rest.sweep[0].state.empty() ? undefined : rest.sweep[0].state[0], 6);
  into.rounded("held at 0.4: contraction factor", 0.8, rest.sweep[0].spectral_radius, 5);
}

/// OFS without noise: its confidence radii shrink to nothing, so it must settle on the best feasible threshold.
void settles(Verification& into) {
  const auto share_of = [&into](const char* constraints, double threshold) {
    std::string yaml = world(constraints);
    yaml.replace(yaml.find("horizon: 1000"), 13, "horizon: 20000");
    const Path path = run(into.build(yaml));
    double n = 0.0;
    for (const double t : path.threshold) n += std::abs(t - threshold) < 1e-9 ? 1.0 : 0.0;
    return n / static_cast<double>(path.threshold.size());
  };
  into.exact("OFS at 0.1, share of 20,000 epochs", 1.0, share_of(parity, 0.1), 0.01, 2);
  into.exact("OFS at 0.9 with acceptance <= 0.7", 1.0, share_of(parity_and_ceiling, 0.9), 0.01, 2);
  into.exact("OFS at 0.2 where nothing is feasible", 1.0, share_of(infeasible, 0.2), 0.01, 2);
}

void verify_threshold_world(Verification& into) {
  best_thresholds(into);
  rates(into);
  closed_loop(into);
  settles(into);
}

}  // namespace

VerificationCase threshold_world_case() {
  return {"uniform_triangular",
          "a world whose every rate is a polynomial of the threshold, at rest and in the loop",
          "closed form: acceptance 1 - t and (1 - t)^2, P(success | s) = s",
          {},
          true,
          verify_threshold_world};
}

}  // namespace loopgate
