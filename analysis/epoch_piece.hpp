#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/trace/trace_reader.hpp"

namespace loopgate {

/// Epochs begin..end - 1.
struct Window {
  std::uint32_t begin = 0, end = 0;
};

/// Epochs of one replication of one agent as the trace holds them, row-major.
struct EpochPiece {
  std::size_t n_epochs = 0;
  std::vector<double> threshold, arrived, accepted, succeeded, qualified;  ///< [epochs x groups]
  std::vector<double> composition, qualification_rate;                     ///< [epochs x groups]
  std::vector<double> reward, expected_reward;                             ///< [epochs]
  std::vector<double> residual, expected_residual;  ///< [epochs x residuals]; empty without constraints
  std::vector<double> expected_parity_gap;          ///< [epochs]; empty without a parity constraint
};

/// The window's epochs must be written. Read a long window piece by piece: memory stays flat.
EpochPiece read_piece(const TraceReader& trace, const std::string& agent, std::uint32_t replication, Window window);

/// What agents are judged by: `expected`, or `realised` with a route, whose decisions depend on those who wait and so
/// have no expectation at an epoch's state alone.
const char* judged_basis(const TraceReader& trace) noexcept;
const char* judged_residuals(const TraceReader& trace) noexcept;  ///< the trace's dataset of that basis

/// Where the piece that begins with epoch t ends, at most at `end`: with t's chunk, so that none is unpacked twice.
std::uint32_t piece_end(const TraceReader& trace, std::uint32_t t, std::uint32_t end);

}  // namespace loopgate
