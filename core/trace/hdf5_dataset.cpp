#include <hdf5_hl.h>

#include <algorithm>
#include <cstdio>

#include "core/trace/hdf5_library.hpp"
#include "core/types.hpp"

namespace loopgate::hdf5 {

namespace {

constexpr H5Z_filter_t bitshuffle_filter = 32008;  // as registered with The HDF Group

/// Without times, so that equal runs give equal bytes; with attribute order, as netCDF-4 wants it.
Handle dataset_list() {
  Handle list = property_list(H5P_DATASET_CREATE);
  check(H5Pset_obj_track_times(list.id(), false), "H5Pset_obj_track_times");
  check(H5Pset_attr_creation_order(list.id(), ordered), "H5Pset_attr_creation_order");
  return list;
}

hid_t native(Element element) {
  switch (element) {
    case Element::uint8:
      return H5T_NATIVE_UINT8;
    case Element::uint16:
      return H5T_NATIVE_UINT16;
    case Element::uint32:
      return H5T_NATIVE_UINT32;
    case Element::float64:
      return H5T_NATIVE_DOUBLE;
  }
  return H5T_NATIVE_DOUBLE;
}

Handle create_dataset(const Handle& parent, const std::string& name, hid_t type, const Dims& dims, const Handle& list) {
  const Handle space = space_of(dims), access = property_list(H5P_DATASET_ACCESS);
  check(H5Pset_chunk_cache(access.id(), 0, 0, H5D_CHUNK_CACHE_W0_DEFAULT), "H5Pset_chunk_cache");  // chunks go whole
  return own<H5Dclose>(H5Dcreate2(parent.id(), name.c_str(), type, space.id(), H5P_DEFAULT, list.id(), access.id()),
                       "creating dataset " + name);
}

}  // namespace

std::size_t size_of(Element element) noexcept {
  switch (element) {
    case Element::uint8:
      return 1;
    case Element::uint16:
      return 2;
    case Element::uint32:
      return 4;
    case Element::float64:
      return 8;
  }
  return 0;
}

bool has_bitshuffle() {
  const FloatingPointGuard guard;
  enter_library();
  return H5Zfilter_avail(bitshuffle_filter) > 0;
}

Handle create_numbers(const Handle& parent, const std::string& name, Element element, const Dims& dims,
                      const Storage& storage) {
  const FloatingPointGuard guard;
  const Handle list = dataset_list();
  if (element == Element::float64)
    check(H5Pset_fill_value(list.id(), H5T_NATIVE_DOUBLE, &undefined), "H5Pset_fill_value");
  if (storage.bare) check(H5Pset_fill_time(list.id(), H5D_FILL_TIME_NEVER), "H5Pset_fill_time");
  if (storage.layout != Layout::contiguous) {
    const std::vector<hsize_t> sizes(storage.chunk.begin(), storage.chunk.end());
    check(H5Pset_chunk(list.id(), static_cast<int>(sizes.size()), sizes.data()), "H5Pset_chunk");
  }
  if (storage.layout == Layout::deflated) {
    if (size_of(element) > 1) check(H5Pset_shuffle(list.id()), "H5Pset_shuffle");
    check(H5Pset_deflate(list.id(), 1), "H5Pset_deflate");
  } else if (storage.layout == Layout::bitshuffled) {
    const unsigned settings[] = {0, 2};  // block size by the filter's own rule, LZ4
    check(H5Pset_filter(list.id(), bitshuffle_filter, H5Z_FLAG_MANDATORY, 2, settings),
          "setting the bitshuffle filter");
  } else {
    check(H5Pset_alloc_time(list.id(), H5D_ALLOC_TIME_EARLY), "H5Pset_alloc_time");
  }
  return create_dataset(parent, name, native(element), dims, list);
}

Handle create_dimension(const Handle& parent, const std::string& name, std::uint64_t n) {
  // As netCDF-4 writes a dimension that has no coordinate variable: big-endian float32, never allocated.
  const Handle list = dataset_list();
  check(H5Pset_alloc_time(list.id(), H5D_ALLOC_TIME_LATE), "H5Pset_alloc_time");
  Handle dataset = create_dataset(parent, name, H5T_IEEE_F32BE, {n}, list);
  char label[64];
  std::snprintf(label, sizeof label, "This is a netCDF dimension but not a netCDF variable.%10llu",
                static_cast<unsigned long long>(n));
  make_scale(dataset, label);
  return dataset;
}

/// Version 1 B-trees (HDF5 file format specification, III.A.1): nodes of fixed size with a key and an address a chunk.
/// Chunks are allocated in order, so a full node is split at the library's 90 %.
std::uint64_t chunk_index_bytes(std::uint64_t n_chunks, std::size_t rank) {
  constexpr std::uint64_t most = 2 * index_half, after_split = most * 9 / 10;
  const std::uint64_t key = 8 + 8 * (rank + 1), node = 24 + most * 8 + (most + 1) * key;
  std::uint64_t nodes = 0;
  for (std::uint64_t level = n_chunks; level > 1 || nodes == 0; nodes += level)
    level = level <= most ? 1 : (level + after_split - 1) / after_split;
  return nodes * node;
}

Handle create_integers(const Handle& parent, const std::string& name, std::span<const std::int64_t> values) {
  const FloatingPointGuard guard;
  const Handle list = dataset_list();
  check(H5Pset_alloc_time(list.id(), H5D_ALLOC_TIME_EARLY), "H5Pset_alloc_time");
  Handle dataset = create_dataset(parent, name, H5T_NATIVE_INT64, {values.size()}, list);
  check(H5Dwrite(dataset.id(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "writing " + name);
  return dataset;
}

Handle create_strings(const Handle& parent, const std::string& name, std::span<const std::string> values) {
  const FloatingPointGuard guard;
  const Handle list = dataset_list(), type = string_type();
  Handle dataset = create_dataset(parent, name, type.id(), {values.size()}, list);
  std::vector<const char*> texts;
  for (const std::string& value : values) texts.push_back(value.c_str());
  check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), "writing " + name);
  return dataset;
}

void create_string(const Handle& parent, const std::string& name, const std::string& value) {
  const FloatingPointGuard guard;
  const Handle list = dataset_list(), type = string_type();
  const Handle dataset = create_dataset(parent, name, type.id(), {}, list);
  const char* text = value.c_str();
  check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<const void*>(&text)),
        "writing " + name);
}

