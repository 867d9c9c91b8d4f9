#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/trace/hdf5_file.hpp"
#include "core/trace/trace_layout.hpp"

namespace loopgate {

hdf5::Layout layout_of(Compression compression) noexcept;  ///< of a chunked dataset

/// Writes whole chunks of plain values into datasets. One object a thread.
class ChunkEncoder {
 public:
  ChunkEncoder();
  ~ChunkEncoder();
  /// layout, element: the dataset's. Takes library for the calls of the HDF5 library only: deflating runs beside them.
  void write(const hdf5::Handle& dataset, hdf5::Layout layout, hdf5::Element element, const hdf5::Dims& offset,
             const std::vector<unsigned char>& values, std::mutex& library);

 private:
  class Deflater;
  std::unique_ptr<Deflater> deflater_;
  std::vector<unsigned char> packed_;
};

/// A pair of datasets of the same shape, type and chunks; `to` may be compressed.
struct DatasetPair {
  const hdf5::Handle* from;
  const hdf5::Handle* to;
  hdf5::Layout layout;  ///< of `to`
};

/// Copies whole datasets chunk by chunk. Deflate runs on n_threads threads; the library itself is called by one at a
/// time. Every chunk of `from` must be in the file, without filters.
void copy_chunks(std::span<const DatasetPair> pairs, unsigned n_threads);

}  // namespace loopgate
