#pragma once

#include <hdf5.h>

#include <cfenv>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/trace/hdf5_file.hpp"

namespace loopgate::hdf5 {

// What the wrapper itself needs of the library, for hdf5_*.cpp alone.

/// The deepest message of the library's error stack, which names the cause: no space left, no such file.
std::string reason();

template <class Result>
Result check(Result result, std::string_view what) {
  if (result < 0) throw TraceError(std::string(what) + " failed: " + reason());
  return result;
}

template <herr_t (*close)(hid_t)>
Handle own(hid_t id, std::string_view what) {
  return {check(id, what), [](std::int64_t open) -> int { return close(open); }};
}

/// Keeps its thread's floating-point environment. The library loads plugins when they are first needed, on writing and
/// on reading, and a plugin may change it as it is loaded: Debian's bitshuffle has subnormal numbers flushed to zero,
/// in the thread that loads it and in all that this thread starts. Each function that may load one holds a guard.
class FloatingPointGuard {
 public:
  FloatingPointGuard() noexcept { std::fegetenv(&kept_); }
  ~FloatingPointGuard() { std::fesetenv(&kept_); }
  FloatingPointGuard(const FloatingPointGuard&) = delete;
  FloatingPointGuard& operator=(const FloatingPointGuard&) = delete;

 private:
  std::fenv_t kept_{};
};

void enter_library();  ///< before the first call of the library on a path into it
Handle property_list(hid_t list_class);
Handle string_type();               ///< of variable length, UTF-8
Handle space_of(const Dims& dims);  ///< scalar where empty

/// Links and attributes in order of creation, as netCDF-4 wants it.
inline constexpr unsigned ordered = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
inline constexpr unsigned index_half = 1024;  ///< a node of a chunk index holds twice as many chunks

}  // namespace loopgate::hdf5
