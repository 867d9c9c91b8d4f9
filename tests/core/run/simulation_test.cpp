#include <doctest/doctest.h>

#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "core/random/philox.hpp"
#include "core/run/individual_draw.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;
using test::equal_agents;
using test::run_to;
using test::Scratch;

namespace {

const std::string moving = "  dynamics: [{type: acceptance_ratio, rate: 0.2}]\n";

}  // namespace

TEST_SUITE_BEGIN("determinism");

TEST_CASE("one thread and two give the same datasets and another seed does not") {
  const Scratch scratch;
  const std::string yaml = test::ut_world("[{type: ofs, grid: 11}, {type: thompson, grid: 11}]", moving);
  run_to(scratch.file("1.h5"), yaml, 1);
  run_to(scratch.file("2.h5"), yaml, 2);
  std::string other = yaml;
  other.replace(other.find("seed: 5"), 7, "seed: 6");
  run_to(scratch.file("3.h5"), other, 1);
  const TraceReader one(scratch.file("1.h5")), two(scratch.file("2.h5")), three(scratch.file("3.h5"));
  for (const char* label : {"ofs", "thompson"}) {
    CHECK(equal_agents(one, two, label));
    CHECK_FALSE(equal_agents(one, three, label));
  }
}

TEST_CASE("adding an agent leaves the data of the others as they were") {
  const Scratch scratch;
  run_to(scratch.file("1.h5"), test::ut_world("[{type: epsilon_greedy, grid: 11}]", moving), 1);
  run_to(scratch.file("2.h5"), test::ut_world("[{type: random, grid: 11}, {type: epsilon_greedy, grid: 11}]", moving),
         1);
  CHECK(equal_agents(TraceReader(scratch.file("1.h5")), TraceReader(scratch.file("2.h5")), "epsilon_greedy"));
}

