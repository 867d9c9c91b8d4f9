#include "analysis/limit_verdicts.hpp"

#include <doctest/doctest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>

#include "analysis/paired.hpp"
#include "core/random/samplers.hpp"

using namespace loopgate;

namespace {

using Values = std::vector<double>;

MetricValue metric(const std::string& name, const std::string& basis, const std::string& subject, const Values& values,
                   double denominator = undefined) {
  MetricValue out;
  out.metric = name;
  out.basis = basis;
  out.subject = subject;
  out.values = values;
  out.estimate = t_interval(values, confidence_level);
  out.denominator = denominator;
  return out;
}

/// An agent with one constraint's mean residuals.
AgentMetrics with_residuals(const Values& values) {
  AgentMetrics agent;
  agent.replications.resize(values.size());
  agent.tail.push_back(metric("mean_residual", "expected", "floor", values));
  agent.tail.push_back(metric("service_rate", "realised", "", Values(values.size(), 0.0)));
  agent.tail.push_back(metric("demographic_parity_gap", "realised", "", {}));
  return agent;
}

/// An agent that accepts of two groups at these rates; arrived: of each group in each replication.
AgentMetrics with_rates(const Values& a, const Values& b, double arrived_a, double arrived_b) {
  AgentMetrics agent;
  const double n = static_cast<double>(a.size());
  agent.replications.resize(a.size());
  Values all, gap;
  for (std::size_t r = 0; r < a.size(); ++r) {
    all.push_back((a[r] * arrived_a + b[r] * arrived_b) / (arrived_a + arrived_b));
    gap.push_back(std::abs(a[r] - b[r]));
  }
  agent.tail.push_back(metric("service_rate", "realised", "", all));
  agent.tail.push_back(metric("selection_rate", "realised", "a", a, n * arrived_a));
  agent.tail.push_back(metric("selection_rate", "realised", "b", b, n * arrived_b));
  agent.tail.push_back(metric("demographic_parity_gap", "realised", "", gap));
  const bool a_leads = mean(a) >= mean(b);
  agent.tail.back().highest = a_leads ? "a" : "b";
  agent.tail.back().lowest = a_leads ? "b" : "a";
  return agent;
}

Values around(double centre, std::size_t n, double step = 0.001) {
  Values x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = centre + step * (static_cast<double>(i) - static_cast<double>(n - 1) / 2);
  return x;
}

LimitVerdict residual_verdict(const Values& values) { return limit_verdicts(with_residuals(values)).front(); }
LimitVerdict ratio_verdict(const AgentMetrics& agent) { return limit_verdicts(agent).back(); }

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a residual is met or violated where its whole interval is") {
  CHECK(residual_verdict(around(-0.1, 10)).finding == Finding::met);
  CHECK(residual_verdict(around(0.1, 10)).finding == Finding::violated);
  CHECK(residual_verdict(around(0.0005, 10)).finding == Finding::undecided);
  CHECK(residual_verdict(Values(10, 0.0)).finding == Finding::met);
  CHECK(residual_verdict(around(-0.1, 10)).limit == "floor");
}

TEST_CASE("nine replications decide nothing") {
  const LimitVerdict one = residual_verdict(around(0.1, 9));
  CHECK(one.finding == Finding::too_few);
  CHECK(one.reason == "replications: 9 (expected 10 or more)");
  CHECK(one.estimate.high > 0.1);
}

TEST_CASE("replications without a residual are not counted") {
  AgentMetrics agent = with_residuals(around(-0.1, 10));
  agent.tail.front().estimate = t_interval(around(-0.1, 8), confidence_level);
  CHECK(limit_verdicts(agent).front().finding == Finding::too_few);
  CHECK(limit_verdicts(AgentMetrics{}).empty());
}

TEST_CASE("the four-fifths rule holds the pair's ratio against 0.8") {
  CHECK(ratio_verdict(with_rates(around(.5, 12), around(.3, 12), 1000, 1000)).finding == Finding::violated);
  CHECK(ratio_verdict(with_rates(around(.5, 12), around(.45, 12), 1000, 1000)).finding == Finding::met);
  CHECK(ratio_verdict(with_rates(Values(12, .5), around(.4, 12), 1000, 1000)).finding == Finding::undecided);
  const LimitVerdict one = ratio_verdict(with_rates(Values(12, .3), Values(12, .6), 1000, 1000));
  CHECK(one.limit == "four-fifths rule");
  CHECK(one.bound == 0.8);
  CHECK(one.estimate.mean == doctest::Approx(.5));
  CHECK(one.lowest == "a");
  CHECK(one.highest == "b");
}

