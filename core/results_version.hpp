#pragma once

#include <cstdint>

namespace loopgate {

/// The number of entries of CHANGELOG.md that begin with "- Results changed". Programs of one version give the same
/// scenario the same numbers, so that a run of one can be gone on with, and its applicants drawn again, by another.
inline constexpr std::uint64_t results_version = 12;

}  // namespace loopgate
