#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/types.hpp"

namespace loopgate {

/// A named purpose of random numbers within a replication: the third word of the Philox counter.
/// Purposes of the program are below 2^31; an agent's own stream is in the upper half, by its label alone.
struct Stream {
  std::uint32_t id;

  static constexpr Stream applicants() noexcept { return {0}; }      ///< one block an applicant, see applicant_words
  static constexpr Stream arrivals() noexcept { return {1}; }        ///< size of the batch
  static constexpr Stream split() noexcept { return {2}; }           ///< rows that train a score model
  static constexpr Stream counts() noexcept { return {3}; }          ///< one block a binomial, see CountDraw
  static constexpr Stream resampling() noexcept { return {4}; }      ///< bootstrap and sign flips of the analysis
  static constexpr Stream outcomes() noexcept { return {5}; }        ///< when outcomes are known, which are lost
  static constexpr Stream arrival_times() noexcept { return {6}; }   ///< one block a candidate, see PoissonProcess
  static constexpr Stream arrival_groups() noexcept { return {7}; }  ///< groups of arrivals while shares change
  static constexpr Stream exploration() noexcept { return {8}; }  ///< one block an applicant, who is accepted to learn
  static constexpr Stream retraining() noexcept { return {9}; }   ///< what a score model draws that learns
  static constexpr Stream replay() noexcept { return {10}; }      ///< labels that a score model learns from again
  static constexpr Stream dynamics() noexcept { return {16}; }    ///< one draw a rule, see evolve_all
  /// Of a stage of a route < 256: as outcomes; delays of its outcomes after those of the first epoch that has some.
  static constexpr Stream stage_outcomes(std::uint32_t stage) noexcept { return {256 + stage}; }
  static constexpr Stream outcome_parts(std::uint32_t stage) noexcept { return {512 + stage}; }
  /// One block an applicant for each of four purposes, at each stage of each of her applications (modulo 2^20).
  static constexpr Stream visit(std::uint32_t application, std::uint32_t stage, std::uint32_t purpose) noexcept {
    return {(1U << 30U) | ((application & 0xfffffU) << 10U) | (stage << 2U) | purpose};
  }
  static Stream agent(std::string_view label) noexcept;  ///< 2^31 + the low 31 bits of FNV-1a of the label

  friend bool operator==(Stream, Stream) = default;
};

/// 64 random bits as a uniform number in (0, 1): (k + 1/2) 2^-53 of their upper 53, k, exact on every machine. From 1/2
/// on that is rounded to a multiple of 2^-52, but for the largest k, which would become 1, to 1 - 2^-53.
constexpr double uniform_of(std::uint64_t bits) noexcept {
  constexpr double largest = 1.0 - 0x1.0p-53;
  const double u = (static_cast<double>(bits >> 11U) + 0.5) * 0x1.0p-53;
  return u < largest ? u : largest;
}
constexpr double uniform_of(std::uint32_t high, std::uint32_t low) noexcept {
  return uniform_of((static_cast<std::uint64_t>(high) << 32U) | low);
}

/// Sequential random numbers of one (seed, replication, stream, epoch). Philox4x32-10 (Salmon et al. 2011,
/// doi:10.1145/2063384.2063405): key = seed, counter = (draw, epoch, stream, replication). Two generators that differ
/// in any of the four share no draw, and begin_epoch puts a generator back in step however much was drawn before.
class Rng {
 public:
  Rng(Seed seed, Replication replication, Stream stream) noexcept;

  void begin_epoch(std::uint32_t epoch) noexcept;  ///< restarts the draw counter for that epoch
  /// Splits this epoch's numbers into independent draws 0, 1, ... < 2^16 that may each take any number of words: block
  /// j of draw d has the draw counter d + 2^16 j. first_blocks gives block 0 of draws 0..n-1, all at once since that is
  /// cheaper; begin_draw goes on with such a block.
  void first_blocks(std::span<std::array<std::uint32_t, 4>> out) const noexcept;
  void begin_draw(std::uint32_t draw, const std::array<std::uint32_t, 4>& first_block) noexcept {
    stride_ = 1U << 16U;
    counter_[0] = draw + stride_;
    block_ = first_block;
    used_ = 0;
  }
  void begin_draw(std::uint32_t draw) noexcept {  ///< the same, the block worked out when it is asked for
    stride_ = 1U << 16U;
    counter_[0] = draw;
    used_ = 4;
  }
  std::uint32_t word() noexcept {  ///< 32 random bits
    if (used_ == 4) [[unlikely]]
      next_block();
    return block_[used_++];
  }
  std::uint64_t bits() noexcept {  ///< 64 random bits
    const std::uint64_t high = word();
    return (high << 32U) | word();
  }
  double uniform() noexcept { return uniform_of(bits()); }  ///< (0, 1)
  std::uint32_t below(std::uint32_t n) noexcept;            ///< uniform on 0..n-1, unbiased; n >= 1

 private:
  void next_block() noexcept;

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  std::uint32_t stride_ = 1;  ///< from one block's draw counter to the next
  unsigned used_ = 4;
};

}  // namespace loopgate
