#include <doctest/doctest.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numbers>

#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

/// What one common threshold gives in the infinite batch at the start of world UT.
struct Outcome {
  double threshold, utility = 0.0, worst = -1.0, summed = 0.0;
  std::vector<double> acceptance;

  Outcome(const Scenario& scenario, double t) : threshold(t) {
    const Composition start = scenario.law->start();
    double service = 0.0;
    for (std::size_t g = 0; g < 2; ++g) {
      const Response response = scenario.law->respond(start, static_cast<GroupId>(g), t);
      acceptance.push_back(response.acceptance);
      service += start.shares()[g] * response.acceptance;
      const Utility& worth = scenario.start.utility;
      utility += start.shares()[g] * (worth.success * response.accepted_success +
                                      worth.failure * (response.acceptance - response.accepted_success));
    }
    std::size_t c = 0;
    for (const auto& constraint : scenario.constraints) {
      std::vector<double> residual(constraint->n_residuals());
      constraint->residuals({{acceptance, service, {}, {}}}, scenario.start.constraints[c++], residual);
      for (const double g : residual) {
        worst = std::max(worst, g);
        summed += std::max(0.0, g);
      }
    }
  }
  bool feasible() const { return worst <= 1e-12; }
};

Scenario world(const std::string& constraints) {
  std::string yaml = test::ut_world("[{type: fixed, threshold: 0.4}]");
  const std::string parity = "{demographic_parity: {tolerance: 0.1}}";
  yaml.replace(yaml.find(parity), parity.size(), constraints);
  Diagnostics diagnostics;
  Scenario scenario = test::build(yaml, diagnostics);
  REQUIRE(diagnostics.ok());
  return scenario;
}

/// The best feasible of n evenly spaced thresholds, else the one of least worst violation.
Outcome best(const Scenario& scenario, int n) {
  Outcome chosen(scenario, 0.0);
  for (int k = 1; k < n; ++k) {
    const Outcome next(scenario, static_cast<double>(k) / (n - 1));
    if (next.feasible() ? !chosen.feasible() || next.utility > chosen.utility
                        : !chosen.feasible() && next.worst < chosen.worst)
      chosen = next;
  }
  return chosen;
}

/// Two-sided p-value of a mean of n values against an expected mean with the values' sd known.
double p_value(double mean, double expected, double sd, double n) {
  return 2 * boost::math::cdf(complement(boost::math::normal(), std::abs(mean - expected) / (sd / std::sqrt(n))));
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the best fixed thresholds of world UT are the known ones") {
  const Scenario parity = world("{demographic_parity: {tolerance: 0.1}}");  // KA-UT1
  const Outcome first = best(parity, 11);
  CHECK(first.threshold == doctest::Approx(0.1));
  CHECK(first.utility == doctest::Approx(0.0675));
  double low = 0.0, high = 0.5;  // the continuous optimum is where the gap t (1 - t) reaches 0.1
  for (int i = 0; i < 60; ++i) (Outcome(parity, (low + high) / 2).feasible() ? low : high) = (low + high) / 2;
  CHECK(low == doctest::Approx(0.112702).epsilon(5e-6));
  CHECK(Outcome(parity, low).utility == doctest::Approx(0.072698).epsilon(1e-5));
  CHECK(best(parity, 1001).utility <= Outcome(parity, low).utility);

  const Outcome second = best(world("{demographic_parity: {tolerance: 0.1}, service_rate: {ceiling: 0.7}}"), 11);
  CHECK(second.threshold == doctest::Approx(0.9));  // KA-UT2
  CHECK(second.utility == doctest::Approx(0.030167).epsilon(1e-5));
  const Outcome third =
      best(world("{demographic_parity: {tolerance: 0.1}, service_rate: {floor: 0.3, ceiling: 0.7}}"), 11);
  CHECK_FALSE(third.feasible());
  CHECK(third.threshold == doctest::Approx(0.2));
  CHECK(third.worst == doctest::Approx(0.06));
  CHECK(third.summed == doctest::Approx(0.08));
}

TEST_CASE("world UT has its known error rates at threshold 0.4") {
  const Scenario scenario = world("{demographic_parity: {tolerance: 0.1}}");  // KA-UT3
  const Composition start = scenario.law->start();
  const double tpr[] = {0.84, 0.648}, fpr[] = {0.36, 0.216}, ppv[] = {0.7, 0.6}, acceptance[] = {0.6, 0.36};
  for (std::size_t g = 0; g < 2; ++g) {
    const Response r = scenario.law->respond(start, static_cast<GroupId>(g), 0.4);
    const double qualified = scenario.law->qualification_rate(start, static_cast<GroupId>(g));
    CHECK(r.acceptance == doctest::Approx(acceptance[g]));
    CHECK(r.accepted_success / qualified == doctest::Approx(tpr[g]));
    CHECK((r.acceptance - r.accepted_success) / (1 - qualified) == doctest::Approx(fpr[g]));
    CHECK(r.accepted_success / r.acceptance == doctest::Approx(ppv[g]));
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("the mean signed gap is unbiased where the mean absolute gap is not") {
  // KA-ABS. Two uniform groups of about 50 in each of 4,000 epochs; the realised gap is about N(D, 0.1^2). Null: the
  // signed gap has mean D and the absolute one 0.079788 at D = 0 and 0.089559 at D = 0.05 (to 0.0004, since group sizes
  // vary); sds 0.1005, 0.0605 and 0.0672. alpha 1e-5 over four checks, each of which rejects a mean off by 0.01.
  constexpr double alpha = 1e-5 / 4;
  constexpr std::uint32_t n = 4000;
  std::string yaml =
      test::ut_world("[{type: fixed, threshold: 0.5}, {type: fixed, label: apart, threshold: {A: 0.525, B: 0.475}}]");
  const auto set = [&yaml](const std::string& from, const std::string& to) {
    yaml.replace(yaml.find(from), from.size(), to);
  };
  set("horizon: 40", "horizon: 4000");
  set("replications: 2", "replications: 1");
  set("size: 500", "size: 100");
  set("triangular, low: 0, mode: 0,", "uniform, low: 0,");
  const test::Scratch scratch;
  test::run_to(scratch.file("1.h5"), yaml, 1);
  const TraceReader trace(scratch.file("1.h5"));
  REQUIRE(trace.constraints[0] == "demographic_parity:B-A");
  struct Case {
    const char* label;
    double gap, absolute, absolute_sd;
  };
  for (const auto& [label, gap, absolute, absolute_sd] :
       {Case{"fixed", 0.0, 0.079788, 0.0605}, Case{"apart", 0.05, 0.089559, 0.0672}}) {
    CAPTURE(label);
    const std::vector<double> residual = trace.read(label, "residual", 0, 0, n);
    double signed_mean = 0.0, absolute_mean = 0.0;
    for (std::size_t i = 0; i < residual.size(); i += trace.constraints.size()) {
      signed_mean += (residual[i] + 0.1) / n;
      absolute_mean += std::abs(residual[i] + 0.1) / n;
    }
    CHECK(p_value(signed_mean, gap, 0.1005, n) > alpha);
    CHECK(p_value(signed_mean, gap + 0.01, 0.1005, n) < alpha);
    CHECK(p_value(absolute_mean, absolute, absolute_sd, n) > alpha);
    CHECK(p_value(absolute_mean, absolute - 0.01, absolute_sd, n) < alpha);
  }
}

TEST_SUITE_END();
