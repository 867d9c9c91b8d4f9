#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/trace/codec.hpp"
#include "core/trace/trace_layout.hpp"

namespace loopgate {

/// Which applicants a file of rows holds.
struct RowSelection {
  std::vector<std::size_t> agents;          ///< indices into the layout's
  std::vector<std::uint32_t> replications;  ///< increasing
  std::uint32_t begin = 0, end = 0;         ///< epochs begin..end-1
  /// How many arrived in each of these epochs of an agent (index into the layout's) and replication, where decisions
  /// change that; else empty, and all agents have the layout's.
  std::function<std::vector<std::int64_t>(std::size_t agent, std::uint32_t replication)> arrivals{};
};

/// Writes applicants of a trace into a file of their own, laid out as in a trace: `/agents/<label>/applicants/r0000`.
/// It has its name only when it is whole. Whatever fails throws TraceError. Sinks may be used on different threads.
class RowsFile {
 public:
  RowsFile(const std::string& path, const TraceLayout& layout, RowSelection selection);
  ~RowsFile();

  /// Lets write hand rows to the sink of selection.agents[agent], selection.replications[replication].
  void fill(std::size_t agent, std::size_t replication, const std::function<void(RowSink&)>& write);
  void complete();

  std::mutex& library() noexcept;  ///< round every call of the HDF5 library while sinks are in use

 private:
  struct State;
  void abandon() noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace loopgate
