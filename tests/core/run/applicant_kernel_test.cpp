#include "core/run/applicant_kernel.hpp"

#include <doctest/doctest.h>

#include <numeric>

#include "core/random/rng.hpp"
#include "tests/support/worlds.hpp"

using namespace loopgate;

namespace {

/// Tables of random content: shares, cuts and cells that leave some applicants open.
KernelTables random_tables(std::size_t n_groups, Rng& rng) {
  KernelTables tables(n_groups);
  std::vector<double> shares(n_groups);
  for (double& share : shares) share = rng.uniform();
  const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= total;
  tables.set_shares(shares);
  for (std::size_t g = 0; g < n_groups; ++g) {
    const std::uint32_t cut = rng.word(), width = rng.word() >> 6U;
    tables.set_cut(g, {cut, cut > 0xffffffffU - width ? 0xffffffffU : cut + width});
    OutcomeCells cells;
    for (std::uint32_t c = 0, n = 1 + rng.below(700); c < n; ++c) {
      const std::uint32_t low = rng.word();
      cells.certain_success.push_back(low);
      cells.certain_failure.push_back(low + std::min(rng.word() >> 5U, 0xffffffffU - low));
    }
    tables.set_cells(g, cells);
  }
  return tables;
}

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("the vector kernel does to the bit what the scalar one does") {
  Rng rng(Seed{17}, Replication{0}, Stream{9});
  auto fast = std::make_unique<ClassifiedBlock>(), plain = std::make_unique<ClassifiedBlock>();
  for (const std::size_t n_groups : {1U, 2U, 3U, 4U, 5U, 8U, 9U, 30U}) {
    for (const std::uint32_t n : {0U, 1U, 7U, 8U, 16U, 17U, 1000U, 1024U}) {
      CAPTURE(n_groups);
      CAPTURE(n);
      const KernelTables tables = random_tables(n_groups, rng);
      const ApplicantBlock block{rng.word() >> 1U, n, rng.word(), rng.word(), rng.word(), {rng.word(), rng.word()}};
      std::vector<std::uint64_t> counted(4 * n_groups, 1), kept = counted, expected = counted;
      std::vector<Unsettled> open_counted, open_kept, open_expected;
      classify(tables, block, counted, open_counted, nullptr);
      classify(tables, block, kept, open_kept, fast.get());
      classify_scalar(tables, block, expected, open_expected, plain.get());
      REQUIRE(counted == expected);
      REQUIRE(kept == expected);
      REQUIRE(open_counted == open_expected);
      REQUIRE(open_kept == open_expected);
      for (std::uint32_t i = 0; i < n; ++i) {
        REQUIRE(fast->bucket[i] == plain->bucket[i]);
        REQUIRE(fast->cell[i] == plain->cell[i]);
        REQUIRE(fast->high[i] == plain->high[i]);
        REQUIRE(fast->low[i] == plain->low[i]);
      }
      REQUIRE(std::accumulate(expected.begin(), expected.end(), open_expected.size()) == n + 4 * n_groups);
    }
  }
}

TEST_SUITE_END();