Handle open_dataset(const Handle& parent, const std::string& name) {
  const FloatingPointGuard guard;
  const Handle access = property_list(H5P_DATASET_ACCESS);
  check(H5Pset_chunk_cache(access.id(), 0, 0, H5D_CHUNK_CACHE_W0_DEFAULT), "H5Pset_chunk_cache");
  Handle dataset = own<H5Dclose>(H5Dopen2(parent.id(), name.c_str(), access.id()), "opening dataset " + name);
  const Handle list = own<H5Pclose>(H5Dget_create_plist(dataset.id()), "H5Dget_create_plist");
  if (H5Pget_layout(list.id()) == H5D_VIRTUAL || H5Pget_external_count(list.id()) > 0)
    throw TraceError("dataset " + name + " lies in another file (expected all in one)");
  return dataset;
}

Dims dims(const Handle& dataset) {
  const Handle space = own<H5Sclose>(H5Dget_space(dataset.id()), "H5Dget_space");
  std::vector<hsize_t> sizes(
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space.id()), "H5Sget_simple_extent_ndims")));
  check(H5Sget_simple_extent_dims(space.id(), sizes.data(), nullptr), "H5Sget_simple_extent_dims");
  return {sizes.begin(), sizes.end()};
}

std::uint64_t length(const Handle& dataset) {
  const Dims all = dims(dataset);
  if (all.size() != 1) throw TraceError("a dataset of " + std::to_string(all.size()) + " dimensions (expected one)");
  return all[0];
}

