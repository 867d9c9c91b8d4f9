#include "core/trace/codec.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <bit>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "core/error.hpp"

namespace loopgate {

namespace {

using Bytes = std::vector<unsigned char>;

/// HDF5's byte shuffle: all first bytes, then all second ones, ...
void shuffle(const Bytes& values, std::size_t size, Bytes& out) {
  const std::size_t n = values.size() / size;
  out.resize(values.size());
  for (std::size_t b = 0; b < size; ++b)
    for (std::size_t i = 0; i < n; ++i) out[b * n + i] = values[i * size + b];
}

/// Values begin..end - 1 of the 8 planes of bytes that shuffle made of n float64.
void unshuffle(const Bytes& planes, std::size_t n, std::size_t begin, std::size_t end, double* out) {
  static_assert(std::endian::native == std::endian::little);
  for (std::size_t i = begin; i < end; ++i) {
    std::uint64_t bits = 0;
    for (std::size_t b = 0; b < sizeof bits; ++b) bits |= std::uint64_t{planes[b * n + i]} << (8 * b);
    *out++ = std::bit_cast<double>(bits);
  }
}

/// Hands out the chunks of all pairs, one after another.
class ChunkList {
 public:
  explicit ChunkList(std::span<const DatasetPair> pairs) : pairs_(pairs) { enter(); }

  bool next(const DatasetPair*& pair, hdf5::Dims& offset) {
    if (at_ == pairs_.size()) return false;
    pair = &pairs_[at_];
    offset = offset_;
    for (std::size_t d = offset_.size(); d-- > 0;) {
      offset_[d] += chunk_[d];
      if (offset_[d] < dims_[d]) return true;
      offset_[d] = 0;
    }
    ++at_;
    enter();
    return true;
  }

 private:
  void enter() {  // the first chunk of the next dataset that has any
    for (; at_ < pairs_.size(); ++at_) {
      dims_ = hdf5::dims(*pairs_[at_].to);
      chunk_ = hdf5::chunk_dims(*pairs_[at_].to);
      offset_.assign(dims_.size(), 0);
      if (std::ranges::count(dims_, 0U) == 0) return;
    }
  }

  std::span<const DatasetPair> pairs_;
  std::size_t at_ = 0;
  hdf5::Dims dims_, chunk_, offset_;
};

}  // namespace

hdf5::Layout layout_of(Compression compression) noexcept {
  switch (compression) {
    case Compression::none:
      return hdf5::Layout::chunked;
    case Compression::deflate:
      return hdf5::Layout::deflated;
    case Compression::bitshuffle_lz4:
      return hdf5::Layout::bitshuffled;
  }
  return hdf5::Layout::chunked;
}

class ChunkEncoder::Deflater {
 public:
  Deflater() : compressor_(libdeflate_alloc_compressor(1), libdeflate_free_compressor) {
    LOOPGATE_EXPECT(compressor_ != nullptr);
  }
  /// The filters of a deflated dataset: byte shuffle where an element has more than one byte, then zlib's format.
  void operator()(const Bytes& values, std::size_t element_size, Bytes& out) {
    if (element_size > 1) shuffle(values, element_size, shuffled_);
    const Bytes& plain = element_size > 1 ? shuffled_ : values;
    out.resize(libdeflate_zlib_compress_bound(compressor_.get(), plain.size()));
    const std::size_t size =
        libdeflate_zlib_compress(compressor_.get(), plain.data(), plain.size(), out.data(), out.size());
    LOOPGATE_EXPECT(size > 0);
    out.resize(size);
  }

