#include "analysis/ranking.hpp"

#include <doctest/doctest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>

#include "analysis/common_applicants.hpp"
#include "core/error.hpp"
#include "core/random/samplers.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

constexpr Seed seed{4};

/// Agents that share the applicants' luck, with means 0, -0.3 and -0.5 and a noise of their own of 0.1.
std::vector<Contestant> sharers(std::size_t n) {
  std::vector<Contestant> all(3);
  Rng rng(seed, Replication{0}, Stream::applicants());
  for (std::size_t r = 0; r < n; ++r) {
    const double luck = sample_normal(rng);
    for (const auto& [a, shift] : {std::pair{1U, 0.0}, {0U, -0.3}, {2U, -0.5}})
      all[a].values.push_back(luck + shift + 0.1 * sample_normal(rng));
  }
  return all;
}

const std::string two_agents = "[{type: fixed, threshold: 0.5, label: half}, {type: random, grid: 11}]";

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("pairing tells agents apart whose own intervals overlap") {
  const auto all = sharers(20);
  const auto standings = rank_agents(all, Better::higher, 0.95, seed);
  REQUIRE(standings.size() == 3);
  CHECK(standings[0].contestant == 1);
  CHECK(standings[1].contestant == 0);
  CHECK(std::isnan(standings[0].p));
  CHECK(standings[1].t.high > standings[0].t.low);
  CHECK(standings[1].difference.mean == doctest::Approx(standings[1].t.mean - standings[0].t.mean));
  CHECK(standings[1].difference.high < -0.2);
  CHECK(standings[1].variance_reduction > 20.0);
  CHECK(standings[1].p == doctest::Approx(std::exp2(-19)));
  CHECK(standings[1].p_adjusted == doctest::Approx(3 * std::exp2(-19)));  // three pairs
  CHECK(standings[1].against_best == Verdict::different);
  CHECK(standings[0].probability_best == 1.0);
  auto apart = all;
  for (std::size_t a = 0; a < 3; ++a) apart[a].paired_set = a;  // the same values, not paired
  const auto welch_ones = rank_agents(apart, Better::higher, 0.95, seed);
  CHECK(welch_ones[1].difference.mean == doctest::Approx(standings[1].difference.mean));
  CHECK(welch_ones[1].difference.low < standings[1].difference.low);
  CHECK(std::isnan(welch_ones[1].variance_reduction));
  CHECK(welch_ones[0].probability_best < 1.0);
}

TEST_CASE("the lowest is best where lower is better and ranks do not depend on the order of agents") {
  auto all = sharers(20);
  const auto standings = rank_agents(all, Better::lower, 0.95, seed);
  CHECK(standings[0].contestant == 2);
  CHECK(standings[2].difference.low > 0.4);
  std::swap(all[0], all[2]);
  const auto swapped = rank_agents(all, Better::lower, 0.95, seed);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(swapped[k].t.mean == standings[k].t.mean);
    CHECK(swapped[k].bca.low == standings[k].bca.low);
    CHECK(swapped[k].probability_best == standings[k].probability_best);
  }
}

TEST_CASE("many agents with many replications can still be told apart" * doctest::test_suite("property")) {
  // 105 pairs: 10,000 random sign flips could not bring a p-value down to 0.01 / 105.
  std::vector<Contestant> all(15);
  Rng rng(seed, Replication{1}, Stream::applicants());
  for (std::size_t a = 0; a < all.size(); ++a)
    for (int r = 0; r < 41; ++r) all[a].values.push_back(2.0 * static_cast<double>(a) + sample_normal(rng));
  const auto standings = rank_agents(all, Better::lower, 0.99, seed);
  for (std::size_t k = 1; k < all.size(); ++k) CHECK(standings[k].against_best == Verdict::different);
}

TEST_CASE("agents that nothing could tell apart are not said to be alike") {
  // Eight agents, ten replications: 28 pairs times 2^-9 is 0.055, however clear the differences are.
  const auto apart = [](std::size_t n_agents, std::size_t n_replications) {
    std::vector<Contestant> all(n_agents);
    Rng rng(seed, Replication{2}, Stream::applicants());
    for (std::size_t a = 0; a < n_agents; ++a)
      for (std::size_t r = 0; r < n_replications; ++r)
        all[a].values.push_back(10.0 * static_cast<double>(a) + sample_normal(rng));
    return all;
  };
  const auto ranked = [](const std::vector<Contestant>& all) { return rank_agents(all, Better::lower, 0.95, seed); };
  const auto few = ranked(apart(8, 10)), enough = ranked(apart(8, 11)), two = ranked(apart(2, 9));
  for (std::size_t k = 1; k < 8; ++k) {
    CHECK(few[k].against_best == Verdict::too_few);
    CHECK(few[k].p_adjusted > 0.05);
    CHECK(enough[k].against_best == Verdict::different);
  }
  CHECK(too_few_text(few) == "too few replications for 8 agents: at least 11");
  CHECK(too_few_text(enough).empty());
  CHECK(too_few_text(two) == "too few replications for 2 agents: at least 10");
  // Of independent agents p has no such least value.
  auto independent = apart(8, 10);
  for (std::size_t a = 0; a < 8; ++a) independent[a].paired_set = a;
  CHECK(ranked(independent)[1].against_best == Verdict::different);
  CHECK(too_few_text(ranked(independent)).empty());
}

