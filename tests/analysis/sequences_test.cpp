#include "analysis/sequences.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <vector>

#include "core/error.hpp"

using namespace loopgate;

namespace {

using Values = std::vector<double>;

/// One run of a drifting series: values 0 or 1 whose mean depends on the epoch and on the value before.
struct Drifting {
  Rng rng;
  int t = 0;
  double last = 0.0, expected = 0.0, sum_expected = 0.0;

  explicit Drifting(std::uint32_t r) : rng(Seed{21}, static_cast<Replication>(r), Stream::resampling()) {}
  double next(double scale) {
    expected = scale * (0.5 + 0.3 * std::sin(t++ / 40.0) + 0.15 * (last - 0.5));
    sum_expected += expected;
    return last = rng.uniform() < expected ? 1.0 : 0.0;
  }
  double truth() const { return sum_expected / t; }
};

/// Runs in which the interval misses the running mean at any of 600 epochs.
template <class Make>
int missed(int n_runs, double scale, Make make) {
  int runs = 0;
  for (int r = 0; r < n_runs; ++r) {
    Drifting world(static_cast<std::uint32_t>(r));
    auto sequence = make();
    bool miss = false;
    for (int t = 0; t < 600 && !miss; ++t) {
      sequence.add(world.next(scale));
      const Estimate e = sequence.estimate();
      miss = world.truth() < e.low || world.truth() > e.high;
    }
    runs += miss ? 1 : 0;
  }
  return runs;
}

/// The mistake these sequences are there for: a 95 % interval for one look, looked at after every epoch.
struct OneLook {
  double sum = 0.0;
  std::size_t n = 0;
  void add(double value) {
    sum += value;
    ++n;
  }
  Estimate estimate() const {
    const double m = sum / static_cast<double>(n), half = 0.98 / std::sqrt(static_cast<double>(n));
    return {m, m - half, m + half, n};
  }
};

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("normal-mixture and stitched boundaries are the known ones") {
  const double rho = normal_mixture_rho(25.0, .05);
  CHECK(rho == doctest::Approx(3.150140).epsilon(1e-6));
  CHECK(normal_mixture_boundary(25.0, rho, .05) == doctest::Approx(15.176045).epsilon(1e-7));
  CHECK(normal_mixture_boundary(100.0, rho, .05) / 400 == doctest::Approx(.078178).epsilon(1e-4));
  CHECK(stitched_boundary(25.0, 1.0, 0.0, .025) == doctest::Approx(19.319).epsilon(1e-4));
  CHECK(stitched_boundary(0.2, 1.0, 0.0, .025) == stitched_boundary(1.0, 1.0, 0.0, .025));
  CHECK(stitched_boundary(25.0, 1.0, 1.0, .025) > 19.319);
}

TEST_CASE("a mixture sequence has the known half-width and stays in the range of its values") {
  MixtureSequence sequence({0.0, 1.0}, .05, 100), scaled({-1.0, 1.0}, .05, 100);
  CHECK(std::isnan(sequence.estimate().mean));
  for (int i = 0; i < 100; ++i) {
    sequence.add(i % 2);
    scaled.add(i % 2 == 0 ? -1.0 : 1.0);
    if (i == 0) CHECK(sequence.estimate().low == 0.0);
  }
  CHECK(sequence.estimate().mean == 0.5);
  CHECK(sequence.estimate().high - 0.5 == doctest::Approx(.151760).epsilon(1e-5));
  CHECK(scaled.estimate().high == doctest::Approx(2 * .151760).epsilon(1e-5));
  CHECK_THROWS_AS(sequence.add(1.5), ContractViolation);
  CHECK_THROWS_AS(sequence.add(undefined), ContractViolation);
}

TEST_CASE("values that hardly vary have a far narrower Bernstein sequence") {
  MixtureSequence mixture({0.0, 1.0}, .05, 5000);
  BernsteinSequence bernstein({0.0, 1.0}, .05);
  for (int t = 0; t < 5000; ++t) {
    const double violation = t % 50 == 0 ? 0.02 : 0.0;
    mixture.add(violation);
    bernstein.add(violation);
  }
  const Estimate wide = mixture.estimate(), narrow = bernstein.estimate();
  CHECK(narrow.mean == doctest::Approx(0.0004));
  CHECK(narrow.low <= narrow.mean);
  CHECK(narrow.high - narrow.mean < 0.2 * (wide.high - wide.mean));
}

TEST_CASE("the predictable mixture of a hundred ones has the known bound") {
  CHECK(predictable_mixture_lower(Values(100, 1.0), .025, 0.0) == doctest::Approx(.922359).epsilon(1e-6));
  CHECK(predictable_mixture_lower(Values(100, 0.0), .025, 0.0) == 0.0);
  CHECK(predictable_mixture_lower(Values{}, .025, 0.5) == 0.0);
}

TEST_CASE("an e-value multiplies up its bets") {
  const Values half(4, 0.5);
  CHECK(e_value(Values{1, 1, 0, 1}, half) == doctest::Approx(3.375));
  CHECK(e_value(Values{-1, -1, -1, -1}, half) == doctest::Approx(0.0625));
  CHECK(e_value(Values{}, Values{}) == 1.0);
  CHECK_THROWS_AS(e_value(Values{1.5}, Values{0.5}), ContractViolation);
  CHECK_THROWS_AS(e_value(Values{1.0}, Values{0.6}), ContractViolation);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("statistical");

TEST_CASE("confidence sequences cover a drifting mean at all epochs at once") {
  // Null: a run of 600 epochs is missed with probability <= 0.05; 2,000 runs, alpha 1e-5 over four checks. The interval
  // for one look is missed far more often.
  constexpr int n = 2000;
  constexpr double alpha = 1e-5 / 4;
  const boost::math::binomial law(n, 0.05);
  const auto p_value = [&](int runs) {
    return runs == 0 ? 1.0 : boost::math::cdf(boost::math::complement(law, runs - 1));
  };
  for (const double scale : {1.0, 0.1}) {
    CAPTURE(scale);
    CHECK(p_value(missed(n, scale, [] { return MixtureSequence({0.0, 1.0}, .05, 600); })) > alpha);
    CHECK(p_value(missed(n, scale, [] { return BernsteinSequence({0.0, 1.0}, .05); })) > alpha);
  }
  CHECK(p_value(missed(n, 1.0, [] { return OneLook(); })) < alpha);
}

TEST_CASE("evidence against a true hypothesis seldom reaches twenty") {
  // Null: P(E ever >= 20) <= 0.05 where differences have mean 0; 4,000 runs of 200. Against a mean of 0.3 it would
  // mostly be reached, so that the check can tell.
  constexpr int n = 4000;
  const auto reached = [](double drift) {
    int runs = 0;
    for (int r = 0; r < n; ++r) {
      Rng rng(Seed{22}, static_cast<Replication>(r), Stream::resampling());
      double evidence = 1.0, sum = 0.0, most = 0.0;
      for (int i = 0; i < 200; ++i) {
        const double lambda = std::clamp(i > 0 ? sum / i : 0.0, 0.0, 0.5);  // bets on what was seen before
        const double d = (rng.uniform() < 0.5 + drift / 2 ? 1.0 : -1.0);
        evidence *= e_value(Values{d}, Values{lambda});
        sum += d;
        most = std::max(most, evidence);
      }
      runs += most >= 20.0 ? 1 : 0;
    }
    return runs;
  };
  const boost::math::binomial law(n, 0.05);
  CHECK(boost::math::cdf(boost::math::complement(law, reached(0.0))) > 1e-5);
  CHECK(boost::math::cdf(boost::math::complement(law, reached(0.3))) < 1e-5);
}

TEST_SUITE_END();
