#include "core/run/applicant_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.hpp"
#include "core/random/philox.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace loopgate {

/// The tables as the kernels see them.
struct KernelAccess {
  static constexpr std::size_t most_vector_groups = 8;

  const std::uint32_t* entry;
  const std::vector<std::uint32_t>& share_cut;
  const std::uint32_t *n_cells, *first_cell, *reject_below, *accept_above;

  explicit KernelAccess(const KernelTables& tables)
      : entry(tables.entry_.data()),
        share_cut(tables.share_cut_),
        n_cells(tables.n_cells_.data()),
        first_cell(tables.first_cell_.data()),
        reject_below(tables.reject_below_.data()),
        accept_above(tables.accept_above_.data()) {}
};

KernelTables::KernelTables(std::size_t n_groups) : n_groups_(n_groups) {
  const std::size_t padded = (n_groups + 7) / 8 * 8;
  for (auto* table : {&n_cells_, &first_cell_, &reject_below_, &accept_above_}) table->assign(padded, 0);
}

void KernelTables::set_shares(std::span<const double> shares) {
  LOOPGATE_EXPECT(shares.size() == n_groups_);
  constexpr double two32 = 4294967296.0;
  share_cut_.clear();
  double below = 0.0;
  for (std::size_t g = 0; g + 1 < n_groups_; ++g) {
    below += shares[g];
    const double cut = std::ceil(std::min(below, 1.0) * two32);
    if (cut < two32) share_cut_.push_back(static_cast<std::uint32_t>(cut));  // no word reaches 2^32
  }
}

void KernelTables::set_cut(std::size_t g, AcceptanceCut cut) noexcept {
  reject_below_[g] = cut.reject_below;
  accept_above_[g] = cut.accept_above;
}

void KernelTables::set_cells(std::size_t g, const OutcomeCells& cells) {
  LOOPGATE_EXPECT(g < n_groups_ && cells.size() > 0);
  if (g == 0) entry_.clear();
  first_cell_[g] = static_cast<std::uint32_t>(entry_.size());
  n_cells_[g] = static_cast<std::uint32_t>(cells.size());
  for (std::size_t c = 0; c < cells.size(); ++c)
    entry_.push_back((cells.certain_failure[c] >> 16 << 16) | (cells.certain_success[c] >> 16));
}

void classify_scalar(const KernelTables& tables, const ApplicantBlock& block, std::span<std::uint64_t> histogram,
                     std::vector<Unsettled>& unsettled, ClassifiedBlock* each) {
  const KernelAccess t(tables);
  for (std::uint32_t i = 0; i < block.n; ++i) {
    const auto [word, high, low, outcome] =
        philox_block({block.first + i, block.counter1, block.counter2, block.counter3}, block.key);
    std::uint32_t g = 0;
    for (const std::uint32_t cut : t.share_cut) g += word >= cut ? 1 : 0;
    const std::uint64_t product = static_cast<std::uint64_t>(high) * t.n_cells[g];
    const std::uint32_t cell = t.first_cell[g] + static_cast<std::uint32_t>(product >> 32);
    const bool between = static_cast<std::uint32_t>(product) >= ~t.n_cells[g];  // low could lift it into the next cell
    const std::uint32_t entry = t.entry[cell];
    const bool accepted = high > t.accept_above[g], rejected = high < t.reject_below[g];
    const bool success = outcome >> 16 < (entry & 0xffffU), failure = outcome >> 16 > entry >> 16;
    const std::uint32_t bucket = 4 * g + (accepted ? 2U : 0U) + (success ? 1U : 0U);
    if (between || !(accepted || rejected) || !(success || failure)) unsettled.push_back({i, g, high, low, outcome});
    else ++histogram[bucket];
    if (each == nullptr) continue;
    each->bucket[i] = bucket;
    each->cell[i] = cell;
    each->high[i] = high;
    each->low[i] = low;
  }
}

#if defined(__x86_64__)

