#include <Random123/philox.h>
#include <doctest/doctest.h>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "core/random/philox.hpp"
#include "core/random/rng.hpp"
#include "core/random/samplers.hpp"

using namespace loopgate;

namespace {

using Block = std::array<std::uint32_t, 4>;

/// Chi-square goodness of fit of n draws of a whole-number law; cells with an expectation below 10 are pooled.
double fit_p_value(const std::function<double()>& draw, const std::function<double(int)>& mass, int largest, int n) {
  std::vector<double> seen(static_cast<std::size_t>(largest) + 2, 0.0), expected(seen.size(), 0.0);
  for (int i = 0; i < n; ++i) seen[static_cast<std::size_t>(std::min(draw(), largest + 1.0))] += 1.0;
  double rest = 1.0;
  for (int k = 0; k <= largest; ++k) {
    expected[static_cast<std::size_t>(k)] = n * mass(k);
    rest -= mass(k);
  }
  expected.back() = n * std::max(0.0, rest);
  double statistic = 0.0, pooled_seen = 0.0, pooled_expected = 0.0;
  int cells = 0;
  for (std::size_t k = 0; k < seen.size(); ++k) {
    pooled_seen += seen[k];
    pooled_expected += expected[k];
    if (pooled_expected < 10.0) continue;
    statistic += (pooled_seen - pooled_expected) * (pooled_seen - pooled_expected) / pooled_expected;
    pooled_seen = pooled_expected = 0.0;
    ++cells;
  }
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(cells - 1), statistic));
}

/// Two-sided p-value of a sample mean against a law's mean and sd.
double mean_p_value(const std::function<double()>& draw, double mean, double sd, int n) {
  double sum = 0.0;
  for (int i = 0; i < n; ++i) sum += draw();
  const double z = std::abs(sum / n - mean) / (sd / std::sqrt(n));
  return 2.0 * boost::math::cdf(boost::math::complement(boost::math::normal(), z));
}

