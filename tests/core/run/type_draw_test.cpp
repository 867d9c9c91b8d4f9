#include "core/run/type_draw.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "core/run/count_draw.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

Scenario bins() {
  return test::build_valid(
      "scenario: bins\nseed: 5\nhorizon: 1\nenvironment:\n  population: {type: score_table, groups: [{name: a, share: "
      "0.7, scores: [0.1, 0.4, 0.8], mass: [1, 3, 2], success: [0.2, 0.5, 0.9]}, {name: b, share: 0.3, scores: [0.2, "
      "0.6], mass: [5, 1], success: [0.1, 0.7]}]}\n  arrivals: {type: batch, size: 30}\nagents: [{type: fixed, "
      "threshold: 0.4}]\n");
}

const std::vector<double> threshold{0.4, 0.4};

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("means by type add up to the mean field of groups whatever the scores") {
  const Scenario scenario = bins();
  TypeTally tally(5);
  LawAnswers answers(*scenario.law);
  TypeMeanDraw by_type(*scenario.law, tally);
  MeanFieldDraw by_group(answers);
  Composition now = scenario.law->start();
  for (const std::vector<double>& scores : {std::vector<double>{}, {0.9, 0.1, 0.4, 0.3, 0.5}}) {
    if (!scores.empty()) now.set_type_scores(scores);
    for (const bool exploring : {false, true}) {
      const Exploration some{{0.1, 0.3}, {0.2, 0.6}};
      by_type.explore(exploring ? std::span(&some, 1) : std::span<const Exploration>{});
      by_group.explore(exploring ? std::span(&some, 1) : std::span<const Exploration>{});
      Counts a(2), b(2);
      by_type.tally(now, threshold, 0, 60.0, a);
      by_group.tally(now, threshold, 0, 60.0, b);
      for (std::size_t g = 0; g < 2; ++g) {
        CHECK(a.arrived[g] == doctest::Approx(b.arrived[g]).epsilon(1e-12));
        CHECK(a.accepted[g] == doctest::Approx(b.accepted[g]).epsilon(1e-12));
        CHECK(a.succeeded[g] == doctest::Approx(b.succeeded[g]).epsilon(1e-12));
        CHECK(a.qualified[g] == doctest::Approx(b.qualified[g]).epsilon(1e-12));
        CHECK(a.explored[g] == doctest::Approx(b.explored[g]).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("who arrives and would succeed does not depend on thresholds or scores") {
  const Scenario scenario = bins();
  TypeTally first(5), second(5);
  TypeCountDraw a(*scenario.law, first, Seed{3}, Replication{0}), b(*scenario.law, second, Seed{3}, Replication{0});
  Composition now = scenario.law->start();
  Counts one(2), other(2);
  a.tally(now, threshold, 7, 200.0, one);
  now.set_type_scores(std::vector<double>{0.9, 0.1, 0.4, 0.3, 0.5});
  b.tally(now, std::vector<double>{0.0, 1.0}, 7, 200.0, other);
  CHECK(first.arrived == second.arrived);
  CHECK(one.qualified == other.qualified);
  CHECK(one.accepted != other.accepted);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("counts by type have the law of their population") {
  // Null: over 4000 epochs of 30 applicants, arrivals, acceptances and successes of each of 5 types have binomial
  // means. 12 z tests (5 arrivals, 3 accepted types' successes, 4 group counts of qualified and accepted); alpha = 1e-5
  // in all: |z| < 5.0. The wrong law has masses in the wrong order.
  constexpr double n_epochs = 4000, n = 30;
  const Scenario scenario = bins();
  const std::vector<ApplicantType> types = scenario.law->types();
  TypeTally tally(5);
  TypeCountDraw draw(*scenario.law, tally, Seed{9}, Replication{0});
  Counts counts(2);
  std::vector<double> arrived(5), succeeded(5), qualified(2), accepted(2);
  for (std::uint32_t t = 0; t < n_epochs; ++t) {
    draw.tally(scenario.law->start(), threshold, t, n, counts);
    for (std::size_t k = 0; k < 5; ++k) {
      arrived[k] += tally.arrived[k];
      succeeded[k] += tally.succeeded[k];
    }
    for (std::size_t g = 0; g < 2; ++g) {
      qualified[g] += counts.qualified[g];
      accepted[g] += counts.accepted[g];
    }
    REQUIRE(std::accumulate(tally.arrived.begin(), tally.arrived.end(), 0.0) == n);
  }
  const auto z = [&](double sum, double p) {
    return std::abs(sum - n_epochs * n * p) / std::sqrt(n_epochs * n * p * (1.0 - p));
  };
  const std::vector<double> share{0.7, 0.3};
  double largest = 0.0, wrong = 0.0;
  std::vector<double> q(2), a(2);
  for (std::size_t k = 0; k < 5; ++k) {
    const double p = share[types[k].group] * types[k].mass;
    largest = std::max(largest, z(arrived[k], p));
    wrong = std::max(wrong, z(arrived[k], share[types[k].group] * types[k < 3 ? 2 - k : 7 - k].mass));
    if (types[k].score >= 0.4) largest = std::max(largest, z(succeeded[k], p * types[k].success));
    else CHECK(succeeded[k] == 0.0);
    q[types[k].group] += p * types[k].success;
    if (types[k].score >= 0.4) a[types[k].group] += p;
  }
  for (std::size_t g = 0; g < 2; ++g) largest = std::max({largest, z(qualified[g], q[g]), z(accepted[g], a[g])});
  CHECK(largest < 5.0);
  CHECK(wrong > 5.0);
}

TEST_SUITE_END();
