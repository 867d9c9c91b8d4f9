#include "core/trace/hdf5_library.hpp"

#include <cstring>

namespace loopgate::hdf5 {

bool Handle::reset() noexcept {
  if (id_ < 0) return true;
  const FloatingPointGuard guard;  // what is closed may be written first
  const bool closed = close_(id_) >= 0;
  id_ = -1;
  return closed;
}

std::string reason() {
  std::string text;
  const auto visit = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    if (error->desc != nullptr && error->desc[0] != '\0') *static_cast<std::string*>(out) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, visit, &text);
  const std::size_t message = text.find("error message = '");
  if (message != std::string::npos) {
    const std::size_t from = message + std::strlen("error message = '");
    return text.substr(from, text.find('\'', from) - from);
  }
  return text;
}

void enter_library() {
  H5dont_atexit();  // a file that could not be written cannot be closed at exit either
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Handle property_list(hid_t list_class) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  return own<H5Pclose>(H5Pcreate(list_class), "H5Pcreate");
}

Handle string_type() {
  Handle type = own<H5Tclose>(H5Tcopy(H5T_C_S1), "H5Tcopy");
  check(H5Tset_size(type.id(), H5T_VARIABLE), "H5Tset_size");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "H5Tset_cset");
  return type;
}

Handle space_of(const Dims& dims) {
  std::vector<hsize_t> sizes(dims.begin(), dims.end());
  if (sizes.empty()) return own<H5Sclose>(H5Screate(H5S_SCALAR), "H5Screate");
  return own<H5Sclose>(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), "H5Screate_simple");
}

}  // namespace loopgate::hdf5
