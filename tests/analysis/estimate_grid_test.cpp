#include "analysis/estimate_grid.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace loopgate;
using doctest::Approx;

TEST_SUITE_BEGIN("unit");

TEST_CASE("a grid of estimates is t intervals of what is defined") {
  const std::vector<std::vector<double>> values{
      {1e9 + 1, 2, undefined}, {1e9 + 2, undefined, undefined}, {1e9 + 4, 7, 5}};
  EstimateGrid grid(4, values.size());
  for (const std::vector<double>& replication : values) grid.add(1, replication);
  for (std::size_t cell = 0; cell < 3; ++cell) {
    std::vector<double> defined;
    for (const std::vector<double>& replication : values)
      if (!std::isnan(replication[cell])) defined.push_back(replication[cell]);
    const Estimate want = t_interval(defined, 0.95), got = grid.at(cell + 1);
    CHECK(got.n == want.n);
    CHECK(got.mean == Approx(want.mean).epsilon(1e-15));
    CHECK(std::isnan(got.low) == (defined.size() < 2));
    if (defined.size() < 2) continue;
    CHECK(got.high - got.mean == Approx(want.high - want.mean).epsilon(1e-6));
    CHECK(got.mean - got.low == Approx(want.mean - want.low).epsilon(1e-6));
  }
  CHECK(grid.at(0).n == 0);
  CHECK(std::isnan(grid.at(0).mean));
  grid.clear();
  CHECK(grid.at(1).n == 0);
}

TEST_SUITE_END();
