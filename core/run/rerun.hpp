#pragma once

#include <cstdint>
#include <mutex>

#include "core/scenario/scenario.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate {

/// Makes finished replications of a trace again for their applicants, who are a function of scenario, seed and
/// replication. What comes out is held against the trace, epoch by epoch. Bit for bit the applicants of the run, for
/// one results version on one kind of processor.
class Rerun {
 public:
  /// The trace outlives it. ScenarioError or TraceError where the trace cannot be made again: another results version,
  /// a fidelity without applicants.
  Rerun(const TraceReader& trace, const Catalog& catalog);

  const Scenario& scenario() const noexcept { return scenario_; }

  /// How many applicants epochs begin..end-1 decide, [end - begin]; of the trace, not of a run.
  std::vector<std::int64_t> n_rows(std::size_t agent, std::uint32_t replication, std::uint32_t begin,
                                   std::uint32_t end) const;

  /// Hands the applicants of epochs begin..end-1 of one replication to rows; what lies before costs what a run without
  /// applicants costs. TraceError if thresholds or counts come out otherwise than in the trace: agent, replication,
  /// epoch and both values. May be called on several threads; library: held while the trace is read.
  void rows(std::size_t agent, std::uint32_t replication, std::uint32_t begin, std::uint32_t end, RowSink& rows,
            std::mutex& library) const;

 private:
  const TraceReader& trace_;
  Scenario scenario_;
};

}  // namespace loopgate
