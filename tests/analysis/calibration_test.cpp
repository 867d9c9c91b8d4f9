#include "analysis/calibration.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace loopgate;

namespace {

/// n applicants of one score, of whom `successes` succeed.
void add(CalibrationTally& tally, int n, double score, int successes) {
  for (int i = 0; i < n; ++i) tally.add(score, i < successes);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("two clusters of scores have the known calibration error") {  // KA-M
  CalibrationTally tally;
  add(tally, 40, .25, 8);
  add(tally, 60, .6, 42);
  const auto bins = tally.bins(10);
  CHECK(bins.size() == 10);
  CHECK(bins[2].n == 40);
  CHECK(bins[2].success_rate == doctest::Approx(.2));
  CHECK(bins[7].n == 60);
  CHECK(bins[7].mean_score == doctest::Approx(.6));
  CHECK(calibration_error(bins) == doctest::Approx(.08));
  CHECK(calibration_in_the_large(bins) == doctest::Approx(.04));
}

TEST_CASE("bins hold equal masses and exact sums") {
  // Two applicants in each of 5,000 scores, below 1/2 crowded four times as densely.
  CalibrationTally tally;
  double total = 0.0;
  for (int i = 0; i < 5000; ++i) {
    const double score = i < 4000 ? i / 8000.0 : 0.5 + (i - 4000) / 2000.0;
    add(tally, 2, score, 1);
    total += 2 * score;
  }
  double n = 0.0, sum = 0.0;
  for (const CalibrationBin& bin : tally.bins(10)) {
    CHECK(std::abs(bin.n - 1000.0) <= 4.0);  // a cell holds at most four of them
    CHECK(bin.success_rate == doctest::Approx(0.5));
    n += bin.n;
    sum += bin.n * bin.mean_score;
  }
  CHECK(n == 10000);
  CHECK(sum == doctest::Approx(total).epsilon(1e-12));
}

TEST_CASE("equal scores stay together and the ends of the range have cells") {
  CalibrationTally tally;
  add(tally, 5, 0.0, 0);
  add(tally, 95, 1.0, 95);
  CHECK(calibration_error(tally.bins(10)) == 0.0);
  CHECK(std::isnan(calibration_error(CalibrationTally().bins(10))));
}

TEST_SUITE_END();