namespace {

#define LOOPGATE_AVX2 __attribute__((target("avx2")))

using Vector = __m256i;

// Philox4x32 (Salmon et al. 2011), as in core/random/philox.cpp, two vectors of eight blocks at a time so that one
// hides the latency of the other. Rounds 1 and 2 are half constant, since only the first counter word varies.
constexpr std::uint32_t multiplier0 = 0xD2511F53U, multiplier1 = 0xCD9E8D57U;
constexpr std::uint32_t weyl0 = 0x9E3779B9U, weyl1 = 0xBB67AE85U;
constexpr std::size_t n_rounds = 10, lanes = 8, interleaved = 2;

LOOPGATE_AVX2 inline Vector splat(std::uint32_t x) noexcept { return _mm256_set1_epi32(static_cast<int>(x)); }
LOOPGATE_AVX2 inline Vector load(const std::uint32_t* from) noexcept {
  return _mm256_loadu_si256(reinterpret_cast<const Vector*>(from));
}
LOOPGATE_AVX2 inline void store(std::uint32_t* to, Vector x) noexcept {
  _mm256_store_si256(reinterpret_cast<Vector*>(to), x);
}
/// a >= b, unsigned, as all ones or zeros.
LOOPGATE_AVX2 inline Vector at_least(Vector a, Vector b) noexcept {
  return _mm256_cmpeq_epi32(_mm256_max_epu32(a, b), a);
}

struct Product {
  Vector high, low;  ///< halves of eight 32 x 32 bit products
};
LOOPGATE_AVX2 inline Product multiply(Vector a, Vector b_even, Vector b_odd) noexcept {
  const Vector even = _mm256_mul_epu32(a, b_even);
  const Vector odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), b_odd);
  return {_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA),
          _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA)};
}

struct Words {
  Vector x0[interleaved], x1[interleaved], x2[interleaved], x3[interleaved];
};

/// What does not change within a block.
struct Rounds {
  Vector key[2 * n_rounds];
  Vector second0, second2, fixed3, first2;

  LOOPGATE_AVX2 explicit Rounds(const ApplicantBlock& block) noexcept {
    for (std::uint32_t r = 0; r < n_rounds; ++r) {
      key[2 * r] = splat(block.key[0] + r * weyl0);
      key[2 * r + 1] = splat(block.key[1] + r * weyl1);
    }
    const std::uint64_t p1 = static_cast<std::uint64_t>(block.counter2) * multiplier1;
    const std::uint32_t x0 = static_cast<std::uint32_t>(p1 >> 32) ^ block.counter1 ^ block.key[0];
    const std::uint64_t p0 = static_cast<std::uint64_t>(x0) * multiplier0;
    first2 = splat(block.counter3 ^ block.key[1]);
    second0 = splat(static_cast<std::uint32_t>(p1) ^ (block.key[0] + weyl0));
    second2 = splat(static_cast<std::uint32_t>(p0 >> 32) ^ (block.key[1] + weyl1));
    fixed3 = splat(static_cast<std::uint32_t>(p0));
  }

  LOOPGATE_AVX2 inline void words(std::uint32_t first, Words& w) const noexcept {
    const Vector m0 = splat(multiplier0), m1 = splat(multiplier1);
    const Vector lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (std::size_t v = 0; v < interleaved; ++v) {
      const Product p = multiply(_mm256_add_epi32(splat(first + static_cast<std::uint32_t>(v * lanes)), lane), m0, m0);
      const Product q = multiply(_mm256_xor_si256(p.high, first2), m1, m1);
      w.x0[v] = _mm256_xor_si256(q.high, second0);
      w.x1[v] = q.low;
      w.x2[v] = _mm256_xor_si256(p.low, second2);
      w.x3[v] = fixed3;
    }
    for (std::size_t r = 2; r < n_rounds; ++r) {
      for (std::size_t v = 0; v < interleaved; ++v) {
        const Product p = multiply(w.x0[v], m0, m0), q = multiply(w.x2[v], m1, m1);
        w.x0[v] = _mm256_xor_si256(_mm256_xor_si256(q.high, w.x1[v]), key[2 * r]);
        w.x2[v] = _mm256_xor_si256(_mm256_xor_si256(p.high, w.x3[v]), key[2 * r + 1]);
        w.x1[v] = q.low;
        w.x3[v] = p.low;
      }
    }
  }
};

