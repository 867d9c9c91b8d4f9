#include "core/random/rng.hpp"

#include <algorithm>

#include "core/random/philox.hpp"

namespace loopgate {

Stream Stream::agent(std::string_view label) noexcept {
  std::uint32_t hash = 2166136261U;  // 32-bit FNV-1a (Fowler, Noll, Vo)
  for (const char c : label) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return {0x80000000U | (hash & 0x7fffffffU)};
}

Rng::Rng(Seed seed, Replication replication, Stream stream) noexcept
    : key_{static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed)),
           static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed) >> 32)},
      counter_{0, 0, stream.id, static_cast<std::uint32_t>(replication)} {}

void Rng::begin_epoch(std::uint32_t epoch) noexcept {
  counter_[0] = 0;
  counter_[1] = epoch;
  stride_ = 1;
  used_ = 4;
}

void Rng::first_blocks(std::span<std::array<std::uint32_t, 4>> out) const noexcept {
  constexpr std::size_t most = 64;
  std::array<std::uint32_t, most> words[4];
  for (std::size_t first = 0; first < out.size(); first += most) {
    const std::size_t n = std::min(most, out.size() - first);
    philox_blocks(static_cast<std::uint32_t>(first), counter_[1], counter_[2], counter_[3], key_,
                  {std::span(words[0]).first(n), std::span(words[1]).first(n), std::span(words[2]).first(n),
                   std::span(words[3]).first(n)});
    for (std::size_t i = 0; i < n; ++i) out[first + i] = {words[0][i], words[1][i], words[2][i], words[3][i]};
  }
}

void Rng::next_block() noexcept {
  block_ = philox_block(counter_, key_);
  counter_[0] += stride_;
  used_ = 0;
}

std::uint32_t Rng::below(std::uint32_t n) noexcept {
  // Lemire 2019 (doi:10.1145/3230636): a word times n; the few words that would favour a result are drawn again.
  std::uint64_t product = static_cast<std::uint64_t>(word()) * n;
  if (static_cast<std::uint32_t>(product) < n) {
    const std::uint32_t excess = (0U - n) % n;
    while (static_cast<std::uint32_t>(product) < excess) product = static_cast<std::uint64_t>(word()) * n;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

}  // namespace loopgate