 private:
  std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor_;
  Bytes shuffled_;
};

ChunkEncoder::ChunkEncoder() : deflater_(std::make_unique<Deflater>()) {}
ChunkEncoder::~ChunkEncoder() = default;

void ChunkEncoder::write(const hdf5::Handle& dataset, hdf5::Layout layout, hdf5::Element element,
                         const hdf5::Dims& offset, const Bytes& values, std::mutex& library) {
  if (layout == hdf5::Layout::deflated) (*deflater_)(values, hdf5::size_of(element), packed_);
  const std::scoped_lock lock(library);
  if (layout == hdf5::Layout::bitshuffled) hdf5::filter_chunk(dataset, offset, values);
  else hdf5::write_chunk(dataset, offset, layout == hdf5::Layout::deflated ? packed_ : values);
}

class ChunkDecoder::Inflater {
 public:
  Inflater() : decompressor_(libdeflate_alloc_decompressor(), libdeflate_free_decompressor) {
    LOOPGATE_EXPECT(decompressor_ != nullptr);
  }
  /// out has the size of the plain values.
  void operator()(const Bytes& packed, Bytes& out) {
    if (libdeflate_zlib_decompress(decompressor_.get(), packed.data(), packed.size(), out.data(), out.size(),
                                   nullptr) != LIBDEFLATE_SUCCESS)
      throw TraceError("reading a chunk: its compressed bytes are damaged");
  }

 private:
  std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor_;
};

ChunkDecoder::ChunkDecoder() : inflater_(std::make_unique<Inflater>()) {}
ChunkDecoder::~ChunkDecoder() = default;

std::vector<double> ChunkDecoder::read(const hdf5::Handle& dataset, const hdf5::Dims& offset, const hdf5::Dims& count) {
  const hdf5::Dims chunk = hdf5::chunk_dims(dataset);
  const bool rows = chunk.size() >= 2 && chunk[0] == 1 && count[0] == 1 &&
                    std::equal(chunk.begin() + 2, chunk.end(), count.begin() + 2, count.end());
  if (!rows || !hdf5::is_deflated(dataset) || hdf5::element_of(dataset) != hdf5::Element::float64)
    return hdf5::read_numbers(dataset, offset, count);
  std::size_t width = 1;
  for (std::size_t d = 2; d < chunk.size(); ++d) width *= chunk[d];
  const std::size_t n = chunk[1] * width;
  planes_.resize(n * sizeof(double));
  std::vector<double> out(count[1] * width);
  hdf5::Dims at(chunk.size(), 0);
  at[0] = offset[0];
  for (std::uint64_t t = offset[1], end = offset[1] + count[1]; t < end; t = at[1] + chunk[1]) {
    at[1] = t / chunk[1] * chunk[1];
    if (hdf5::read_chunk(dataset, at, packed_) != 0 || packed_.empty())
      return hdf5::read_numbers(dataset, offset, count);
    (*inflater_)(packed_, planes_);
    const std::uint64_t last = std::min(end, at[1] + chunk[1]);
    unshuffle(planes_, n, (t - at[1]) * width, (last - at[1]) * width, &out[(t - offset[1]) * width]);
  }
  return out;
}

void copy_chunks(std::span<const DatasetPair> pairs, unsigned n_threads) {
  LOOPGATE_EXPECT(n_threads >= 1);
  std::mutex library;
  ChunkList chunks(pairs);
  std::exception_ptr failure;
  const auto work = [&] {
    ChunkEncoder encode;
    Bytes values;
    const DatasetPair* pair = nullptr;
    hdf5::Dims offset;
    try {
      for (;;) {
        std::unique_lock lock(library);
        if (failure || !chunks.next(pair, offset)) return;
        hdf5::read_chunk(*pair->from, offset, values);
        const hdf5::Element element = hdf5::element_of(*pair->from);
        std::size_t size = hdf5::size_of(element);
        for (const std::uint64_t n : hdf5::chunk_dims(*pair->to)) size *= n;
        LOOPGATE_EXPECT(size <= values.size());
        values.resize(size);
        lock.unlock();
        encode.write(*pair->to, pair->layout, element, offset, values, library);
      }
    } catch (...) {
      const std::scoped_lock lock(library);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < n_threads; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace loopgate