TEST_CASE("equal agents whose differences are skewed are seldom called different" *
          doctest::test_suite("statistical")) {
  // Null: P(different) <= 0.09 for lognormal differences of mean 0 and ten replications (0.082 in 4,000 draws); 800
  // draws, alpha 1e-5. Sign flips alone say so in 0.148, which the test sees.
  constexpr int n = 800;
  int different = 0, flips = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    Rng rng(Seed{7}, static_cast<Replication>(i), Stream::resampling());
    std::vector<Contestant> two(2);
    for (int r = 0; r < 10; ++r) {
      two[0].values.push_back(std::exp(sample_normal(rng)) - std::exp(0.5));
      two[1].values.push_back(0.0);
    }
    const auto standings = rank_agents(two, Better::higher, 0.95, seed);
    different += standings[1].against_best == Verdict::different ? 1 : 0;
    flips += standings[1].p_adjusted <= 0.05 ? 1 : 0;
  }
  const auto p_value = [](int hits) {
    return boost::math::cdf(boost::math::complement(boost::math::binomial(n, 0.09), hits - 1));
  };
  CHECK(p_value(different) > 1e-5);
  CHECK(p_value(flips) < 1e-5);
}

TEST_CASE("sign flips alone call nobody worse and a replication that carries the difference is told") {
  // Ten differences above 0, nine of them small: p is 2^-9, and the t interval holds 0.
  const std::vector<Contestant> all{{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 0},
                                    {{.1, 1.1, 2.1, 3.1, 4.1, 5.1, 6.1, 7.1, 8.1, 19}, 0}};
  const auto ranked = rank_agents(all, Better::higher, 0.95, seed);
  CHECK(ranked[1].p_adjusted == std::exp2(-9));
  CHECK(ranked[1].difference.low < 0.0);
  CHECK(ranked[1].difference.high > 0.0);
  CHECK(ranked[1].against_best == Verdict::undecided);
  CHECK(ranked[1].largest_share == doctest::Approx(0.9));  // of n equal values and one other: (n - 1) / n
  CHECK(std::isnan(ranked[0].largest_share));
  const std::vector<std::string> names{"first", "second"}, texts = lone_replication_texts(ranked, names);
  REQUIRE(texts.size() == 1);
  CHECK(texts[0].starts_with("first: one of 10 replications carries 90 % of the squared deviations"));
  const std::vector<Contestant> even{{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 0},
                                     {{.1, 1.2, 2.1, 3.2, 4.1, 5.2, 6.1, 7.2, 8.1, 9.2}, 0}};
  const auto clear = rank_agents(even, Better::higher, 0.95, seed);
  CHECK(clear[1].against_best == Verdict::different);
  CHECK(lone_replication_texts(clear, names).empty());
  const std::vector<Contestant> shifted{{{.1, .2, .3, .1, .2, .3, .1, .2, .3, .7}, 0},
                                        {{.2, .3, .4, .2, .3, .4, .2, .3, .4, .8}, 0}};
  CHECK(std::isnan(rank_agents(shifted, Better::higher, 0.95, seed)[1].largest_share));  // the same but for rounding
}

TEST_CASE("few replications give no verdict and one gives no interval") {
  for (const Standing& one : rank_agents(sharers(9), Better::higher, 0.95, seed))
    CHECK((one.contestant == 1 || one.against_best == Verdict::too_few));
  const auto single = rank_agents(sharers(1), Better::higher, 0.95, seed);
  CHECK(single[0].contestant == 1);
  for (const Standing& one : single) {
    CHECK(std::isnan(one.t.low));
    CHECK(std::isnan(one.p_adjusted));
    CHECK(std::isnan(one.probability_best));
    CHECK(std::isnan(one.variance_reduction));
  }
  CHECK_THROWS_AS(rank_agents(std::vector<Contestant>{{{1, 2}, 0}, {{1}, 0}}, Better::higher, 0.95, seed),
                  ContractViolation);
}

