#include "core/random/philox.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace loopgate {

namespace {

// Multipliers and Weyl increments of Philox4x32 (Salmon et al. 2011, table 2 and section 4.3).
constexpr std::uint32_t multiplier0 = 0xD2511F53U, multiplier1 = 0xCD9E8D57U;
constexpr std::uint32_t weyl0 = 0x9E3779B9U, weyl1 = 0xBB67AE85U;
constexpr int n_rounds = 10;

using Counter = std::array<std::uint32_t, 4>;
using Key = std::array<std::uint32_t, 2>;

void scalar_blocks(std::uint32_t first, Counter counter, Key key, const PhiloxWords& out, std::size_t begin) noexcept {
  for (std::size_t i = begin; i < out.word0.size(); ++i) {
    counter[0] = first + static_cast<std::uint32_t>(i);
    const Counter block = philox_block(counter, key);
    out.word0[i] = block[0];
    out.word1[i] = block[1];
    out.word2[i] = block[2];
    out.word3[i] = block[3];
  }
}

#if defined(__x86_64__)

/// High and low halves of the eight 32 x 32 bit products of a with a constant.
struct Product {
  __m256i high, low;
};

__attribute__((target("avx2"))) inline Product multiply(__m256i a, __m256i constant) noexcept {
  const __m256i even = _mm256_mul_epu32(a, constant);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), constant);
  return {_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA),
          _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA)};
}

/// Whole groups of eight; returns how many blocks were made.
__attribute__((target("avx2"))) std::size_t avx2_blocks(std::uint32_t first, const Counter& counter, Key key,
                                                        const PhiloxWords& out) noexcept {
  const std::size_t n = out.word0.size() / 8 * 8;
  const __m256i m0 = _mm256_set1_epi32(static_cast<int>(multiplier0)),
                m1 = _mm256_set1_epi32(static_cast<int>(multiplier1));
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  for (std::size_t i = 0; i < n; i += 8) {
    __m256i x0 = _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(first + static_cast<std::uint32_t>(i))), lanes);
    __m256i x1 = _mm256_set1_epi32(static_cast<int>(counter[1]));
    __m256i x2 = _mm256_set1_epi32(static_cast<int>(counter[2]));
    __m256i x3 = _mm256_set1_epi32(static_cast<int>(counter[3]));
    std::uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < n_rounds; ++round) {
      const Product p0 = multiply(x0, m0), p1 = multiply(x2, m1);
      x0 = _mm256_xor_si256(_mm256_xor_si256(p1.high, x1), _mm256_set1_epi32(static_cast<int>(k0)));
      x2 = _mm256_xor_si256(_mm256_xor_si256(p0.high, x3), _mm256_set1_epi32(static_cast<int>(k1)));
      x1 = p1.low;
      x3 = p0.low;
      k0 += weyl0;
      k1 += weyl1;
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(&out.word0[i]), x0);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(&out.word1[i]), x1);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(&out.word2[i]), x2);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(&out.word3[i]), x3);
  }
  return n;
}

#endif

}  // namespace

std::array<std::uint32_t, 4> philox_block(Counter counter, Key key) noexcept {
  for (int round = 0; round < n_rounds; ++round) {
    const std::uint64_t p0 = static_cast<std::uint64_t>(counter[0]) * multiplier0;
    const std::uint64_t p1 = static_cast<std::uint64_t>(counter[2]) * multiplier1;
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += weyl0;
    key[1] += weyl1;
  }
  return counter;
}

void philox_blocks(std::uint32_t first, std::uint32_t counter1, std::uint32_t counter2, std::uint32_t counter3, Key key,
                   PhiloxWords out) noexcept {
  const Counter counter{first, counter1, counter2, counter3};
  std::size_t done = 0;
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) done = avx2_blocks(first, counter, key, out);
#endif
  scalar_blocks(first, counter, key, out, done);
}

}  // namespace loopgate