/// Counts per group in bytes: byte g of a lane counts group g (half 0) or group g + 4 (half 1). A block has at most
/// 1024 / 8 = 128 applicants a lane, so no byte overflows.
struct Tallies {
  Vector count[2][4];  ///< [half][all, accepted, succeeding, both]

  LOOPGATE_AVX2 inline void clear() noexcept {
    for (auto& half : count)
      for (Vector& one : half) one = _mm256_setzero_si256();
  }
  LOOPGATE_AVX2 inline void add(std::size_t half, Vector group, Vector settled, Vector accepted,
                                Vector success) noexcept {
    // A shift by 32 or more, or by less than 0, gives 0: the group is in the other half.
    const Vector byte = _mm256_slli_epi32(half == 0 ? group : _mm256_sub_epi32(group, _mm256_set1_epi32(4)), 3);
    const Vector one = _mm256_and_si256(settled, _mm256_sllv_epi32(_mm256_set1_epi32(1), byte));
    const Vector taken = _mm256_and_si256(one, accepted);
    count[half][0] = _mm256_add_epi32(count[half][0], one);
    count[half][1] = _mm256_add_epi32(count[half][1], taken);
    count[half][2] = _mm256_add_epi32(count[half][2], _mm256_and_si256(one, success));
    count[half][3] = _mm256_add_epi32(count[half][3], _mm256_and_si256(taken, success));
  }
  LOOPGATE_AVX2 void add_to(std::span<std::uint64_t> histogram, std::size_t n_groups) const noexcept {
    for (std::size_t half = 0; half < (n_groups > 4 ? 2U : 1U); ++half) {
      std::uint64_t total[4][4] = {};
      for (std::size_t kind = 0; kind < 4; ++kind) {
        std::uint8_t bytes[sizeof(Vector)];
        std::memcpy(bytes, &count[half][kind], sizeof bytes);
        for (std::size_t b = 0; b < sizeof bytes; ++b) total[kind][b % 4] += bytes[b];
      }
      for (std::size_t g = 4 * half; g < std::min(n_groups, 4 * half + 4); ++g) {
        const std::uint64_t all = total[0][g % 4], taken = total[1][g % 4], good = total[2][g % 4],
                            both = total[3][g % 4];
        histogram[4 * g] += all - taken - good + both;
        histogram[4 * g + 1] += good - both;
        histogram[4 * g + 2] += taken - both;
        histogram[4 * g + 3] += both;
      }
    }
  }
};

