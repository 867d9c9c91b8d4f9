#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loopgate::hdf5 {

/// A library object, closed when it goes out of scope. Every function here throws TraceError when the library fails.
class Handle {
 public:
  using Close = int (*)(std::int64_t);
  Handle() = default;
  Handle(std::int64_t id, Close close) noexcept : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() { reset(); }
  std::int64_t id() const noexcept { return id_; }
  bool open() const noexcept { return id_ >= 0; }
  bool reset() noexcept;  ///< closes; false if the library could not

 private:
  std::int64_t id_ = -1;
  Close close_ = nullptr;
};

using Dims = std::vector<std::uint64_t>;

enum class Mode : std::uint8_t { read, modify };
enum class Layout : std::uint8_t { contiguous, chunked, deflated, bitshuffled };
enum class Element : std::uint8_t { uint8, uint16, uint32, float64 };
std::size_t size_of(Element element) noexcept;  ///< bytes

/// How a dataset of numbers is stored. What was never written reads as NaN, or, where it is left bare, as anything: a
/// bare dataset takes no writing before its values.
struct Storage {
  Layout layout = Layout::contiguous;
  Dims chunk{};  ///< of the chunked layouts
  bool bare = false;
};
/// True if the bitshuffle filter (a plugin of HDF5, id 32008) can be loaded.
bool has_bitshuffle();

Handle create_file(
    const std::string& path);  ///< replaces what is there; survives a killed writer from its first flush on
Handle open_file(const std::string& path, Mode mode);
void flush(const Handle& file);

Handle create_group(const Handle& parent, const std::string& name);
Handle open_group(const Handle& parent, const std::string& name);
bool exists(const Handle& parent, const std::string& name);
void hard_link(const Handle& from, const std::string& name, const Handle& to);
std::vector<std::string> children(const Handle& parent, const std::string& group);  ///< in order of creation

Handle create_numbers(const Handle& parent, const std::string& name, Element element, const Dims& dims,
                      const Storage& storage);
/// Bytes of the index of a chunked dataset with n_chunks chunks, in a file made by create_file.
std::uint64_t chunk_index_bytes(std::uint64_t n_chunks, std::size_t rank);
Handle create_integers(const Handle& parent, const std::string& name, std::span<const std::int64_t> values);
Handle create_strings(const Handle& parent, const std::string& name, std::span<const std::string> values);
void create_string(const Handle& parent, const std::string& name, const std::string& value);  ///< scalar
Handle open_dataset(const Handle& parent, const std::string& name);  ///< TraceError if it lies in another file
Dims dims(const Handle& dataset);
std::uint64_t length(const Handle& dataset);  ///< of a list; TraceError if it has more or fewer dimensions than one
Dims chunk_dims(const Handle& dataset);       ///< empty where it is not chunked
Element element_of(const Handle& dataset);    ///< TraceError for any other type
Handle create_dimension(const Handle& parent, const std::string& name, std::uint64_t n);  ///< a scale without values

void make_scale(const Handle& dataset, const std::string& name);
void attach_scales(const Handle& dataset, const std::vector<const Handle*>& scales);

void write_numbers(const Handle& dataset, std::span<const double> values);
void write_integers(const Handle& dataset, std::uint64_t at, std::span<const std::int64_t> values);
/// One whole chunk, stored as bytes that went through the dataset's filters already.
void write_chunk(const Handle& dataset, const Dims& offset, std::span<const unsigned char> bytes);
/// One whole chunk of plain values (the part within dims counts), through the dataset's filters.
void filter_chunk(const Handle& dataset, const Dims& offset, std::span<const unsigned char> bytes);
/// One whole chunk as it is stored; bytes is resized, to 0 where nothing was written. Returns a bit for each filter
/// that the chunk did not go through.
std::uint32_t read_chunk(const Handle& dataset, const Dims& offset, std::vector<unsigned char>& bytes);
/// Whether chunks go through byte shuffle and deflate and nothing else.
bool is_deflated(const Handle& dataset);
/// Elements begin..begin + out.size() - 1 of a one-dimensional dataset, of any element type.
void read_bytes(const Handle& dataset, std::uint64_t begin, std::uint64_t n, std::vector<unsigned char>& out);
// TraceError where the dataset has other dimensions than these ask for.
std::vector<double> read_numbers(const Handle& dataset, const Dims& offset, const Dims& count);
std::vector<std::int64_t> read_integers(const Handle& dataset);
std::vector<std::string> read_strings(const Handle& dataset);  ///< of a list or of one text
std::string read_string(const Handle& dataset);

void set_attribute(const Handle& object, const std::string& name, const std::string& value);
void set_attribute(const Handle& object, const std::string& name, double value);
void set_attribute(const Handle& object, const std::string& name, std::uint64_t value);
void set_attribute(const Handle& object, const std::string& name, std::uint8_t value);
bool has_attribute(const Handle& object, const std::string& name);
std::string string_attribute(const Handle& object, const std::string& name);
std::uint64_t integer_attribute(const Handle& object, const std::string& name);  ///< all 64 bits
double number_attribute(const Handle& object, const std::string& name);

}  // namespace loopgate::hdf5