Dims chunk_dims(const Handle& dataset) {
  const Handle list = own<H5Pclose>(H5Dget_create_plist(dataset.id()), "H5Dget_create_plist");
  if (H5Pget_layout(list.id()) != H5D_CHUNKED) return {};
  std::vector<hsize_t> sizes(dims(dataset).size());
  check(H5Pget_chunk(list.id(), static_cast<int>(sizes.size()), sizes.data()), "H5Pget_chunk");
  return {sizes.begin(), sizes.end()};
}

Element element_of(const Handle& dataset) {
  const Handle type = own<H5Tclose>(H5Dget_type(dataset.id()), "H5Dget_type");
  for (const Element element : {Element::uint8, Element::uint16, Element::uint32, Element::float64})
    if (check(H5Tequal(type.id(), native(element)), "H5Tequal") > 0) return element;
  throw TraceError("a dataset has a number type that Loopgate does not write");
}

void make_scale(const Handle& dataset, const std::string& name) {
  check(H5DSset_scale(dataset.id(), name.c_str()), "H5DSset_scale");
}

void attach_scales(const Handle& dataset, const std::vector<const Handle*>& scales) {
  for (unsigned i = 0; i < scales.size(); ++i)
    check(H5DSattach_scale(dataset.id(), scales[i]->id(), i), "H5DSattach_scale");
}

void write_numbers(const Handle& dataset, std::span<const double> values) {
  const FloatingPointGuard guard;
  check(H5Dwrite(dataset.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "writing numbers");
}

void write_integers(const Handle& dataset, std::uint64_t at, std::span<const std::int64_t> values) {
  const FloatingPointGuard guard;
  const Handle file = own<H5Sclose>(H5Dget_space(dataset.id()), "H5Dget_space"), memory = space_of({values.size()});
  const hsize_t start = at, count = values.size();
  check(H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, &start, nullptr, &count, nullptr), "H5Sselect_hyperslab");
  check(H5Dwrite(dataset.id(), H5T_NATIVE_INT64, memory.id(), file.id(), H5P_DEFAULT, values.data()),
        "writing counters");
}

void write_chunk(const Handle& dataset, const Dims& offset, std::span<const unsigned char> bytes) {
  const FloatingPointGuard guard;
  const std::vector<hsize_t> at(offset.begin(), offset.end());
  check(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, at.data(), bytes.size(), bytes.data()), "writing a chunk");
}

void filter_chunk(const Handle& dataset, const Dims& offset, std::span<const unsigned char> bytes) {
  const FloatingPointGuard guard;
  const Handle file = own<H5Sclose>(H5Dget_space(dataset.id()), "H5Dget_space");
  const Dims all = dims(dataset), chunk = chunk_dims(dataset);
  const Handle memory = space_of(chunk);
  const std::vector<hsize_t> start(offset.begin(), offset.end()), zero(offset.size(), 0);
  std::vector<hsize_t> count;
  for (std::size_t d = 0; d < all.size(); ++d) count.push_back(std::min(chunk[d], all[d] - offset[d]));
  check(H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
        "H5Sselect_hyperslab");
  check(H5Sselect_hyperslab(memory.id(), H5S_SELECT_SET, zero.data(), nullptr, count.data(), nullptr),
        "H5Sselect_hyperslab");
  check(H5Dwrite(dataset.id(), native(element_of(dataset)), memory.id(), file.id(), H5P_DEFAULT, bytes.data()),
        "compressing a chunk");
}

