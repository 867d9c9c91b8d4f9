#include "analysis/loop_tally.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "analysis/convergence.hpp"
#include "analysis/intervals.hpp"

using namespace loopgate;

namespace {

using Values = std::vector<double>;

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("batches of a series double where there would be too many") {
  Values y;
  BatchedSeries series(8);
  for (int t = 0; t < 37; ++t) {
    y.push_back(t * t);
    series.add(y.back());
    const std::size_t size = series.batch_size();
    CHECK(size == (t < 8 ? 1U : t < 17 ? 2U : t < 35 ? 4U : 8U));
    const Values expected = batch_means(y, size);
    REQUIRE(series.means().size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(series.means()[i] == doctest::Approx(expected[i]));
  }
}

TEST_CASE("moments of a stream are those of its values") {
  RunningMoments moments;
  CHECK(std::isnan(moments.mean));
  const Values y{1e6, 1e6 + 1, 1e6 + 4};
  for (const double value : y) {
    CHECK(std::isnan(moments.sample_variance()) == (moments.n < 2));
    moments.add(value);
  }
  CHECK(moments.mean == doctest::Approx(mean(y)).epsilon(1e-15));
  CHECK(moments.sample_variance() == doctest::Approx(13.0 / 3).epsilon(1e-9));
}

TEST_CASE("an autoregression is of the longest stretch under one threshold and of what came of it") {
  // Epochs 0 to 2 under 0.1; 3 to 6 under 0.2; 7 to 9 under 0.1 again. The state met at epoch 7 is still the work of
  // 0.2.
  LoopTally tally({0, 10}, {7, 10}, 2, 1);
  const Values state{5, 7, 1, 0, 1, 1.5, 1.75, 1.875, 9, 3};
  for (std::uint32_t t = 0; t < 10; ++t) {
    const double threshold = t < 3 || t > 6 ? 0.1 : 0.2;
    tally.add(t, Values{threshold, 0.5}, Values{state[t]}, 0.0, undefined);
  }
  tally.finish();
  CHECK(tally.held_epochs == 4);
  CHECK(tally.held_threshold == Values{0.2, 0.5});
  CHECK(tally.held_fit[0].n == 4);
  CHECK(tally.held_fit[0].slope == doctest::Approx(0.5));
  CHECK(tally.held_fit[0].fixed_point == doctest::Approx(2.0));
  CHECK(tally.tail_threshold[0].mean == doctest::Approx(0.1));
  CHECK(tally.tail_state[0].mean == doctest::Approx((1.875 + 9 + 3) / 3));
  CHECK(tally.tail_state[0].n == 3);
}

TEST_CASE("a path that has come to rest but for rounding has no slope") {
  AutoRegressionTally tally;
  for (int t = 0; t < 50; ++t) tally.add(0.625 + (t % 3) * 1e-16);
  CHECK(tally.n_steps() == 49);
  CHECK(std::isnan(tally.fit().slope));
}

TEST_CASE("a signal is settled after its jump and its tail tells of a change") {
  SignalTally still({100, 1100}, {850, 1100}), jump = still, step = still, ramp = still;
  for (std::uint32_t t = 100; t < 1100; ++t) {
    const double jitter = 0.1 * std::sin(static_cast<double>(t) * 1.7);
    still.add(t, jitter);
    jump.add(t, jitter + (t < 280 ? 5.0 : 0.0));
    step.add(t, t < 975 ? jitter : jitter + 1.0);
    ramp.add(t, t);
  }
  CHECK(still.settled_from() == 0.0);
  CHECK(jump.settled_from() == 200.0);
  CHECK(std::isnan(ramp.settled_from()));  // its batches are as dependent as can be
  CHECK(still.tail_is_stationary() == 1.0);
  CHECK(jump.tail_is_stationary() == 1.0);
  CHECK(step.tail_is_stationary() == 0.0);
  CHECK(step.tail_change() == doctest::Approx(1.0).epsilon(0.01));
  SignalTally short_one({0, 60}, {45, 60});
  for (std::uint32_t t = 0; t < 60; ++t) short_one.add(t, t);
  CHECK(std::isnan(short_one.settled_from()));
  CHECK(std::isnan(short_one.tail_is_stationary()));
  CHECK(short_one.tail_change() == doctest::Approx(8.0));  // 53..59 and 45..51: the middle epoch is in neither half
}

TEST_CASE("a signal that does not vary is settled from the start and a short or slow one is not told") {
  const auto fed = [](std::uint32_t n, auto value) {
    SignalTally tally({0, n}, {n / 2, n});
    for (std::uint32_t t = 0; t < n; ++t) tally.add(t, value(t));
    return tally.settled_from();
  };
  const auto noise = [](std::uint32_t t) { return std::sin(static_cast<double>(t) * 1.7); };
  CHECK(fed(500, [](std::uint32_t) { return 0.3; }) == 0.0);
  CHECK(fed(20000, [](std::uint32_t) { return 0.3; }) == 0.0);
  CHECK(fed(500, noise) == 0.0);
  CHECK(std::isnan(fed(499, noise)));
  CHECK(std::isnan(fed(5000, [&](std::uint32_t t) { return noise(t) + std::sin(static_cast<double>(t) / 500); })));
}

TEST_CASE("the halves of a signal leave undefined epochs out") {
  SignalTally tally({0, 8}, {0, 8});
  for (const std::uint32_t t : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U}) tally.add(t, t == 1 || t == 6 ? undefined : t);
  CHECK(tally.tail().n == 6);
  CHECK(tally.tail_change() == doctest::Approx(16.0 / 3 - 5.0 / 3));
}

TEST_SUITE_END();
