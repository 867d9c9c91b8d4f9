#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/model/agent.hpp"
#include "core/trace/trace_layout.hpp"
#include "core/types.hpp"

namespace loopgate {

// The words that a scenario has for enumerators, in their order.

inline constexpr std::array<const char*, 3> words_of(Fidelity) { return {"individuals", "counts", "mean_field"}; }
inline constexpr std::array<const char*, 3> words_of(FeedbackRegime) { return {"bandit", "semi", "full"}; }
inline constexpr std::array<const char*, 3> words_of(Compression) { return {"deflate", "none", "bitshuffle_lz4"}; }
inline constexpr std::array<const char*, 3> words_of(TraceLevel) { return {"epochs", "applicants", "replay"}; }

template <class Enum>
const char* name_of(Enum value) {
  return words_of(value)[static_cast<std::size_t>(value)];
}

template <class Enum>
std::vector<std::string> names_of() {
  const auto words = words_of(Enum{});
  return {words.begin(), words.end()};
}

/// EXPECTs one of the words, which validation has made sure of.
template <class Enum>
Enum named(std::string_view word) {
  const auto words = words_of(Enum{});
  const auto found = std::ranges::find(words, word);
  LOOPGATE_EXPECT(found != words.end());
  return static_cast<Enum>(found - words.begin());
}

}  // namespace loopgate
