#include <doctest/doctest.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

#include "core/run/individual_draw.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/source_dir.hpp"

using namespace loopgate;

namespace {

std::string world(const std::string& groups) {
  return "scenario: table\nseed: 5\nhorizon: 40\nenvironment:\n  population:\n    type: score_table\n    groups:\n" +
         groups + "  arrivals: {type: batch, size: 500}\nagents: [{type: fixed, threshold: 0.4}]\n";
}

const std::string good =
    "      - {name: x, share: 0.6, scores: [0.9, 0.1, 0.4], mass: [4, 1, 0], success: [0.9, 0.2, 0.5]}\n"
    "      - {name: y, share: 0.4, scores: [0.1, 0.5], mass: [0.3, 0.7], success: [0, 1]}\n";

void complains(const std::string& from, const std::string& to, const std::vector<std::string>& words) {
  std::string groups = good;
  REQUIRE(groups.find(from) != std::string::npos);
  groups.replace(groups.find(from), from.size(), to);
  Diagnostics diagnostics;
  test::build(world(groups), diagnostics);
  std::string all;
  for (const auto& error : diagnostics.errors()) all += error + "\n";
  CAPTURE(all);
  REQUIRE_FALSE(diagnostics.ok());
  for (const std::string& word : words) CHECK(all.find(word) != std::string::npos);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a score table answers by its sums and keeps empty bins") {
  const Scenario scenario = test::build_valid(world(good));
  const Composition start = scenario.law->start();
  CHECK(scenario.law->types().size() == 5);
  const Response x = scenario.law->respond(start, GroupId{0}, 0.4), all = scenario.law->respond(start, GroupId{0}, 0.1);
  CHECK(x.acceptance == doctest::Approx(0.8));
  CHECK(x.accepted_success == doctest::Approx(0.72));
  CHECK(all.accepted_success == doctest::Approx(0.76));
  CHECK(scenario.law->respond(start, GroupId{1}, 0.5).acceptance == doctest::Approx(0.7));
  CHECK(scenario.law->respond(start, GroupId{1}, 0.51).acceptance == 0.0);
  CHECK(scenario.law->qualification_rate(start, GroupId{1}) == doctest::Approx(0.7));
}

TEST_CASE("a score table that cannot be is named with its place") {
  complains("mass: [4, 1, 0]", "mass: [4, -1, 0]", {"groups[0].mass[1]", "out of range"});
  complains("mass: [4, 1, 0]", "mass: [0, 0, 0]", {"`x` sum to zero"});
  complains("mass: [4, 1, 0]", "mass: [4, 1]", {"groups[0].mass", "has 2 values", "3 scores"});
  complains("success: [0, 1]", "success: [0, 1.5]", {"groups[1].success[1]", "out of range"});
  complains("success: [0, 1]", "success: [0, nan]", {"not a number"});
  complains("scores: [0.1, 0.5]", "scores: [0.5, 0.5]", {"0.5 already"});
  complains("share: 0.4", "share: 0.3", {"sum to 0.9"});
  complains("name: y", "name: x", {"two groups have this name"});
  Diagnostics diagnostics;
  test::build(world(good), diagnostics, {"environment.population.file=table.csv"});
  REQUIRE(diagnostics.count() == 1);
  CHECK(diagnostics.errors()[0].find("both `file` and `groups`") != std::string::npos);
  Diagnostics second;
  test::build(world(good), second, {"environment.score_model={type: column, column: s}"});
  REQUIRE(second.count() == 1);
  CHECK(second.errors()[0].find("identity") != std::string::npos);
}

TEST_CASE("the COMPAS deciles give the known table") {
  const Scenario scenario = load_scenario(test::source_dir() + "/scenarios/compas_deciles.yaml", {}, test::catalog());
  const Composition start = scenario.law->start();
  const double table[][5] = {
      {4, 0.4239, 0.6690, 0.5216, 0.1878}, {5, 0.5257, 0.7641, 0.6207, 0.1925}, {9, 0.9285, 0.9762, 0.9475, 0.0919}};
  for (const auto& [decile, aa, c, rate, reward] : table) {
    const Response white = scenario.law->respond(start, GroupId{0}, 11 - decile),
                   black = scenario.law->respond(start, GroupId{1}, 11 - decile);
    CHECK(std::abs(white.acceptance - c) <= 5.1e-5);
    CHECK(std::abs(black.acceptance - aa) <= 5.1e-5);
    const double p = start.shares()[1];
    CHECK(std::abs((1 - p) * white.acceptance + p * black.acceptance - rate) <= 5.1e-5);
    const auto worth = [](const Response& r) { return 2 * r.accepted_success - r.acceptance; };
    CHECK(std::abs((1 - p) * worth(white) + p * worth(black) - reward) <= 5.1e-5);
  }
}

TEST_CASE("pooled parity of eight groups has sixteen residuals and all pairs fifty-six") {
  const std::string path = test::source_dir() + "/scenarios/many_groups.yaml";
  const std::string only = "constraints={demographic_parity: {tolerance: 0.1, pairs: ";
  CHECK(load_scenario(path, {only + "pooled}}"}, test::catalog()).problem.n_residuals() == 16);
  CHECK(load_scenario(path, {only + "all}}"}, test::catalog()).problem.n_residuals() == 56);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("people are drawn as the table says and the check rejects another table") {
  // Null: the rows of 40 epochs x 500 applicants fall into (bin, success) with the table's probabilities; chi-square
  // on 6 possible cells, alpha 5e-6 for each of the two checks.
  const Scenario scenario = test::build_valid(world(good));
  class Counter final : public RowSink {
   public:
    std::vector<std::array<double, 2>> count = std::vector<std::array<double, 2>>(5);
    void begin_epoch(const AcceptPropensity*) override {}
    void append(const ApplicantRows& rows) override {
      for (std::size_t i = 0; i < rows.size(); ++i) count[rows.type[i]][rows.success[i]] += 1.0;
    }
  } counter;
  LawAnswers answers(*scenario.law);
  IndividualDraw draw(answers, Seed{5}, Replication{0}, IndividualDraw::Laws::fixed, &counter);
  Counts counts(2);
  constexpr double n = 20000;
  for (std::uint32_t t = 0; t < 40; ++t)
    draw.tally(scenario.law->start(), std::vector<double>{0.4, 0.4}, t, n / 40, counts);
  const auto p_value = [&](double success_of_best) {
    double statistic = 0.0;
    int cells = 0;
    const auto types = scenario.law->types();
    for (std::size_t k = 0; k < types.size(); ++k) {
      const double success = k == 2 ? success_of_best : types[k].success;
      const double mass = types[k].mass * (types[k].group == 0 ? 0.6 : 0.4);
      for (const std::size_t good_outcome : {0U, 1U}) {
        const double expected = n * mass * (good_outcome == 1 ? success : 1 - success);
        if (expected == 0.0) {
          REQUIRE(counter.count[k][good_outcome] == 0.0);
          continue;
        }
        statistic += std::pow(counter.count[k][good_outcome] - expected, 2) / expected;
        ++cells;
      }
    }
    return boost::math::cdf(boost::math::complement(boost::math::chi_squared(cells - 1), statistic));
  };
  CHECK(p_value(0.9) > 5e-6);
  CHECK(p_value(0.88) < 5e-6);
}

TEST_SUITE_END();
