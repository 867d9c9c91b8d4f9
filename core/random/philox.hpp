#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace loopgate {

/// One block of Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405).
std::array<std::uint32_t, 4> philox_block(std::array<std::uint32_t, 4> counter,
                                          std::array<std::uint32_t, 2> key) noexcept;

/// The random words of consecutive applicants, as a struct of arrays.
struct PhiloxWords {
  std::span<std::uint32_t> word0, word1, word2, word3;  ///< [n] each
};

/// Blocks with counter = (first + i, counter1, counter2, counter3), i = 0..n-1, where n = out.word0.size(). Requires
/// first + n <= 2^32. Vectorised where the processor can; equal to philox_block bit for bit.
void philox_blocks(std::uint32_t first, std::uint32_t counter1, std::uint32_t counter2, std::uint32_t counter3,
                   std::array<std::uint32_t, 2> key, PhiloxWords out) noexcept;

}  // namespace loopgate