std::uint32_t read_chunk(const Handle& dataset, const Dims& offset, std::vector<unsigned char>& bytes) {
  const FloatingPointGuard guard;
  const std::vector<hsize_t> at(offset.begin(), offset.end());
  hsize_t size = 0;
  haddr_t address = HADDR_UNDEF;
  std::uint32_t skipped_filters = 0;
  check(H5Dget_chunk_info_by_coord(dataset.id(), at.data(), &skipped_filters, &address, &size),
        "H5Dget_chunk_info_by_coord");
  bytes.resize(address == HADDR_UNDEF ? 0 : size);
  if (!bytes.empty())
    check(H5Dread_chunk(dataset.id(), H5P_DEFAULT, at.data(), &skipped_filters, bytes.data()), "reading a chunk");
  return skipped_filters;
}

bool is_deflated(const Handle& dataset) {
  const Handle list = own<H5Pclose>(H5Dget_create_plist(dataset.id()), "H5Dget_create_plist");
  if (H5Pget_nfilters(list.id()) != 2) return false;
  const auto filter = [&list](unsigned i) {
    unsigned flags = 0;
    std::size_t n_values = 0;
    return H5Pget_filter2(list.id(), i, &flags, &n_values, nullptr, 0, nullptr, nullptr);
  };
  return filter(0) == H5Z_FILTER_SHUFFLE && filter(1) == H5Z_FILTER_DEFLATE;
}

void read_bytes(const Handle& dataset, std::uint64_t begin, std::uint64_t n, std::vector<unsigned char>& out) {
  const FloatingPointGuard guard;
  length(dataset);
  const hsize_t start = begin, count = n;
  const Element element = element_of(dataset);
  const Handle file = own<H5Sclose>(H5Dget_space(dataset.id()), "H5Dget_space"), memory = space_of({n});
  check(H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, &start, nullptr, &count, nullptr), "H5Sselect_hyperslab");
  out.resize(n * size_of(element));
  check(H5Dread(dataset.id(), native(element), memory.id(), file.id(), H5P_DEFAULT, out.data()), "reading rows");
}

std::vector<double> read_numbers(const Handle& dataset, const Dims& offset, const Dims& count) {
  const FloatingPointGuard guard;
  if (const std::size_t rank = dims(dataset).size(); rank != offset.size() || rank != count.size())
    throw TraceError("a dataset of " + std::to_string(rank) + " dimensions (expected " + std::to_string(count.size()) +
                     ")");
  const std::vector<hsize_t> start(offset.begin(), offset.end()), size(count.begin(), count.end());
  const Handle file = own<H5Sclose>(H5Dget_space(dataset.id()), "H5Dget_space"), memory = space_of(count);
  check(H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr),
        "H5Sselect_hyperslab");
  std::size_t n = 1;
  for (const auto d : count) n *= d;
  std::vector<double> values(n);
  check(H5Dread(dataset.id(), H5T_NATIVE_DOUBLE, memory.id(), file.id(), H5P_DEFAULT, values.data()),
        "reading numbers");
  return values;
}

std::vector<std::int64_t> read_integers(const Handle& dataset) {
  const FloatingPointGuard guard;
  std::vector<std::int64_t> values(length(dataset));
  check(H5Dread(dataset.id(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "reading counters");
  return values;
}

std::vector<std::string> read_strings(const Handle& dataset) {
  const FloatingPointGuard guard;
  const std::size_t n = dims(dataset).empty() ? 1 : length(dataset);
  const Handle type = string_type(), space = own<H5Sclose>(H5Dget_space(dataset.id()), "H5Dget_space");
  std::vector<char*> texts(n);
  check(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), "reading names");
  std::vector<std::string> values;
  for (const char* text : texts) values.emplace_back(text == nullptr ? "" : text);
  H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, texts.data());
  return values;
}

std::string read_string(const Handle& dataset) {
  const std::vector<std::string> texts = read_strings(dataset);
  if (texts.size() != 1) throw TraceError(std::to_string(texts.size()) + " texts (expected one)");
  return texts[0];
}

}  // namespace loopgate::hdf5
