#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/scenario/scenario.hpp"
#include "core/trace/trace_writer.hpp"

namespace loopgate {

/// How far a run is. Called from one thread at a time, a few times a second.
struct Progress {
  std::span<const std::uint64_t> epochs_done;  ///< [n_agents] over all replications, with those kept
  std::uint64_t epochs_of_agent;               ///< to be done by each agent
  std::uint64_t epochs_kept;                   ///< found done by a resumed run
  double seconds;                              ///< since the start
};

/// Every agent of a scenario in every replication, on a number of threads. What is written does not depend on that
/// number, on the order in which replications end, or on interruption.
class Experiment {
 public:
  Experiment(const Scenario& scenario, TraceWriter& writer, unsigned n_threads);

  /// Runs what the writer does not hold whole. True if everything is done; false if stop was set before. The first
  /// failure of a replication stops the others and is thrown.
  bool run(const std::atomic<bool>& stop, const std::function<void(const Progress&)>& report = {});

 private:
  void simulate(std::size_t job, const std::atomic<bool>& stop);

  const Scenario& scenario_;
  TraceWriter& writer_;
  unsigned n_threads_;
  struct alignas(64) EpochCount {  // a cache line each, since every epoch adds to one
    std::atomic<std::uint64_t> done{0};
  };
  std::vector<EpochCount> epochs_;  ///< [n_agents]
  std::atomic<std::uint64_t> epochs_kept_{0};
};

}  // namespace loopgate
