#include "analysis/decimated_series.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace loopgate;

TEST_SUITE_BEGIN("unit");

TEST_CASE("bins cover a window without a gap and differ by at most one epoch") {
  for (const Window window : {Window{0, 1000}, Window{7, 1008}, Window{3, 10}, Window{0, 1}, Window{5, 4294967295U}}) {
    const EpochBins bins(window, 250);
    CHECK(bins.size() == std::min<std::size_t>(250, window.end - window.begin));
    CHECK(bins.bin(0).begin == window.begin);
    CHECK(bins.bin(bins.size() - 1).end == window.end);
    const std::uint32_t least = (window.end - window.begin) / static_cast<std::uint32_t>(bins.size());
    for (std::size_t b = 0; b < bins.size(); ++b) {
      const Window bin = bins.bin(b);
      if (b > 0) REQUIRE(bin.begin == bins.bin(b - 1).end);
      REQUIRE(bin.end - bin.begin - least <= 1);
      REQUIRE(bins.of(bin.begin) == b);
      REQUIRE(bins.of(bin.end - 1) == b);
    }
  }
}

TEST_CASE("a bin's interval is that of the replications' bin means") {
  DecimatedSeries series(2);
  for (const double level : {1.0, 2.0, 3.0}) {
    BinnedRun run(2);
    run.add(0, level - 0.5);
    run.add(0, level + 0.5);
    if (level < 3.0) run.add(1, 7.0);
    series.add(run);
  }
  const Estimate first = series.estimate(0), second = series.estimate(1);
  CHECK(first.n == 3);
  CHECK(first.mean == doctest::Approx(2.0));
  // 0.975-quantile of t with 2 degrees of freedom over the root of 3.
  CHECK(first.high - first.mean == doctest::Approx(4.302652729911275 / std::sqrt(3.0)));
  CHECK(first.mean - first.low == doctest::Approx(4.302652729911275 / std::sqrt(3.0)));
  CHECK(series.lowest(0) == 0.5);
  CHECK(series.highest(0) == 3.5);
  CHECK(second.n == 2);
  CHECK(second.low == 7.0);
  CHECK(second.high == 7.0);
}

TEST_CASE("what is undefined stays so and one replication has no interval") {
  DecimatedSeries series(3);
  BinnedRun run(3);
  run.add(0, 1.0);
  run.add(0, undefined);
  run.add(1, undefined);
  series.add(run);
  CHECK(series.estimate(0).mean == 1.0);
  CHECK(std::isnan(series.estimate(0).high));
  for (const std::size_t b : {1, 2}) {
    CHECK(series.estimate(b).n == 0);
    CHECK(std::isnan(series.estimate(b).mean));
    CHECK(std::isnan(series.lowest(b)));
    CHECK(std::isnan(series.highest(b)));
  }
  series.add(std::vector<double>{3.0, undefined, 5.0});
  CHECK(series.estimate(0).mean == 2.0);
  CHECK(series.highest(0) == 3.0);
  CHECK(series.estimate(2).n == 1);
}

TEST_CASE("a million epochs keep their mean and their extremes") {
  constexpr std::uint32_t n = 1'000'000;
  const EpochBins bins({0, n}, 250);
  DecimatedSeries series(bins.size());
  double total = 0.0;
  for (const std::uint32_t spike : {123'456U, 999'999U}) {
    BinnedRun run(bins.size());
    for (std::uint32_t t = 0; t < n; ++t) {
      const double value = t == spike ? 50.0 : t == 7 ? -50.0 : std::sin(1e-3 * t);
      total += value;
      run.add(bins.of(t), value);
    }
    series.add(run);
  }
  double of_bins = 0.0;
  for (std::size_t b = 0; b < series.size(); ++b) of_bins += series.estimate(b).mean;
  CHECK(of_bins / 250.0 == doctest::Approx(total / (2.0 * n)).epsilon(1e-10));
  CHECK(series.lowest(0) == -50.0);
  CHECK(series.highest(bins.of(123'456)) == 50.0);
  CHECK(series.highest(249) == 50.0);
  CHECK(series.highest(1) <= 1.0);
}

TEST_SUITE_END();
