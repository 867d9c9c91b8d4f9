#include "analysis/convergence.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/types.hpp"

using namespace loopgate;

namespace {

using Values = std::vector<double>;

double criterion(const Values& y, std::size_t d) {
  double sum = 0.0, squares = 0.0;
  const double n = static_cast<double>(y.size() - d);
  for (std::size_t i = d; i < y.size(); ++i) sum += y[i];
  for (std::size_t i = d; i < y.size(); ++i) squares += (y[i] - sum / n) * (y[i] - sum / n);
  return squares / (n * n);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("MSER discards the known warm-up") {
  const Values y{10, 6, 1, 2, 1, 2, 1, 2};
  const Values published{1.138672, .384840, .041667, .048, .0625};
  for (std::size_t d = 0; d < published.size(); ++d)
    CHECK(criterion(y, d) == doctest::Approx(published[d]).epsilon(1e-4));
  const WarmUp found = mser(y);
  CHECK(found.discard == 2);
  CHECK(found.statistic == doctest::Approx(.041667).epsilon(1e-4));
  CHECK_FALSE(found.at_limit);
}

TEST_CASE("MSER tells a series that still drifts and keeps one that is settled from the start") {
  Values rising(40), flat(40, 3.0);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<double>(i);
  CHECK(mser(rising).at_limit);
  CHECK(mser(rising).discard == 20);
  CHECK(mser(flat).discard == 0);
  CHECK(mser(Values{5}).discard == 0);
  CHECK_FALSE(mser(Values{5}).at_limit);
}

TEST_CASE("a batch series merges neighbours and forgets nothing") {
  BatchSeries series(5, 4);
  Values y;
  for (int i = 0; i < 47; ++i) {
    y.push_back(i * i % 11);
    series.add(y.back());
    const std::size_t size = y.size() <= 20 ? 5 : y.size() <= 40 ? 10 : 20;
    CHECK(series.batch_size() == size);
    const Values means = series.means(), expected = batch_means(y, size);
    REQUIRE(means.size() == expected.size());
    for (std::size_t k = 0; k < means.size(); ++k) CHECK(means[k] == doctest::Approx(expected[k]));
  }
  double sum = 0.0;
  for (std::size_t i = 20; i < y.size(); ++i) sum += y[i];
  CHECK(series.mean_from(1) == doctest::Approx(sum / 27));
}

TEST_CASE("undefined values count for the size of a batch only") {
  BatchSeries series(2, 4);
  for (const double value : {1.0, undefined, undefined, undefined, 5.0}) series.add(value);
  const Values means = series.means();
  REQUIRE(means.size() == 2);
  CHECK(means[0] == 1.0);
  CHECK(std::isnan(means[1]));
  CHECK(series.mean_from(0) == 3.0);
  CHECK(std::isnan(BatchSeries(2, 4).mean_from(0)));
}

TEST_CASE("batch means leave out a last batch that is not whole") {
  CHECK(batch_means(Values{1, 3, 5, 7, 100}, 2) == Values{2, 6});
  CHECK(batch_means(Values{1}, 5).empty());
}

TEST_CASE("R-hat and effective sample size are the known ones") {
  CHECK(r_hat(std::vector<Values>{{1, 2, 3}, {2, 3, 4}}) == doctest::Approx(1.080123).epsilon(1e-6));
  CHECK(std::isnan(r_hat(std::vector<Values>{{1, 1}, {1, 1}})));
  CHECK(effective_sample_size(1000, .6) == doctest::Approx(250.0));
}

TEST_SUITE_END();