TEST_CASE("a group that is never accepted violates the rule") {
  CHECK(ratio_verdict(with_rates(Values(12, .5), Values(12, 0.0), 1000, 200)).finding == Finding::violated);
}

TEST_CASE("chance does not bring equal rates below the rule") {
  // Either group leads in half of the replications: the smaller over the larger rate is 0.6 in each, that of means 1.
  const Values a{.5, .3, .5, .3, .5, .3, .5, .3, .5, .3, .5, .3}, b{.3, .5, .3, .5, .3, .5, .3, .5, .3, .5, .3, .5};
  const LimitVerdict one = ratio_verdict(with_rates(a, b, 1000, 1000));
  CHECK(one.estimate.mean == doctest::Approx(1.0));
  CHECK(one.finding == Finding::undecided);
}

TEST_CASE("one of several constraints is called violated at a level that allows for all of them") {
  // Quantiles of t of ten replications: 2.26 at 0.975, 3.25 at 1 - 0.025 / 5.
  AgentMetrics agent = with_residuals(around(0.0025, 10));  // mean over its standard error: 2.61
  CHECK(limit_verdicts(agent)[0].finding == Finding::violated);
  CHECK(limit_verdicts(agent)[0].violated_among_all);
  for (const char* other : {"a", "b", "c", "d"})
    agent.tail.push_back(metric("mean_residual", "expected", other, around(-.1, 10)));
  CHECK(limit_verdicts(agent)[0].finding == Finding::violated);
  CHECK_FALSE(limit_verdicts(agent)[0].violated_among_all);
  agent.tail[0] = metric("mean_residual", "expected", "floor", around(0.0035, 10));  // 3.66
  CHECK(limit_verdicts(agent)[0].violated_among_all);
}

TEST_CASE("small groups are given no ratio verdict") {
  const LimitVerdict one = ratio_verdict(with_rates(Values(12, .5), Values(12, .1), 980, 20));
  CHECK(one.finding == Finding::too_few);
  CHECK(one.reason ==
        "b: 20.0 applicants a replication, of whom 9.8 would be accepted at the rate of all (expected 30 or more)");
  CHECK(ratio_verdict(with_rates(Values(12, .5), Values(12, .5), 940, 60)).finding == Finding::met);
  CHECK(ratio_verdict(with_rates(Values(12, .5), Values(12, .5), 940, 59.9)).finding == Finding::too_few);
}

TEST_CASE("where nobody is accepted there is no ratio") {
  const LimitVerdict one = ratio_verdict(with_rates(Values(12, 0.0), Values(12, 0.0), 1000, 1000));
  CHECK(one.finding == Finding::no_value);
  CHECK(one.reason == "nobody is accepted, or only one group has applicants");
  CHECK(std::isnan(one.estimate.mean));
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("statistical");

TEST_CASE("at the bound each wrong verdict comes as often as said") {
  // Null: mean residual 0, normal, 12 replications, so that met and violated have probability 0.025 each; 20,000 runs.
  // Both checks share a false-alarm rate of 1e-5. At a mean of half a standard error they fail.
  constexpr int n = 20000;
  const auto p_value = [](Finding wanted, double shift) {
    int hits = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      Rng rng(Seed{5}, static_cast<Replication>(i), Stream::resampling());
      Values x(12);
      for (double& value : x) value = shift + sample_normal(rng);
      if (residual_verdict(x).finding == wanted) ++hits;
    }
    const boost::math::binomial law(n, 0.025);
    const double low = boost::math::cdf(law, hits), high = 1.0 - low + boost::math::pdf(law, hits);
    return std::min(1.0, 2.0 * std::min(low, high));
  };
  constexpr double alpha = 1e-5 / 2;
  CHECK(p_value(Finding::met, 0.0) > alpha);
  CHECK(p_value(Finding::violated, 0.0) > alpha);
  CHECK(p_value(Finding::met, 0.5 / std::sqrt(12.0)) < alpha);
  CHECK(p_value(Finding::violated, 0.5 / std::sqrt(12.0)) < alpha);
}

TEST_SUITE_END();