template <bool keep_each, bool many_groups>
LOOPGATE_AVX2 void classify_avx2(const KernelTables& tables, const ApplicantBlock& block,
                                 std::span<std::uint64_t> histogram, std::vector<Unsettled>& unsettled,
                                 ClassifiedBlock* each) {
  const KernelAccess t(tables);
  const Rounds rounds(block);
  const Vector sign = splat(0x80000000U), half = splat(0xffffU), ones = splat(0xffffffffU);
  const Vector n_cells = load(t.n_cells), first_cell = load(t.first_cell);
  const Vector reject_below = _mm256_xor_si256(sign, load(t.reject_below));
  const Vector accept_above = _mm256_xor_si256(sign, load(t.accept_above));
  const Vector lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  Tallies tallies;
  tallies.clear();
  Words w;
  for (std::uint32_t i = 0; i < block.n; i += lanes * interleaved) {
    rounds.words(block.first + i, w);
    for (std::size_t v = 0; v < interleaved; ++v) {
      const std::uint32_t at = i + static_cast<std::uint32_t>(v * lanes);
      const Vector high = w.x1[v], outcome = _mm256_srli_epi32(w.x3[v], 16);
      const Vector present = _mm256_cmpgt_epi32(splat(block.n), _mm256_add_epi32(splat(at), lane));
      Vector group = _mm256_setzero_si256();
      for (const std::uint32_t cut : t.share_cut) group = _mm256_sub_epi32(group, at_least(w.x0[v], splat(cut)));
      const Vector cells = _mm256_permutevar8x32_epi32(n_cells, group);
      const Product place = multiply(high, cells, _mm256_srli_epi64(cells, 32));
      const Vector between = at_least(place.low, _mm256_xor_si256(cells, ones));
      const Vector where = _mm256_add_epi32(place.high, _mm256_permutevar8x32_epi32(first_cell, group));
      const Vector entry = _mm256_i32gather_epi32(reinterpret_cast<const int*>(t.entry), where, 4);
      const Vector success = _mm256_cmpgt_epi32(_mm256_and_si256(entry, half), outcome);
      const Vector failure = _mm256_cmpgt_epi32(outcome, _mm256_srli_epi32(entry, 16));
      const Vector flipped = _mm256_xor_si256(high, sign);
      const Vector accepted = _mm256_cmpgt_epi32(flipped, _mm256_permutevar8x32_epi32(accept_above, group));
      const Vector rejected = _mm256_cmpgt_epi32(_mm256_permutevar8x32_epi32(reject_below, group), flipped);
      const Vector known = _mm256_and_si256(_mm256_or_si256(success, failure), _mm256_or_si256(accepted, rejected));
      const Vector settled = _mm256_andnot_si256(between, _mm256_and_si256(known, present));
      tallies.add(0, group, settled, accepted, success);
      if constexpr (many_groups) tallies.add(1, group, settled, accepted, success);
      if constexpr (keep_each) {
        const Vector flags = _mm256_or_si256(_mm256_and_si256(accepted, _mm256_set1_epi32(2)),
                                             _mm256_and_si256(success, _mm256_set1_epi32(1)));
        store(&each->bucket[at], _mm256_or_si256(_mm256_slli_epi32(group, 2), flags));
        store(&each->cell[at], where);
        store(&each->high[at], high);
        store(&each->low[at], w.x2[v]);
      }
      auto open = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_andnot_si256(settled, present))));
      if (open == 0) [[likely]]
        continue;
      alignas(32) std::uint32_t g[lanes], h[lanes], l[lanes], o[lanes];
      store(g, group);
      store(h, high);
      store(l, w.x2[v]);
      store(o, w.x3[v]);
      for (; open != 0; open &= open - 1) {
        const auto k = static_cast<std::uint32_t>(__builtin_ctz(open));
        unsettled.push_back({at + k, g[k], h[k], l[k], o[k]});
      }
    }
  }
  tallies.add_to(histogram, tables.n_groups());
}

}  // namespace

#endif

void classify(const KernelTables& tables, const ApplicantBlock& block, std::span<std::uint64_t> histogram,
              std::vector<Unsettled>& unsettled, ClassifiedBlock* each) {
  LOOPGATE_EXPECT(block.n <= ApplicantBlock::most && histogram.size() == 4 * tables.n_groups());
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2 && tables.n_groups() <= KernelAccess::most_vector_groups) {
    const bool many = tables.n_groups() > 4;
    if (each != nullptr)
      return many ? classify_avx2<true, true>(tables, block, histogram, unsettled, each)
                  : classify_avx2<true, false>(tables, block, histogram, unsettled, each);
    return many ? classify_avx2<false, true>(tables, block, histogram, unsettled, each)
                : classify_avx2<false, false>(tables, block, histogram, unsettled, each);
  }
#endif
  classify_scalar(tables, block, histogram, unsettled, each);
}

}  // namespace loopgate