TEST_CASE("agents meet the same applicants while their populations are the same") {
  const Scratch scratch;
  run_to(scratch.file("1.h5"),
         test::ut_world("[{type: fixed, threshold: 0.3}, {type: fixed, label: strict, threshold: 0.8}]"), 1);
  const TraceReader trace(scratch.file("1.h5"));
  for (const char* column : {"arrived", "qualified"})
    CHECK(trace.read("fixed", column, 1, 0, 40) == trace.read("strict", column, 1, 0, 40));
  CHECK(trace.read("fixed", "accepted", 1, 0, 40) != trace.read("strict", "accepted", 1, 0, 40));
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("tables count exactly what the law itself says of each applicant") {
  for (const std::string law : {"{law: uniform, low: 0, high: 1}", "{law: triangular, low: 0, mode: 0.3, high: 1}",
                                "{law: beta, mean: 0.4, precision: 3}", "{law: logit_normal, mean: 0.4, sd: 1}"}) {
    CAPTURE(law);
    std::string yaml = test::ut_world("[{type: fixed, threshold: 0.4}]");
    yaml.replace(yaml.find("{law: uniform, low: 0, high: 1}"), 31, law);
    Diagnostics diagnostics;
    const Scenario scenario = test::build(yaml, diagnostics);
    REQUIRE(diagnostics.ok());
    const Composition start = scenario.law->start();
    const std::vector<double> threshold{0.4, 0.25};
    constexpr std::uint32_t n = 20000;
    for (const auto laws : {IndividualDraw::Laws::fixed, IndividualDraw::Laws::moving}) {
      LawAnswers answers(*scenario.law);
      IndividualDraw draw(answers, Seed{5}, Replication{1}, laws);
      Counts counts(2);
      draw.tally(start, threshold, 3, n, counts);
      Counts exact(2);
      for (std::uint32_t i = 0; i < n; ++i) {
        const auto words = philox_block({i, 3, 0, 1}, {5, 0});
        const std::size_t g = words[0] < 2147483648U ? 0 : 1;
        const std::uint64_t position = (static_cast<std::uint64_t>(words[1]) << 32U) | words[2];
        double score = 0.0, success = 0.0;
        std::uint32_t type = 0;
        scenario.law->resolve(start, static_cast<GroupId>(g), {&position, 1}, {&score, 1}, {&success, 1}, {&type, 1});
        const bool accepted = score >= threshold[g], good = words[3] / 4294967296.0 < success;
        exact.arrived[g] += 1;
        exact.accepted[g] += accepted;
        exact.qualified[g] += good;
        exact.succeeded[g] += accepted && good;
      }
      CHECK(counts.arrived == exact.arrived);
      CHECK(counts.accepted == exact.accepted);
      CHECK(counts.qualified == exact.qualified);
      CHECK(counts.succeeded == exact.succeeded);
    }
  }
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("unit");

TEST_CASE("world UT has its exact rates and utility") {
  Diagnostics diagnostics;
  const Scenario scenario = test::build(test::ut_world("[{type: fixed, threshold: 0.4}]"), diagnostics);
  REQUIRE(diagnostics.ok());
  const Composition start = scenario.law->start();
  const double table[][3] = {{0.1, 0.09, 0.0675}, {0.2, 0.16, 0.101333}, {0.4, 0.24, 0.126}, {0.9, 0.09, 0.030167}};
  for (const auto& [t, gap, utility] : table) {
    const Response a = scenario.law->respond(start, GroupId{0}, t), b = scenario.law->respond(start, GroupId{1}, t);
    CHECK(a.acceptance - b.acceptance == doctest::Approx(gap));
    const auto worth = [](const Response& r) {
      return 0.6 * r.accepted_success - 0.4 * (r.acceptance - r.accepted_success);
    };
    CHECK((worth(a) + worth(b)) / 2 == doctest::Approx(utility).epsilon(1e-5));
  }
}

TEST_CASE("acceptance_ratio approaches its fixed point at its known rate") {
  // KA-UT4: p' = (1 - a) p + a h, h = 0.625 at t = 0.4, a = 0.2.
  Diagnostics diagnostics;
  const Scenario scenario = test::build(test::ut_world("[{type: fixed, threshold: 0.4}]", moving), diagnostics);
  REQUIRE(diagnostics.ok());
  Composition now = scenario.law->start();
  const std::vector<double> arrived{100, 100}, accepted{60, 36}, none{0, 0}, absent{100, 0};
  for (const double expected : {0.525, 0.545, 0.561, 0.5738}) {
    scenario.dynamics[0]->evolve({arrived, accepted, none, none}, scenario.start.dynamics[0], now);
    CHECK(now.shares()[0] == doctest::Approx(expected));
  }
  scenario.dynamics[0]->evolve({arrived, none, none, none}, scenario.start.dynamics[0], now);
  scenario.dynamics[0]->evolve({absent, accepted, none, none}, scenario.start.dynamics[0], now);
  CHECK(now.shares()[0] == doctest::Approx(0.5738));
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("acceptance in world UT has its mean and the check rejects a mean off by 0.02") {
  // Null: accepted of A ~ Binomial(arrived of A, 0.6); about 20,000 arrivals; alpha 1e-5 over two checks.
  const Scratch scratch;
  run_to(scratch.file("1.h5"), test::ut_world("[{type: fixed, threshold: 0.4}]"), 1);
  const TraceReader trace(scratch.file("1.h5"));
  double arrived = 0.0, accepted = 0.0;
  for (std::uint32_t r = 0; r < 2; ++r) {
    const auto came = trace.read("fixed", "arrived", r, 0, 40), taken = trace.read("fixed", "accepted", r, 0, 40);
    for (std::size_t i = 0; i < came.size(); i += 2) {
      arrived += came[i];
      accepted += taken[i];
    }
  }
  const auto p_value = [&](double p) {
    const double z = std::abs(accepted - arrived * p) / std::sqrt(arrived * p * (1 - p));
    return 2 * boost::math::cdf(boost::math::complement(boost::math::normal(), z));
  };
  CHECK(p_value(0.6) > 5e-6);
  CHECK(p_value(0.58) < 5e-6);
}

TEST_SUITE_END();