constexpr double alpha = 1e-5 / 24;  // at most twenty-four checks in this file share a false-alarm rate of 1e-5

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("Philox gives the published known answers") {
  CHECK(philox_block({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint32_t ones = 0xffffffff;
  CHECK(philox_block({ones, ones, ones, ones}, {ones, ones}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox_block({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("Philox equals Random123 and its blocks equal the scalar form") {
  constexpr std::uint32_t n = 1003;
  std::array<std::vector<std::uint32_t>, 4> words;
  for (auto& word : words) word.resize(n);
  philox_blocks(4000000000U, 17, 5, 3, {0xdeadbeef, 42}, {words[0], words[1], words[2], words[3]});
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto ours = philox_block({4000000000U + i, 17, 5, 3}, {0xdeadbeef, 42});
    const r123::Philox4x32::ctr_type counter{{4000000000U + i, 17, 5, 3}};
    const r123::Philox4x32::key_type key{{0xdeadbeef, 42}};
    const auto theirs = r123::Philox4x32()(counter, key);
    for (std::size_t w = 0; w < 4; ++w) {
      REQUIRE(ours[w] == theirs[w]);
      REQUIRE(words[w][i] == ours[w]);
    }
  }
}

TEST_CASE("a generator is back in step at the next epoch however much was drawn") {
  Rng a(Seed{7}, Replication{1}, Stream::arrivals()), b(Seed{7}, Replication{1}, Stream::arrivals());
  for (int i = 0; i < 13; ++i) a.uniform();
  a.begin_epoch(4);
  b.begin_epoch(4);
  CHECK(a.bits() == b.bits());
  CHECK(Rng(Seed{7}, Replication{2}, Stream::arrivals()).bits() !=
        Rng(Seed{7}, Replication{1}, Stream::arrivals()).bits());
  CHECK(Rng(Seed{8}, Replication{1}, Stream::arrivals()).bits() !=
        Rng(Seed{7}, Replication{1}, Stream::arrivals()).bits());
  CHECK(Stream::agent("ofs").id >= 0x80000000U);
  CHECK_FALSE(Stream::agent("ofs") == Stream::agent("ucb1"));
}

TEST_CASE("uniform numbers lie strictly between 0 and 1 whatever the bits") {
  const std::uint64_t ones = ~std::uint64_t{0};
  CHECK(uniform_of(0) == 0x1.0p-54);
  CHECK(uniform_of(ones) == 1.0 - 0x1.0p-53);
  CHECK(uniform_of(ones - (1U << 11U)) == 1.0 - 0x1.0p-52);
  CHECK(uniform_of(0x12345678U, 0x9abcdef0U) == uniform_of(std::uint64_t{0x123456789abcdef0U}));
  CHECK(uniform_of(std::uint64_t{1} << 62U) == 0.25 + 0x1.0p-54);
  CHECK(normal_quantile(uniform_of(ones)) == doctest::Approx(8.209536151601387).epsilon(1e-13));
}

TEST_CASE("the normal quantile is exact in the centre and the tails") {
  CHECK(normal_quantile(0.975) == doctest::Approx(1.959963984540054).epsilon(1e-15));
  CHECK(normal_quantile(1e-20) == doctest::Approx(-9.262340089798408).epsilon(1e-14));
  CHECK(normal_quantile(0.5) == 0.0);
  CHECK(normal_cdf(normal_quantile(0.0137)) == doctest::Approx(0.0137).epsilon(1e-14));
}

TEST_CASE("binomial and Poisson draws have exact edges") {
  Rng rng(Seed{1}, Replication{0}, Stream{9});
  CHECK(sample_binomial(0, 0.5, rng) == 0);
  CHECK(sample_binomial(9, 0.0, rng) == 0);
  CHECK(sample_binomial(9, 1.0, rng) == 9);
  CHECK(sample_poisson(0.0, rng) == 0);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("whole-number samplers follow their laws and the check rejects a wrong law") {
  Rng rng(Seed{20251226}, Replication{0}, Stream{9});
  constexpr int n = 100000;
  const auto poisson = [](double mean) {
    return [law = boost::math::poisson(mean)](int k) { return boost::math::pdf(law, k); };
  };
  const auto binomial = [](int trials, double p) {
    return
        [law = boost::math::binomial(trials, p), trials](int k) { return k > trials ? 0.0 : boost::math::pdf(law, k); };
  };
  for (const double mean : {3.0, 60.0})
    CHECK(fit_p_value([&] { return double(sample_poisson(mean, rng)); }, poisson(mean), 200, n) > alpha);
  CHECK(fit_p_value([&] { return double(sample_poisson(60.0, rng)); }, poisson(61.0), 200, n) < alpha);
  CHECK(fit_p_value([&] { return double(sample_binomial(30, 0.2, rng)); }, binomial(30, 0.2), 30, n) > alpha);
  CHECK(fit_p_value([&] { return double(sample_binomial(400, 0.7, rng)); }, binomial(400, 0.7), 400, n) > alpha);
  CHECK(fit_p_value([&] { return double(sample_binomial(400, 0.7, rng)); }, binomial(400, 0.705), 400, n) < alpha);
  CHECK(fit_p_value([&] { return double(sample_binomial(5000, 0.35, rng)); }, binomial(5000, 0.35), 5000, n) > alpha);
  // 50 million trials: the standardised count has mean 0 and its square mean 1, sd sqrt 2 but for terms of 1e-7.
  const auto standardised = [&](double p) {
    return (static_cast<double>(sample_binomial(50000000, p, rng)) - 5e7 * 0.3) / std::sqrt(5e7 * 0.3 * 0.7);
  };
  CHECK(mean_p_value([&] { return standardised(0.3); }, 0.0, 1.0, n) > alpha);
  CHECK(mean_p_value([&] { return std::pow(standardised(0.3), 2); }, 1.0, std::sqrt(2.0), n) > alpha);
  CHECK(mean_p_value([&] { return standardised(0.300002); }, 0.0, 1.0, n) < alpha);
}

TEST_CASE("draws of the largest counts have the mean and the variance of their laws") {
  // Standardised counts: mean 0, and their squares have mean 1 and sd sqrt 2 but for terms of 1e-7.
  Rng rng(Seed{20251226}, Replication{2}, Stream{9});
  constexpr int n = 100000;
  const auto check = [&](const std::function<double()>& standardised) {
    CHECK(mean_p_value(standardised, 0.0, 1.0, n) > alpha);
    CHECK(mean_p_value([&] { return std::pow(standardised(), 2); }, 1.0, std::sqrt(2.0), n) > alpha);
  };
  constexpr double mean = most_poisson_mean, trials = 0x1.0p53;
  check([&] { return (static_cast<double>(sample_poisson(mean, rng)) - mean) / std::sqrt(mean); });
  check([&] {
    const auto count = static_cast<double>(sample_binomial(std::uint64_t{1} << 53U, 0.4, rng));
    return (count - 0.4 * trials) / std::sqrt(0.24 * trials);
  });
  CHECK(mean_p_value(
            [&] { return std::pow((static_cast<double>(sample_poisson(mean, rng)) - mean) / std::sqrt(mean), 2); },
            1.03, std::sqrt(2.0), n) < alpha);
}

TEST_CASE("continuous samplers have their means and the check rejects a wrong mean") {
  Rng rng(Seed{20251226}, Replication{1}, Stream{9});
  constexpr int n = 100000;
  CHECK(mean_p_value([&] { return sample_normal(rng); }, 0.0, 1.0, n) > alpha);
  CHECK(mean_p_value([&] { return sample_normal(rng); }, 0.03, 1.0, n) < alpha);
  CHECK(mean_p_value([&] { return sample_exponential(rng); }, 1.0, 1.0, n) > alpha);
  CHECK(mean_p_value([&] { return sample_gamma(0.5, rng); }, 0.5, std::sqrt(0.5), n) > alpha);
  CHECK(mean_p_value([&] { return sample_beta(2.0, 3.0, rng); }, 0.4, 0.2, n) > alpha);
  const std::vector<double> p{0.2, 0.5, 0.3};
  std::vector<std::uint64_t> counts(3);
  CHECK(mean_p_value(
            [&] {
              sample_multinomial(10, p, counts, rng);
              return double(counts[1]);
            },
            5.0, std::sqrt(2.5), n) > alpha);
}

TEST_SUITE_END();
