#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/trace/hdf5_file.hpp"
#include "core/trace/trace_layout.hpp"

namespace loopgate {

hdf5::Layout layout_of(Compression compression) noexcept;  ///< of a chunked dataset

/// Writes whole chunks of plain values into datasets of one layout. One object a thread.
class ChunkEncoder {
 public:
  explicit ChunkEncoder(hdf5::Layout layout);
  ~ChunkEncoder();
  /// Takes library for the calls of the HDF5 library only: deflating runs beside them.
  void write(const hdf5::Handle& dataset, const hdf5::Dims& offset, const std::vector<unsigned char>& values,
             hdf5::Element element, std::mutex& library);

 private:
  class Deflater;
  hdf5::Layout layout_;
  std::unique_ptr<Deflater> deflater_;  ///< deflated layouts only
  std::vector<unsigned char> packed_;
};

/// A pair of datasets of the same shape, type and chunks; `to` may be compressed.
struct DatasetPair {
  const hdf5::Handle* from;
  const hdf5::Handle* to;
};

/// Copies whole datasets chunk by chunk. Deflate runs on n_threads threads; the library itself is called by one at a
/// time. Every chunk of `from` must be in the file, without filters.
void copy_chunks(std::span<const DatasetPair> pairs, hdf5::Layout layout, unsigned n_threads);

}  // namespace loopgate
