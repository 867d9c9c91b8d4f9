#include <array>
#include <cmath>
#include <numeric>

#include "analysis/mean_field.hpp"
#include "analysis/oracle.hpp"
#include "verify/cases.hpp"
#include "verify/fico_world.hpp"
#include "verify/state_path.hpp"
#include "verify/static_outcome.hpp"

namespace loopgate {

namespace {

/// One group under each of its thresholds, from rejecting all to accepting all: mean change of the score in one step of
/// the ladder beside the rates and the utility per head.
struct Curve {
  std::vector<double> rate{0.0}, true_positive{0.0}, utility{0.0}, change{0.0}, threshold{undefined};
};

double between(std::span<const double> x, double at, std::span<const double> y) {
  const auto above = std::ranges::upper_bound(x, at) - x.begin();
  if (above == 0) return y.front();
  if (above == std::ssize(x)) return y.back();
  const auto k = static_cast<std::size_t>(above);
  return y[k - 1] + (y[k] - y[k - 1]) * ((at - x[k - 1]) / (x[k] - x[k - 1]));
}

/// Mean score of each group, from the state's type masses.
std::array<double, 2> mean_scores(const Scenario& scenario, std::span<const double> state,
                                  const std::vector<ApplicantType>& types) {
  std::array<double, 2> mean{};
  for (std::size_t s = 0; s < state.size(); ++s)
    mean[index(scenario.states[s].group)] += state[s] * types[scenario.states[s].type].score;
  return mean;
}

std::array<Curve, 2> curves_of(const Scenario& scenario) {
  const std::vector<ApplicantType> types = scenario.law->types();
  MeanFieldMap map(scenario);
  const std::vector<double> start = map.start();
  const std::array<double, 2> before = mean_scores(scenario, map.states(start), types);
  std::array<Curve, 2> curves;
  for (std::size_t k = types.size(); k-- > types.size() / 2;) {  // the same scores in both groups
    const std::vector<double> threshold(2, types[k].score);
    const StaticOutcome now = static_outcome(scenario, threshold);
    const std::array<double, 2> after = mean_scores(scenario, map.states(map.next(threshold, start)), types);
    for (std::size_t g = 0; g < 2; ++g) {
      if (now.acceptance[g] <= curves[g].rate.back()) continue;  // nobody has this score
      curves[g].rate.push_back(now.acceptance[g]);
      curves[g].true_positive.push_back(now.true_positive[g]);
      curves[g].utility.push_back(now.acceptance[g] * (5.0 * now.precision[g] - 4.0));
      curves[g].change.push_back(after[g] - before[g]);
      curves[g].threshold.push_back(types[k].score);
    }
  }
  return curves;
}

constexpr std::array share{0.12067, 0.87933};

/// The common value of a rate that is worth most: piecewise linear, so at a step of one of the groups.
double best_common(const std::array<Curve, 2>& curves, std::vector<double> Curve::*rate) {
  double best = 0.0, most = 0.0;
  for (const Curve& one : curves)
    for (const double at : one.*rate) {
      double worth = 0.0;
      for (std::size_t g = 0; g < 2; ++g) worth += share[g] * between(curves[g].*rate, at, curves[g].utility);
      if (worth > most) {
        most = worth;
        best = at;
      }
    }
  return best;
}

void add_parity(Verification& into, const std::array<Curve, 2>& curves, std::vector<double> Curve::*rate,
                const std::string& name, const std::array<double, 4>& known) {
  const double at = best_common(curves, rate);
  double worth = 0.0;
  for (std::size_t g = 0; g < 2; ++g) worth += share[g] * between(curves[g].*rate, at, curves[g].utility);
  into.rounded(name + ": the common rate", known[0], at, 4);
  into.rounded(name + ": change of A", known[1], between(curves[0].*rate, at, curves[0].change), 3);
  into.rounded(name + ": change of B", known[2], between(curves[1].*rate, at, curves[1].change), 3);
  into.rounded(name + ": utility", known[3], worth, 5);
}

void verify_delayed_impact(Verification& into) {
  const Scenario scenario = into.build(fico_world(
      into.files(), "[{type: credit_ladder, unit: score, up: 75, down: 150, rate: 1, moves: expected}]", "{}"));
  const std::array<Curve, 2> curves = curves_of(scenario);
  const double known[2][3] = {{645.0, 0.1677, 8.397}, {613.75, 0.6634, 38.666}};
  for (std::size_t g = 0; g < 2; ++g) {
    const std::string of = g == 0 ? " of A" : " of B";
    const auto best = static_cast<std::size_t>(std::ranges::max_element(curves[g].utility) - curves[g].utility.begin());
    into.rounded("largest utility: threshold" + of, known[g][0], curves[g].threshold[best], 2);
    into.rounded("largest utility: rate" + of, known[g][1], curves[g].rate[best], 4);
    into.rounded("largest utility: change" + of, known[g][2], curves[g].change[best], 3);
  }
  add_parity(into, curves, &Curve::rate, "equal rates", {0.5774, -17.142, 35.041, 0.33549});
  add_parity(into, curves, &Curve::true_positive, "equal true positive rates", {0.7913, 6.013, 37.239, 0.43050});
  const auto common = [&](std::size_t g) {  // 615.83
    const auto at = std::ranges::find_if(curves[g].threshold, [](double t) { return std::abs(t - 615.83) < 0.006; });
    return at == curves[g].threshold.end()
               ? undefined
               : curves[g].change[static_cast<std::size_t>(at - curves[g].threshold.begin())];
  };
  into.rounded("common threshold 615.83: change of A", 9.444, common(0), 3);
  into.rounded("common threshold 615.83: change of B", 38.457, common(1), 3);
  const Curve& a = curves[0];
  const auto peak = static_cast<std::size_t>(std::ranges::max_element(a.change) - a.change.begin());
  into.rounded("largest change of A", 9.484, a.change[peak], 3);
  into.rounded("at the rate", 0.2384, a.rate[peak], 4);
  std::size_t k = peak;
  while (k + 1 < a.change.size() && a.change[k] > 0.0) ++k;
  const double part = a.change[k - 1] / (a.change[k - 1] - a.change[k]);
  into.rounded("A loses above the rate", 0.4312, a.rate[k - 1] + part * (a.rate[k] - a.rate[k - 1]), 4);
}

/// Seven clusters, one applicant an epoch, of whose group a hundredth moves one cluster up or down.
std::string clusters(int horizon, const std::string& fidelity) {
  const auto group = [](const char* name, const char* mass) {
    return std::string("      - {name: ") + name + ", share: 0.5, scores: [0, 1, 2, 3, 4, 5, 6], mass: " + mass +
           ", success: [0.1, 0.2, 0.45, 0.6, 0.65, 0.7, 0.7]}\n";
  };
  return "scenario: clusters\nseed: 1\nhorizon: " + std::to_string(horizon) + "\nfidelity: " + fidelity +
         "\nenvironment:\n  population:\n    type: score_table\n    groups:\n" +
         group("a", "[0, 0.1, 0.1, 0.2, 0.3, 0.3, 0]") + group("b", "[0.1, 0.1, 0.2, 0.3, 0.3, 0, 0]") +
         "  arrivals: {type: batch, size: 1}\n  dynamics: [{type: credit_ladder, mass: 0.01}]\nagents: [{type: fixed, "
         "threshold: 3}]\n";
}

void one_step(Verification& into) {
  struct Row {
    double cut, acceptance[2], true_positive[2], profit;
  };
  const Scenario scenario = into.build(clusters(1, "mean_field"));
  for (const Row& row : {Row{0, {1.0, 1.0}, {1.0, 1.0}, 0.085}, Row{1, {1.0, 0.9}, {1.0, 0.9798}, 0.125},
                         Row{2, {0.9, 0.8}, {0.9661, 0.9394}, 0.185}, Row{3, {0.8, 0.6}, {0.8898, 0.7576}, 0.200},
                         Row{4, {0.6, 0.3}, {0.6864, 0.3939}, 0.150}}) {
    const std::vector<double> threshold(2, row.cut);
    const StaticOutcome got = static_outcome(scenario, threshold);
    const std::string at = "cut " + std::to_string(static_cast<int>(row.cut)) + ": ";
    for (std::size_t g = 0; g < 2; ++g) {
      const std::string of = g == 0 ? " of 1" : " of 2";
      into.rounded(at + "acceptance" + of, row.acceptance[g], got.acceptance[g], 6);
      into.rounded(at + "true positive rate" + of, row.true_positive[g], got.true_positive[g], 4);
    }
    into.rounded(at + "profit per applicant", row.profit, got.reward, 6);
  }
}

void verify_credit_clusters(Verification& into) {
  one_step(into);
  const Scenario loop = into.build(clusters(20000, "mean_field"));
  MeanFieldMap map(loop);
  const Settling settled = settle(map, std::vector<double>{0, 0}, map.start());
  const std::vector<double> rest =
      settled.converged ? map.states(settled.at.point) : std::vector<double>(loop.states.size(), undefined);
  const double known[] = {0.5148, 0.0644, 0.0234, 0.0263, 0.0451, 0.0978, 0.2282};
  for (std::size_t k = 0; k < 7; ++k)
    into.rounded("all accepted, at rest: mass of cluster " + std::to_string(k), known[k], rest[k], 4);
  const std::array cuts{0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0};
  const auto best = [&](int horizon) {
    const OracleResult swept = sweep_thresholds(into.build(clusters(horizon, "mean_field")), cuts,
                                                {Objective::horizon, Fidelity::mean_field, 1, {}});
    return swept.best ? swept.sweep[*swept.best].threshold : undefined;
  };
  into.exact("best cut for one epoch", 3.0, best(1), 0.0);
  into.exact("best cut for 20,000 epochs is lower", 1.0, best(20000) < 3.0 ? 1.0 : 0.0, 0.0);

  constexpr std::uint32_t n = 60;
  const Scenario scenario = into.build(clusters(20000, "counts"));
  double gain = 0.0;
  for (std::uint32_t r = 0; r < n; ++r) gain += state_path(scenario, r).gain / n;
  // The published mean is of 400 seeds, with an error of its own.
  into.estimated("gain of 20,000 epochs at cut 3", 2201.0, gain, 213.0 * std::sqrt(1.0 / n + 1.0 / 400.0), 0);
}

}  // namespace

VerificationCase delayed_impact_case() {
  return {"delayed_impact",
          "mean change of FICO scores in one step of lending: +75 when repaid, -150 on default",
          "Liu et al. 2018, arXiv 1803.04383, setting 1; recomputed from the tables of the Federal Reserve's report",
          {fico_cdf_file, fico_performance_file},
          true,
          verify_delayed_impact};
}

VerificationCase credit_clusters_case() {
  return {"credit_clusters",
          "lending to seven clusters that borrowers climb and fall from",
          "lending of ml-fairness-gym (D'Amour et al. 2020); closed form, and a mean of 400 seeds",
          {},
          true,
          verify_credit_clusters};
}

}  // namespace loopgate