TEST_CASE("the probability of being best is that of all resamples and ties share") {
  // Two values each: resamples (first, first), (first, second), (second, first), (second, second). x wins on the first
  // value by 1 and loses on the second by 3: x is best in one resample of four.
  const std::vector<Contestant> two{{{1, 0}, 0}, {{0, 3}, 0}};
  const auto share = probability_best(two, Better::higher, 40000, seed);
  CHECK(std::abs(share[0] - 0.25) < 5 * std::sqrt(0.25 * 0.75 / 40000));
  CHECK(share[0] + share[1] == doctest::Approx(1.0));
  CHECK(probability_best(two, Better::lower, 40000, seed)[1] == doctest::Approx(share[0]));
  const auto tied = probability_best(std::vector<Contestant>{{{1, 2}, 0}, {{1, 2}, 0}}, Better::higher, 500, seed);
  CHECK(tied[0] == doctest::Approx(0.5));
  // Drawn apart, x is 0, .5 or 1 and y 0, 1.5 or 3, with odds 1:2:1 each: x is best where y = 0 and x > 0, and shares
  // the draw where both are 0.
  const std::vector<Contestant> apart{{{1, 0}, 0}, {{0, 3}, 1}};
  CHECK(std::abs(probability_best(apart, Better::higher, 40000, seed)[0] - (0.25 * 0.75 + 0.25 * 0.25 / 2)) <
        5 * std::sqrt(0.22 * 0.78 / 40000));
}

TEST_CASE("metrics of a replication are those of its epochs") {
  const test::Scratch scratch;
  const std::string path = scratch.file("t.h5");
  test::run_to(path, test::ut_world(two_agents), 1);
  const TraceReader trace(path);
  const Window window{3, 40};
  const auto value = [&](Metric metric) { return replication_value(trace, "half", 1, window, metric); };
  double reward = 0.0, expected = 0.0, violation = 0.0;
  std::vector<double> arrived(2), accepted(2);
  const auto read = [&](const char* name) { return trace.read("half", name, 1, 3, 40); };
  const auto rewards = read("reward"), expectations = read("expected_reward"), residual = read("expected_residual");
  const auto came = read("arrived"), taken = read("accepted");
  for (std::size_t t = 0; t < 37; ++t) {
    reward += rewards[t] / 37;
    expected += expectations[t] / 37;
    violation += std::max({0.0, residual[2 * t], residual[2 * t + 1]}) / 37;
    for (std::size_t g = 0; g < 2; ++g) {
      arrived[g] += came[2 * t + g];
      accepted[g] += taken[2 * t + g];
    }
  }
  CHECK(value(Metric::reward) == doctest::Approx(reward));
  CHECK(value(Metric::expected_reward) == doctest::Approx(expected));
  CHECK(value(Metric::expected_reward) == doctest::Approx(.120833).epsilon(1e-5));  // U(0.5) of the reference world
  CHECK(value(Metric::violation) == doctest::Approx(violation));
  CHECK(value(Metric::violation) == doctest::Approx(.15));  // gap 0.25, tolerance 0.1
  CHECK(value(Metric::gap) == doctest::Approx(std::abs(accepted[0] / arrived[0] - accepted[1] / arrived[1])));
  CHECK(value(Metric::service_rate) == doctest::Approx((accepted[0] + accepted[1]) / (arrived[0] + arrived[1])));
  CHECK_THROWS_AS(replication_value(trace, "half", 1, {0, 41}, Metric::gap), ContractViolation);
}

TEST_CASE("traces have common applicants whatever their agents and constraints and else every difference is told") {
  const test::Scratch scratch;
  const auto write = [&](const char* name, const std::vector<std::string>& overrides) {
    test::run_to(scratch.file(name), test::build_valid(test::ut_world(two_agents), overrides), 1);
    return TraceReader(scratch.file(name));
  };
  const TraceReader first = write("a.h5", {});
  const TraceReader agents = write("b.h5", {"scenario=other", "agents=[{type: ofs, grid: 5}]", "trace.arms=5",
                                            "constraints.demographic_parity.tolerance=0.2"});
  CHECK(applicant_differences(first, agents).empty());
  CHECK(applicant_differences(first, first).empty());
  const auto constraints = constraint_differences(first, agents);
  REQUIRE(constraints.size() == 1);
  CHECK(constraints[0] == "constraints.demographic_parity.tolerance: 0.1 in " + first.path + ", 0.2 in " + agents.path);
  CHECK(applicant_differences(first, write("c.h5", {"environment.arrivals.size=5e2"})).empty());  // 500
  const TraceReader other = write("d.h5", {"seed=6", "horizon=41", "fidelity=counts", "environment.arrivals.size=100",
                                           "environment.dynamics=[{type: acceptance_share, rate: 0.1, gain: 1}]"});
  const auto differences = applicant_differences(first, other);
  CHECK(differences.size() == 4);  // not the horizon
  CHECK(differences[0] == "seed: 5 in " + first.path + ", 6 in " + other.path);
  CHECK(std::ranges::find(differences, "environment.dynamics: 0 entries in " + first.path + ", 1 entries in " +
                                           other.path) != differences.end());
}

TEST_SUITE_END();
