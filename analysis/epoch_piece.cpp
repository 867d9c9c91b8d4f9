#include "analysis/epoch_piece.hpp"

#include <algorithm>

#include "analysis/expected_parity.hpp"

namespace loopgate {

EpochPiece read_piece(const TraceReader& trace, const std::string& agent, std::uint32_t replication, Window window) {
  const auto read = [&](const char* dataset) {
    return trace.read(agent, dataset, replication, window.begin, window.end);
  };
  EpochPiece piece;
  piece.n_epochs = window.end - window.begin;
  piece.threshold = read("threshold");
  piece.arrived = read("arrived");
  piece.accepted = read("accepted");
  piece.succeeded = read("succeeded");
  piece.qualified = read("qualified");
  piece.composition = read("composition");
  piece.qualification_rate = read("qualification_rate");
  piece.reward = read("reward");
  piece.expected_reward = read("expected_reward");
  if (trace.constraints.empty()) return piece;
  piece.residual = read("residual");
  piece.expected_residual = read("expected_residual");
  piece.expected_parity_gap = expected_parity_gaps(trace.groups, trace.constraints, piece.expected_residual);
  return piece;
}

const char* judged_basis(const TraceReader& trace) noexcept { return trace.stages.empty() ? "expected" : "realised"; }

const char* judged_residuals(const TraceReader& trace) noexcept {
  return trace.stages.empty() ? "expected_residual" : "residual";
}

std::uint32_t piece_end(const TraceReader& trace, std::uint32_t t, std::uint32_t end) {
  return t + std::min(end - t, trace.chunk_epochs - t % trace.chunk_epochs);
}

}  // namespace loopgate
