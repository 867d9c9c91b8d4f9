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

/// Reads numbers from deflated datasets about three times as fast as the HDF5 library does. One object a thread.
class ChunkDecoder {
 public:
  ChunkDecoder();
  ~ChunkDecoder();
  /// What hdf5::read_numbers reads, and by way of it where the dataset is not deflated float64 whose chunks are parts
  /// of one index of the first dimension along the second. offset, count: of one such index.
  std::vector<double> read(const hdf5::Handle& dataset, const hdf5::Dims& offset, const hdf5::Dims& count);

 private:
  class Inflater;
  std::unique_ptr<Inflater> inflater_;
  std::vector<unsigned char> packed_, planes_;
};

/// A pair of datasets of the same type; `to` may be compressed. Their shapes and chunks are the same, or else both have
/// one dimension and `to` is shorter: where `from` has more than one chunk, chunks are of one size.
struct DatasetPair {
  const hdf5::Handle* from;
  const hdf5::Handle* to;
  hdf5::Layout layout;  ///< of `to`
};

/// Copies whole datasets chunk by chunk. Deflate runs on n_threads threads; the library itself is called by one at a
/// time. Every chunk of `from` that `to` has must be in the file, without filters.
void copy_chunks(std::span<const DatasetPair> pairs, unsigned n_threads);

}  // namespace loopgate
