#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/trace/trace_layout.hpp"
#include "core/trace/write_queue.hpp"

namespace loopgate {

/// Writes a trace as `PATH.partial`, which can be opened and read at any time, and renames it to PATH when complete.
/// Sinks may be used on different threads, each sink on one. Whatever fails throws TraceError, here or in a later call.
class TraceWriter {
 public:
  /// mode: background hides the writing where a core is free.
  static TraceWriter create(const std::string& path, const TraceLayout& layout,
                            WriteQueue::Mode mode = WriteQueue::Mode::at_once);
  /// Goes on with a `.partial`; TraceError, before anything is changed, if it is not check_resumable. Replications that
  /// it does not hold whole are to be run again from their first epoch.
  static TraceWriter resume(const std::string& path, const TraceLayout& layout,
                            WriteQueue::Mode mode = WriteQueue::Mode::at_once);
  TraceWriter(TraceWriter&&) noexcept;
  ~TraceWriter();

  /// The sink of one replication; it must not outlive the writer. Starts at epoch 0.
  std::unique_ptr<EpochSink> replication(std::size_t agent, std::uint32_t replication);
  std::uint32_t epochs_written(std::size_t agent, std::uint32_t replication) const;
  void flush();
  /// Marks the trace as whole, closes it and gives it its name. seconds: wall time of the run. n_threads: for
  /// compressing.
  void complete(double seconds, unsigned n_threads = 1);

  struct State;

 private:
  explicit TraceWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace loopgate
