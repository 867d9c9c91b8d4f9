#include "core/trace/codec.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <thread>

#include "core/error.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

constexpr std::uint64_t n_rows = 2, n_columns = 10, inner = 3, chunk = 4;

/// Value of row r, column t, entry i; every byte of it counts.
double value(std::uint64_t r, std::uint64_t t, std::uint64_t i) {
  return 1.0 / static_cast<double>(3 + i + 5 * t + 7 * r);
}

/// [2 x 10 x 3] in chunks of [1 x 4 x 3], written but for row 1's second chunk.
hdf5::Handle written(const hdf5::Handle& file, hdf5::Layout layout) {
  hdf5::Handle data = hdf5::create_numbers(file, "x", hdf5::Element::float64, {n_rows, n_columns, inner},
                                           {layout, {1, chunk, inner}, false});
  ChunkEncoder encode;
  std::mutex library;
  for (std::uint64_t r = 0; r < n_rows; ++r)
    for (std::uint64_t begin = 0; begin < n_columns; begin += chunk) {
      if (r == 1 && begin == chunk) continue;
      std::vector<double> values;
      for (std::uint64_t t = begin; t < begin + chunk; ++t)
        for (std::uint64_t i = 0; i < inner; ++i) values.push_back(value(r, t, i));
      std::vector<unsigned char> bytes(values.size() * sizeof(double));
      std::memcpy(bytes.data(), values.data(), bytes.size());
      encode.write(data, layout, hdf5::Element::float64, {r, begin, 0}, bytes, library);
    }
  hdf5::flush(file);
  return data;
}

/// Whether half of a subnormal number is what it should be, here and in a thread started now.
bool subnormals_hold() {
  const auto holds = [] {
    const volatile double tiny = 0x1.0p-1060;
    return std::bit_cast<std::uint64_t>(tiny / 2.0) == std::uint64_t{1} << 13U;  // by bits: 2^-1061 is 2^13 2^-1074
  };
  bool elsewhere = false;
  std::thread([&] { elsewhere = holds(); }).join();
  return holds() && elsewhere;
}

/// A file of a dataset with the filter of a plugin. Written by a child, so that this process has loaded nothing.
void write_elsewhere(const std::string& path) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    try {
      const hdf5::Handle file = hdf5::create_file(path);
      written(file, hdf5::Layout::bitshuffled);
    } catch (const TraceError&) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

// These load the plugin where they are the first of their process to ask for it, as they are under ctest.
TEST_CASE("looking for a plugin leaves the floating-point environment as it is") {
  CHECK(hdf5::has_bitshuffle());
  CHECK(subnormals_hold());
}

TEST_CASE("writing by a plugin leaves the floating-point environment as it is") {
  const test::Scratch scratch;
  const hdf5::Handle file = hdf5::create_file(scratch.file("a.h5"));
  const hdf5::Handle data = written(file, hdf5::Layout::bitshuffled);
  CHECK(subnormals_hold());
  CHECK(hdf5::read_numbers(data, {0, 5, 1}, {1, 1, 1})[0] == value(0, 5, 1));
}

TEST_CASE("reading by a plugin leaves the floating-point environment as it is") {
  const test::Scratch scratch;
  write_elsewhere(scratch.file("a.h5"));
  const hdf5::Handle file = hdf5::open_file(scratch.file("a.h5"), hdf5::Mode::read);
  const hdf5::Handle data = hdf5::open_dataset(file, "x");
  CHECK(hdf5::read_numbers(data, {0, 5, 1}, {1, 1, 1})[0] == value(0, 5, 1));
  CHECK(subnormals_hold());
}

TEST_CASE("unpacked chunks hold what the HDF5 library reads") {
  const test::Scratch scratch;
  for (const hdf5::Layout layout : {hdf5::Layout::deflated, hdf5::Layout::chunked}) {
    const hdf5::Handle file = hdf5::create_file(scratch.file("a.h5"));
    const hdf5::Handle data = written(file, layout);
    CHECK(hdf5::is_deflated(data) == (layout == hdf5::Layout::deflated));
    ChunkDecoder decode;
    for (std::uint64_t begin = 0; begin <= n_columns; ++begin)
      for (std::uint64_t end = begin; end <= n_columns; ++end) {
        const std::vector<double> found = decode.read(data, {0, begin, 0}, {1, end - begin, inner});
        CHECK(found == hdf5::read_numbers(data, {0, begin, 0}, {1, end - begin, inner}));
        if (end > begin) CHECK(found.back() == value(0, end - 1, inner - 1));
      }
    const std::vector<double> gap = decode.read(data, {1, 0, 0}, {1, n_columns, inner});
    for (std::uint64_t t = 0; t < n_columns; ++t) CHECK(std::isnan(gap[t * inner]) == (t >= chunk && t < 2 * chunk));
    CHECK(gap[9 * inner] == value(1, 9, 0));
    CHECK(decode.read(data, {0, 0, 1}, {2, n_columns, 1}).size() == 2 * n_columns);  // by the library
  }
}

TEST_CASE("damaged chunks are told") {
  const test::Scratch scratch;
  const hdf5::Handle file = hdf5::create_file(scratch.file("a.h5"));
  const hdf5::Handle data = written(file, hdf5::Layout::deflated);
  hdf5::write_chunk(data, {0, 0, 0}, std::vector<unsigned char>(40, 7));
  ChunkDecoder decode;
  CHECK_THROWS_WITH_AS(decode.read(data, {0, 0, 0}, {1, 2, inner}), doctest::Contains("damaged"), TraceError);
  CHECK(decode.read(data, {0, 4, 0}, {1, 2, inner})[0] == value(0, 4, 0));
}

TEST_SUITE_END();
