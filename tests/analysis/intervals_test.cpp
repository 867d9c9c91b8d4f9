#include "analysis/intervals.hpp"

#include <doctest/doctest.h>

#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

#include "analysis/paired.hpp"
#include "core/random/samplers.hpp"

using namespace loopgate;

namespace {

using Values = std::vector<double>;

Rng stream(std::uint32_t replication = 0) {
  return Rng(Seed{99}, static_cast<Replication>(replication), Stream::resampling());
}

constexpr double alpha = 1e-5 / 4;  // four checks that should pass share a false-alarm rate of 1e-5

/// P(at most, or at least, this many of n), the smaller of both doubled.
double binomial_p_value(int hits, int n, double p) {
  const boost::math::binomial law(n, p);
  const double low = boost::math::cdf(law, hits);
  const double high = hits == 0 ? 1.0 : boost::math::cdf(boost::math::complement(law, hits - 1));
  return std::min(1.0, 2.0 * std::min(low, high));
}

template <class Covers>
int covered(int n_samples, Covers covers) {
  int hits = 0;
  for (int i = 0; i < n_samples; ++i) {
    Rng rng = stream(static_cast<std::uint32_t>(i));
    if (covers(rng)) ++hits;
  }
  return hits;
}

Values sample(std::size_t n, Rng& rng, double (*draw)(Rng&)) {
  Values x(n);
  for (double& value : x) value = draw(rng);
  return x;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("Hall's interval is the known one and that of t without skewness") {
  const auto check = [](const std::vector<double>& x, double low, double high, double t_low, double t_high) {
    const Estimate hall = hall_interval(x, 0.95), t = t_interval(x, 0.95);
    CHECK(hall.mean == t.mean);
    CHECK(hall.n == x.size());
    CHECK(hall.low == doctest::Approx(low).epsilon(1e-5));
    CHECK(hall.high == doctest::Approx(high).epsilon(1e-5));
    CHECK(t.low == doctest::Approx(t_low).epsilon(1e-5));
    CHECK(t.high == doctest::Approx(t_high).epsilon(1e-5));
  };
  check({1, 2, 6}, -1.663809, 26.908015, -3.572411, 9.572411);
  check({.02, .05, .03, .06, .04}, .020368, .059632, .020368, .059632);
  check({0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, -.045016, .814585, -.126216, .326216);
  check({.1, .2, .1, .4, .3, .2, .1, .9, .2, .3}, .158853, .943503, .108712, .451288);
  CHECK(hall_interval(std::vector<double>(4, .25), 0.95).low == .25);
  CHECK(std::isnan(hall_interval(std::vector<double>{.3}, 0.95).low));
}

TEST_CASE("the t interval of five differences is the known one") {
  const Values d{.02, .05, .03, .06, .04};
  const Estimate e = t_interval(d, 0.95);
  CHECK(e.mean == doctest::Approx(.04));
  CHECK(std::sqrt(sample_variance(d)) == doctest::Approx(.015811).epsilon(1e-4));
  CHECK(e.mean / std::sqrt(sample_variance(d) / 5) == doctest::Approx(5.656854).epsilon(1e-6));
  CHECK(e.low == doctest::Approx(.020368).epsilon(1e-4));
  CHECK(e.high == doctest::Approx(.059632).epsilon(1e-4));
  CHECK(e.n == 5);
}

TEST_CASE("one value has a mean and no interval and none has neither") {
  Rng rng = stream();
  for (const Estimate& e : {t_interval(Values{3.0}, 0.95), bca_interval(Values{3.0}, 0.95, 1000, rng)}) {
    CHECK(e.mean == 3.0);
    CHECK(std::isnan(e.low));
    CHECK(std::isnan(e.high));
  }
  CHECK(std::isnan(t_interval(Values{}, 0.95).mean));
  CHECK(std::isnan(sample_variance(Values{1.0})));
}

TEST_CASE("the acceleration of 1 2 6 is known and equal values have none") {
  CHECK(bca_acceleration(Values{1, 2, 6}) == doctest::Approx(.057270).epsilon(1e-4));
  CHECK(bca_acceleration(Values{6, 2, 1}) == doctest::Approx(.057270).epsilon(1e-4));
  CHECK(bca_acceleration(Values{-1, -2, -6}) == doctest::Approx(-.057270).epsilon(1e-4));
  CHECK(bca_acceleration(Values{2, 2, 2}) == 0.0);
}

TEST_CASE("equal values have an interval of no width") {
  Rng rng = stream();
  const Estimate e = bca_interval(Values{.1, .1, .1, .1}, 0.95, 200, rng);
  CHECK(e.low == e.mean);
  CHECK(e.high == e.mean);
}

TEST_CASE("the BCa interval follows a long right tail and comes out alike again") {
  const Values x{0.1, 0.2, 0.2, 0.3, 0.4, 0.4, 0.6, 0.9, 1.5, 4.0};
  Rng rng = stream(), again = stream(), other = stream(1);
  const Estimate e = bca_interval(x, 0.95, 10000, rng), same = bca_interval(x, 0.95, 10000, again);
  CHECK(e.high - e.mean > 1.5 * (e.mean - e.low));
  CHECK(e.low == same.low);
  CHECK(e.high == same.high);
  CHECK(bca_interval(x, 0.95, 10000, other).high != e.high);
  Values mirrored(x);
  for (double& value : mirrored) value = -value;
  Rng mirror = stream();
  const Estimate m = bca_interval(mirrored, 0.95, 10000, mirror);
  CHECK(-m.low == doctest::Approx(e.high).epsilon(0.02));
  CHECK(-m.high == doctest::Approx(e.low).epsilon(0.02));
  CHECK(bca_interval(x, 0.8, 10000, again).high < e.high);
}

TEST_CASE("many BCa intervals at once are those of each sample alone") {
  // More samples than are drawn together, of three sizes, among them some that need no draw.
  std::vector<Values> samples{{}, {3.0}, {.1, .1, .1}};
  Rng draws = stream(7);
  for (std::size_t i = 0; i < 150; ++i) samples.push_back(sample(i % 3 == 0 ? 5 : 12, draws, sample_exponential));
  const auto all = bca_intervals(samples, 0.95, 400, stream());
  REQUIRE(all.size() == samples.size());
  CHECK(std::isnan(all[0].mean));
  for (std::size_t i = 1; i < samples.size(); ++i) {
    CAPTURE(i);
    Rng rng = stream();
    const Estimate one = bca_interval(samples[i], 0.95, 400, rng);
    CHECK(all[i].n == samples[i].size());
    CHECK(all[i].mean == one.mean);
    if (i == 1) continue;
    CHECK(all[i].low == one.low);
    CHECK(all[i].high == one.high);
  }
}

TEST_CASE("Hoeffding planning gives the known sizes") {
  CHECK(hoeffding_sample_size(.01, 1.0, .95) == 18445);
  CHECK(hoeffding_half_width(100, 1.0, .95) == doctest::Approx(.135810).epsilon(1e-5));
  CHECK(hoeffding_half_width(100, 2.0, .95) == doctest::Approx(.271620).epsilon(1e-5));
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("statistical");

TEST_CASE("resampled means of 1 2 3 come with the exact shares") {
  // 27 resamples; the exact standard error of the mean is sqrt(2/9) = 0.471405. Null: the shares below, n = 27,000.
  Rng rng = stream();
  const Values means = bootstrap_means(Values{1, 2, 3}, 27000, rng);
  std::array<double, 7> seen{};
  for (const double m : means) ++seen.at(static_cast<std::size_t>(std::lround(3.0 * m)) - 3);
  const auto p_value = [&](std::array<double, 7> ways) {
    double statistic = 0.0;
    for (std::size_t k = 0; k < 7; ++k) {
      const double expected = 1000.0 * ways[k];
      statistic += (seen[k] - expected) * (seen[k] - expected) / expected;
    }
    return boost::math::cdf(boost::math::complement(boost::math::chi_squared(6), statistic));
  };
  CHECK(p_value({1, 3, 6, 7, 6, 3, 1}) > alpha);
  CHECK(p_value({1, 3, 6.5, 6, 6.5, 3, 1}) < alpha);  // the middle taken for 6 of 27
  CHECK(std::sqrt(sample_variance(means)) == doctest::Approx(.471405).epsilon(0.02));
}

TEST_CASE("95 % t intervals of eight normal values cover 95 % of the time") {
  // Null: coverage 0.95, exact for normal values; 10,000 samples. With the normal quantile it would be 0.909.
  constexpr int n = 10000;
  const int hits = covered(n, [](Rng& rng) {
    const Estimate e = t_interval(sample(8, rng, sample_normal), 0.95);
    return e.low <= 0.0 && 0.0 <= e.high;
  });
  const int normal_hits = covered(n, [](Rng& rng) {
    const Values x = sample(8, rng, sample_normal);
    return std::abs(mean(x)) <= 1.959964 * std::sqrt(sample_variance(x) / 8);
  });
  CHECK(binomial_p_value(hits, n, 0.95) > alpha);
  CHECK(binomial_p_value(normal_hits, n, 0.95) < alpha);
}

TEST_CASE("95 % BCa intervals of thirty exponential values cover at least 91 % of the time") {
  // Its coverage is 0.95 - O(1/n). Null: coverage >= 0.91; 800 samples. Intervals of level 0.80 fail the same check.
  constexpr int n = 800;
  const auto hits = [](double level) {
    return covered(n, [level](Rng& rng) {
      const Values x = sample(30, rng, sample_exponential);
      const Estimate e = bca_interval(x, level, 500, rng);
      return e.low <= 1.0 && 1.0 <= e.high;
    });
  };
  const boost::math::binomial law(n, 0.91);
  CHECK(boost::math::cdf(law, hits(0.95)) > alpha);
  CHECK(boost::math::cdf(law, hits(0.80)) < alpha);
}

TEST_CASE("a sign-flip test of ten symmetric differences rejects as often as it says") {
  // p is a multiple of 2/1024, so P(p <= 0.05) = 50/1024 for continuous symmetric laws; 10,000 samples. A p-value of
  // half the size, as a one-sided test would give for the direction seen, is found out.
  constexpr int n = 10000;
  const auto rejections = [](double factor) {
    return covered(n, [factor](Rng& rng) {
      return factor * sign_flip_p_value(sample(10, rng, sample_normal), 1000, rng) <= 0.05;
    });
  };
  CHECK(binomial_p_value(rejections(1.0), n, 50.0 / 1024) > alpha);
  CHECK(binomial_p_value(rejections(0.5), n, 50.0 / 1024) < alpha);
}

TEST_SUITE_END();
