#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/trace/epoch_columns.hpp"
#include "core/trace/hdf5_file.hpp"
#include "core/trace/row_columns.hpp"

namespace loopgate {

/// Datasets [replications, records, ...] of what is recorded once in a while.
struct SeriesDatasets {
  std::vector<hdf5::Handle> columns;  ///< none where nothing is recorded
  std::vector<hdf5::Dims> inner;      ///< of each column: dimensions of a record
  std::uint32_t chunk = 1;            ///< records of a chunk

  std::vector<std::size_t> widths() const;  ///< numbers a record
};

/// One agent's datasets in an open trace.
struct AgentDatasets {
  hdf5::Handle group, epochs_written;
  std::vector<std::pair<const EpochColumn*, hdf5::Handle>> epochs;
  SeriesDatasets arms;                 ///< count, mean, radius, expected of audited arms
  SeriesDatasets scores;               ///< of a score model that learns
  std::vector<RowDatasets> rows;       ///< [n_replications] at level applicants, else empty
  std::vector<std::uint32_t> written;  ///< [n_replications] epochs in the file, flushed or not
  std::vector<std::uint32_t> counted;  ///< [n_replications] epochs told by the counter
  double seconds = 0.0;
};

/// An open trace file. Its calls throw TraceError.
struct TraceFile {
  hdf5::Handle file;
  std::uint32_t chunk = 1;  ///< epochs of a chunk
  std::vector<AgentDatasets> agents;

  /// Lays out the whole file, so that nothing but values changes afterwards. Where decisions of applicants are not
  /// counted beforehand, it has room for the most there can be, or for those of a finished file.
  static TraceFile create(const std::string& path, const TraceLayout& layout, hdf5::Layout storage,
                          const TraceFile* finished = nullptr);
  /// Of that layout, as check_resumable finds out.
  static TraceFile open(const std::string& path, const TraceLayout& layout);

  /// Data first, counters after, so that a counter never promises what the file does not hold.
  void flush();
  /// Ends a file: counters, wall time, complete, closed.
  void complete(double seconds);
  /// A file that could not be written cannot be closed by the library either: it is left to the operating system.
  static void abandon(TraceFile&& file);
};

/// Bytes that a trace of this layout takes before compression, and that its `.partial` takes from the start: values in
/// whole chunks, their indices and scales. Names and attributes, some ten thousand bytes, are left out; applicants are
/// as many in each replication as in the first.
std::uint64_t uncompressed_bytes(const TraceLayout& layout);

}  // namespace loopgate
