#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/trace/trace_layout.hpp"

namespace loopgate {

/// Writes a trace as `PATH.partial`, which can be opened and read at any time, and renames it to PATH when complete.
/// Sinks may be used on different threads, each sink on one. Whatever fails throws TraceError.
class TraceWriter {
 public:
  static TraceWriter create(const std::string& path, const TraceLayout& layout);
  /// Goes on with a `.partial`; TraceError if it is of another scenario. Replications that it does not hold whole are
  /// to be run again from their first epoch.
  static TraceWriter resume(const std::string& path, const TraceLayout& layout);
  TraceWriter(TraceWriter&&) noexcept;
  ~TraceWriter();

  /// The sink of one replication; it must not outlive the writer. Starts at epoch 0.
  std::unique_ptr<EpochSink> replication(std::size_t agent, std::uint32_t replication);
  std::uint32_t epochs_written(std::size_t agent, std::uint32_t replication) const;
  void flush();
  /// Marks the trace as whole, closes it and gives it its name. seconds: wall time of the run.
  void complete(double seconds);

  struct State;

 private:
  explicit TraceWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace loopgate
