#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "core/scenario/scenario.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate {

/// Draws the applicants of finished epochs again, from the seed and what the trace keeps of each epoch: shares, means
/// of the score laws, thresholds. Bit for bit those of the run, for one program on one kind of processor.
class Replay {
 public:
  /// ScenarioError or TraceError where the trace cannot be replayed: another program version, a fidelity without
  /// applicants.
  Replay(const TraceReader& trace, const Catalog& catalog);

  const Scenario& scenario() const noexcept { return scenario_; }

  /// Hands the applicants of epochs begin..end-1 of one replication to rows. A randomised agent chooses again from its
  /// first epoch on, since its propensities are not in the trace; TraceError if its thresholds come out otherwise. May
  /// be called on several threads; library: held while the trace is read.
  void rows(std::size_t agent, std::uint32_t replication, std::uint32_t begin, std::uint32_t end, RowSink& rows,
            std::mutex& library) const;

 private:
  const TraceReader& trace_;
  Scenario scenario_;
};

}  // namespace loopgate
