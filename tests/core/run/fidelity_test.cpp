#include <doctest/doctest.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "core/random/samplers.hpp"
#include "core/run/count_draw.hpp"
#include "core/run/individual_draw.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/source_dir.hpp"

using namespace loopgate;

namespace {

constexpr double alpha = 1e-5 / 13;  // thirteen checks that should pass share a false-alarm rate of 1e-5

const std::string fixed = "[{type: fixed, threshold: 0.4}]";
const std::string ratio = "  dynamics: [{type: acceptance_ratio, rate: 0.2}]\n";

/// Epochs of one draw at a state that stays, each as one of 256 cells: by which side of the start's mean each count
/// lies on. Within a group the counts hang together, so the cells see the joint law.
std::map<unsigned, double> joint_cells(EpochDraw& draw, const Scenario& scenario, const Composition& state,
                                       int n_epochs, double n) {
  const std::vector<double> threshold{0.4, 0.25};
  std::map<unsigned, double> cells;
  Counts counts(2);
  std::vector<double> mean;
  LawAnswers answers(*scenario.law);
  MeanFieldDraw(answers).tally(scenario.law->start(), threshold, 0, n, counts);
  for (const auto* one : {&counts.arrived, &counts.accepted, &counts.succeeded, &counts.qualified})
    mean.insert(mean.end(), one->begin(), one->end());
  for (int t = 0; t < n_epochs; ++t) {
    draw.tally(state, threshold, static_cast<std::uint32_t>(t), n, counts);
    unsigned cell = 0;
    std::size_t i = 0;
    for (const auto* one : {&counts.arrived, &counts.accepted, &counts.succeeded, &counts.qualified})
      for (const double value : *one) cell = 2 * cell + (value > mean[i++] ? 1U : 0U);
    cells[cell] += 1.0;
  }
  return cells;
}

/// Chi-square test that two samples of cells have one law; cells seen fewer than 20 times together are pooled.
double same_law_p_value(const std::map<unsigned, double>& a, const std::map<unsigned, double>& b) {
  const auto total = [](const auto& cells) {
    return std::accumulate(cells.begin(), cells.end(), 0.0, [](double s, const auto& c) { return s + c.second; });
  };
  const double n_a = total(a), n_b = total(b);
  std::map<unsigned, std::pair<double, double>> both;
  for (const auto& [cell, n] : a) both[cell].first = n;
  for (const auto& [cell, n] : b) both[cell].second = n;
  double statistic = 0.0, rare_a = 0.0, rare_b = 0.0;
  int n_cells = 0;
  const auto add = [&](double x, double y) {
    const double share = (x + y) / (n_a + n_b);
    if (share == 0.0) return;
    statistic += std::pow(x - n_a * share, 2) / (n_a * share) + std::pow(y - n_b * share, 2) / (n_b * share);
    ++n_cells;
  };
  for (const auto& [cell, n] : both) {
    if (n.first + n.second >= 20.0) add(n.first, n.second);
    else {
      rare_a += n.first;
      rare_b += n.second;
    }
  }
  add(rare_a, rare_b);
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(n_cells - 1), statistic));
}

/// Two-sample Kolmogorov-Smirnov test, asymptotic p-value (conservative for laws with atoms).
double ks_p_value(std::vector<double> a, std::vector<double> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  double largest = 0.0;
  for (const double x : a) {
    const auto below = [x](const std::vector<double>& v) {
      return static_cast<double>(std::ranges::upper_bound(v, x) - v.begin()) / static_cast<double>(v.size());
    };
    largest = std::max(largest, std::abs(below(a) - below(b)));
  }
  const double n = static_cast<double>(a.size() * b.size()) / static_cast<double>(a.size() + b.size());
  double p = 0.0;
  for (int k = 1; k <= 100; ++k) p += 2.0 * (k % 2 == 1 ? 1.0 : -1.0) * std::exp(-2.0 * k * k * n * largest * largest);
  return std::clamp(p, 0.0, 1.0);
}

/// Counts with the right margins and a wrong joint law: who is qualified has nothing to do with who succeeded.
class IndependentQualified final : public EpochDraw {
 public:
  explicit IndependentQualified(LawAnswers& answers) : right_(answers, Seed{8}, Replication{0}), answers_(answers) {}
  void tally_parts(const Composition& state, std::span<const double> threshold, std::uint32_t epoch,
                   std::span<const ArrivalPart> parts, Counts& counts) override {
    right_.tally_parts(state, threshold, epoch, parts, counts);
    rng_.begin_epoch(epoch);
    for (std::size_t g = 0; g < counts.arrived.size(); ++g)
      counts.qualified[g] =
          static_cast<double>(sample_binomial(static_cast<std::uint64_t>(counts.arrived[g]),
                                              answers_.qualification_rate(state, static_cast<GroupId>(g)), rng_));
  }

 private:
  CountDraw right_;
  LawAnswers& answers_;
  Rng rng_{Seed{8}, Replication{0}, Stream{77}};
};

struct Summary {
  std::vector<double> reward, violation, share;
};

/// Whole runs of OFS in a moving world, one number of each kind a replication.
Summary whole_runs(const std::string& fidelity, const std::string& more, int n_replications, int first) {
  const Scenario scenario = test::build_valid(
      test::ut_world("[{type: ofs, grid: 11}]", "  dynamics: [{type: acceptance_share, rate: 0.1, gain: 1}]\n"),
      {"horizon=120", "environment.arrivals.size=60", "fidelity=" + fidelity, more});
  Summary out;
  for (int r = 0; r < n_replications; ++r) {
    const test::Recorder run = test::simulate(scenario, static_cast<std::uint32_t>(first + r));
    double reward = 0.0, violation = 0.0;
    for (std::size_t t = 0; t < run.reward.size(); ++t) {
      reward += run.reward[t];
      violation += std::max({0.0, run.residual[t][0], run.residual[t][1]});
    }
    out.reward.push_back(reward);
    out.violation.push_back(violation);
    out.share.push_back(run.composition.back()[0]);
  }
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("statistical");

TEST_CASE("counts and individuals have one joint law and the check rejects wrong ones") {
  // Null: an epoch falls into one of 256 cells with the same probabilities. 20,000 epochs of 40 applicants each.
  constexpr int n_epochs = 20000;
  for (const std::string law : {"{law: uniform, low: 0, high: 1}", "{law: beta, mean: 0.4, precision: 3}"}) {
    CAPTURE(law);
    std::string yaml = test::ut_world(fixed);
    yaml.replace(yaml.find("{law: uniform, low: 0, high: 1}"), 31, law);
    const Scenario scenario = test::build_valid(yaml);
    const Composition start = scenario.law->start();
    LawAnswers answers(*scenario.law);
    IndividualDraw individuals(answers, Seed{5}, Replication{0}, IndividualDraw::Laws::fixed);
    CountDraw counts(answers, Seed{6}, Replication{0});
    IndependentQualified wrong(answers);
    const auto drawn = joint_cells(individuals, scenario, start, n_epochs, 40),
               counted = joint_cells(counts, scenario, start, n_epochs, 40);
    CHECK(same_law_p_value(drawn, counted) > alpha);
    CHECK(same_law_p_value(drawn, joint_cells(wrong, scenario, start, n_epochs, 40)) <
          alpha);  // right margins, wrong joint law
    const Scenario off = test::build_valid(
        yaml, {"environment.population.groups.0.share=0.52", "environment.population.groups.1.share=0.48"});
    LawAnswers off_answers(*off.law);
    CountDraw shifted(off_answers, Seed{6}, Replication{0});
    CHECK(same_law_p_value(drawn, joint_cells(shifted, scenario, off.law->start(), n_epochs, 40)) < alpha);  // shares
  }
}

TEST_CASE("counts and individuals have one joint law where scores and outcomes are shifted and wrong shifts show") {
  // Null as above, at a state with other scores and other outcomes than the law's own.
  constexpr int n_epochs = 20000;
  const Scenario scenario = test::build_valid(
      test::ut_world(fixed), {"interventions=[{at: 1, set: environment.population.score_shift, to: 0}]"});
  Composition now = scenario.law->start();
  LawAnswers answers(*scenario.law), other_answers(*scenario.law);
  IndividualDraw individuals(answers, Seed{5}, Replication{0}, IndividualDraw::Laws::moving);
  CountDraw counts(other_answers, Seed{6}, Replication{0});
  now.set_score_shift(GroupId{0}, 0.13);
  now.set_success_shift(GroupId{0}, -0.3);
  now.set_success_shift(GroupId{1}, 0.4);
  const auto drawn = joint_cells(individuals, scenario, now, n_epochs, 40);
  CHECK(same_law_p_value(drawn, joint_cells(counts, scenario, now, n_epochs, 40)) > alpha);
  now.set_success_shift(GroupId{1}, 0.35);
  CHECK(same_law_p_value(drawn, joint_cells(counts, scenario, now, n_epochs, 40)) < alpha);
  now.set_success_shift(GroupId{1}, 0.4);
  now.set_score_shift(GroupId{0}, 0.1);
  CHECK(same_law_p_value(drawn, joint_cells(counts, scenario, now, n_epochs, 40)) < alpha);
}

TEST_CASE("whole runs of counts and individuals have one law and the check rejects wrong ones") {
  // Null: reward, violation and last share of a replication have one law. 400 replications each, Kolmogorov-Smirnov.
  const Summary drawn = whole_runs("individuals", "seed=5", 400, 0), counted = whole_runs("counts", "seed=6", 400, 0);
  CHECK(ks_p_value(drawn.reward, counted.reward) > alpha);
  CHECK(ks_p_value(drawn.violation, counted.violation) > alpha);
  CHECK(ks_p_value(drawn.share, counted.share) > alpha);
  const Summary wrong = whole_runs("counts", "constraints.demographic_parity.tolerance=0.15", 400, 0);
  CHECK(ks_p_value(drawn.violation, wrong.violation) < alpha);
  const Summary dearer = whole_runs("counts", "environment.utility.failure=-0.42", 400, 0);
  CHECK(ks_p_value(drawn.reward, dearer.reward) < alpha);
}

TEST_CASE("mean_field differs from the mean of counts by what the second order says") {
  // acceptance_ratio at threshold 0.4: share' = 0.8 share + 0.2 h, h = x / (x + y) of the acceptance rates x = 0.6 and
  // y = 0.36. By the delta method E h - h(0.6, 0.36) = (x var y - y var x) / (x + y)^3 = 0.2604 / n at share 0.625, and
  // the mean of N epochs has variance 0.319 / (n N). At n = 1,000 the difference is 6 standard errors and must be seen;
  // above it the bound 2 x 0.2604 / n must hold.
  const auto gap = [](double n, int n_epochs, const std::string& fidelity) {
    const Scenario scenario =
        test::build_valid(test::ut_world(fixed, ratio),
                          {"environment.population.groups.0.share=0.625", "environment.population.groups.1.share=0.375",
                           "fidelity=" + fidelity, "horizon=" + std::to_string(n_epochs),
                           "environment.arrivals.size=" + std::to_string(static_cast<int>(n))});
    const test::Recorder run = test::simulate(scenario);
    double sum = 0.0;
    for (const auto& shares : run.composition) sum += shares[0];
    return sum / n_epochs - 0.625;
  };
  constexpr int n_epochs = 200000;
  CHECK(std::abs(gap(1e3, 1000, "mean_field")) < 1e-12);
  const double at_thousand = gap(1e3, n_epochs, "counts"), error = std::sqrt(0.319 / (1e3 * n_epochs));
  CHECK(std::abs(at_thousand - 0.2604e-3) < 4.9 * error);  // two-sided 1e-6
  CHECK(at_thousand > 1.5 * error);                        // and it is not 0: this fails with probability 1e-6
  for (const double n : {1e4, 1e5, 1e6}) {
    CAPTURE(n);
    CHECK(std::abs(gap(n, 50000, "counts")) < 2 * 0.2604 / n + 4.9 * std::sqrt(0.319 / (n * 50000)));
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("counts are whole and consistent and equal states give equal counts") {
  const Scenario scenario = test::build_valid(test::ut_world("[{type: random, grid: 11}]", ratio),
                                              {"fidelity=counts", "environment.arrivals={type: poisson, mean: 30}"});
  const test::Recorder run = test::simulate(scenario);
  for (std::size_t t = 0; t < run.arrived.size(); ++t) {
    for (std::size_t g = 0; g < 2; ++g) {
      const double arrived = run.arrived[t][g], accepted = run.accepted[t][g], succeeded = run.succeeded[t][g],
                   qualified = run.qualified[t][g];
      for (const double n : {arrived, accepted, succeeded, qualified}) CHECK(n == std::floor(n));
      CHECK(succeeded <= accepted);
      CHECK(accepted <= arrived);
      CHECK(qualified - succeeded <= arrived - accepted);
      CHECK(qualified >= succeeded);
    }
  }
  LawAnswers answers(*scenario.law);
  CountDraw one(answers, Seed{5}, Replication{0}), two(answers, Seed{5}, Replication{0});
  const Composition state = scenario.law->start();
  Counts a(2), b(2);
  one.tally(state, std::vector<double>{0.2, 0.2}, 3, 1000, a);
  one.tally(state, std::vector<double>{0.4, 0.4}, 7, 1000, a);
  two.tally(state, std::vector<double>{0.4, 0.4}, 7, 1000, b);
  CHECK(a.accepted == b.accepted);
  CHECK(a.qualified == b.qualified);
}

TEST_CASE("an epoch of the law at its edges is counted without a draw") {
  const Scenario scenario = test::build_valid(test::ut_world(fixed));
  LawAnswers answers(*scenario.law);
  CountDraw draw(answers, Seed{5}, Replication{0});
  Counts counts(2);
  const Composition state = scenario.law->start();
  draw.tally(state, std::vector<double>{0.0, 0.0}, 0, 1e9, counts);
  CHECK(counts.accepted == counts.arrived);
  CHECK(counts.succeeded == counts.qualified);
  draw.tally(state, std::vector<double>{2.0, 2.0}, 0, 1e9, counts);
  CHECK(counts.accepted == std::vector<double>{0.0, 0.0});
  draw.tally(state, std::vector<double>{0.4, 0.4}, 0, 0, counts);
  CHECK(counts.arrived == std::vector<double>{0.0, 0.0});
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("unit");

TEST_CASE("mean_field walks the known path of acceptance_ratio") {  // KA-UT4
  const Scenario scenario = test::build_valid(test::ut_world(fixed, ratio), {"fidelity=mean_field"});
  const test::Recorder run = test::simulate(scenario);
  const double share[] = {0.5, 0.525, 0.545, 0.561, 0.5738};
  for (std::size_t t = 0; t < 5; ++t) CHECK(run.composition[t][0] == doctest::Approx(share[t]).epsilon(1e-12));
  for (std::size_t t = 0; t < 39; ++t)
    CHECK((run.composition[t + 1][0] - 0.625) == doctest::Approx(0.8 * (run.composition[t][0] - 0.625)).epsilon(1e-9));
  CHECK(run.reward[0] == doctest::Approx(0.126).epsilon(1e-9));  // U(0.4), both groups half
  for (std::size_t t = 0; t < 40; ++t) CHECK(run.reward[t] == doctest::Approx(run.expected_reward[t]).epsilon(1e-12));
}

TEST_CASE("the shipped contraction approaches its fixed point at its known rate") {
  // score_mean: m' = (1 - r) m + r (base + gain a(m)), a(m) = Phi(m - logit(threshold)) for sd 1, so the slope at the
  // fixed point is 1 - r + r gain phi(m - logit(threshold)).
  const Scenario scenario =
      load_scenario(test::source_dir() + "/scenarios/contraction.yaml",
                    {"fidelity=mean_field", "horizon=3000", "agents=[{type: fixed, threshold: 0.5}]"}, test::catalog());
  const test::Recorder run = test::simulate(scenario);
  const double start[] = {0.4, -0.2};
  for (std::size_t g = 0; g < 2; ++g) {
    const auto mean = [&](std::size_t t) { return run.state[t][2 + g]; };
    const double m = mean(2999);
    CHECK(m == doctest::Approx(start[g] + 0.5 * normal_cdf(m)).epsilon(1e-10));
    const double slope = 1 - 0.02 + 0.02 * 0.5 * std::exp(-m * m / 2) / std::sqrt(2 * std::numbers::pi);
    CHECK((mean(601) - m) / (mean(600) - m) == doctest::Approx(slope).epsilon(1e-5));
  }
}

TEST_CASE("OFS in the noise-free world plays the predicted threshold in 99 % of rounds") {  // KA-OFS3
  const auto plays = [](const std::string& constraints, double threshold) {
    std::string yaml = test::ut_world("[{type: ofs, grid: 11, radius: {type: ucb1, scale: 0.05}}]");
    yaml.replace(yaml.find("constraints:"), yaml.find("agents:") - yaml.find("constraints:"),
                 "constraints: " + constraints + "\n");
    const test::Recorder run = test::simulate(test::build_valid(yaml, {"fidelity=mean_field", "horizon=20000"}));
    return std::ranges::count_if(run.threshold,
                                 [threshold](const auto& t) { return std::abs(t[0] - threshold) < 1e-9; });
  };
  CHECK(plays("{demographic_parity: {tolerance: 0.1}}", 0.1) > 19800);
  CHECK(plays("{demographic_parity: {tolerance: 0.1}, service_rate: {ceiling: 0.7}}", 0.9) > 19800);
  CHECK(plays("{demographic_parity: {tolerance: 0.1}, service_rate: {ceiling: 0.7, floor: 0.3}}", 0.2) > 19800);
}

TEST_SUITE_END();
