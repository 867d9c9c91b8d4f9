#include "core/trace/hdf5_file.hpp"

#include <unistd.h>

#include "core/trace/hdf5_library.hpp"
#include "core/types.hpp"

namespace loopgate::hdf5 {

namespace {

void attribute(const Handle& object, const std::string& name, hid_t type, const void* value) {
  if (has_attribute(object, name)) {
    const Handle old = own<H5Aclose>(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), "H5Aopen");
    check(H5Awrite(old.id(), type, value), "writing attribute " + name);
    return;
  }
  const Handle space = space_of({});
  const Handle made = own<H5Aclose>(H5Acreate2(object.id(), name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
                                    "creating attribute " + name);
  check(H5Awrite(made.id(), type, value), "writing attribute " + name);
}

/// Of one value.
void read_attribute(const Handle& object, const std::string& name, hid_t type, void* value) {
  const Handle open = own<H5Aclose>(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), "opening attribute " + name);
  const Handle space = own<H5Sclose>(H5Aget_space(open.id()), "H5Aget_space");
  if (H5Sget_simple_extent_npoints(space.id()) != 1) throw TraceError("attribute " + name + " is not one value");
  check(H5Aread(open.id(), type, value), "reading attribute " + name);
}

}  // namespace

Handle create_file(const std::string& path) {
  const FloatingPointGuard guard;
  enter_library();
  const Handle list = property_list(H5P_FILE_CREATE);
  check(H5Pset_obj_track_times(list.id(), false), "H5Pset_obj_track_times");
  check(H5Pset_link_creation_order(list.id(), ordered), "H5Pset_link_creation_order");
  check(H5Pset_attr_creation_order(list.id(), ordered), "H5Pset_attr_creation_order");
  // A chunk index of up to 2,048 chunks is one B-tree node: no splits that a kill could leave half done.
  check(H5Pset_istore_k(list.id(), index_half), "H5Pset_istore_k");
  check(H5Pset_file_space_strategy(list.id(), H5F_FSPACE_STRATEGY_NONE, false, 1), "H5Pset_file_space_strategy");
  unlink(path.c_str());  // not truncated: whatever is there stays whole for those who hold or link it
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_EXCL, list.id(), H5P_DEFAULT);
  if (file < 0) throw TraceError(path + ": cannot be created: " + reason());
  return own<H5Fclose>(file, "H5Fcreate");
}

Handle open_file(const std::string& path, Mode mode) {
  const FloatingPointGuard guard;
  enter_library();
  const hid_t file = H5Fopen(path.c_str(), mode == Mode::read ? H5F_ACC_RDONLY : H5F_ACC_RDWR, H5P_DEFAULT);
  if (file < 0) throw TraceError(path + ": cannot be opened as HDF5: " + reason());
  return own<H5Fclose>(file, "H5Fopen");
}

void flush(const Handle& file) {
  const FloatingPointGuard guard;
  check(H5Fflush(file.id(), H5F_SCOPE_GLOBAL), "flushing");
}

Handle create_group(const Handle& parent, const std::string& name) {
  const Handle list = property_list(H5P_GROUP_CREATE);
  check(H5Pset_obj_track_times(list.id(), false), "H5Pset_obj_track_times");
  check(H5Pset_link_creation_order(list.id(), ordered), "H5Pset_link_creation_order");
  check(H5Pset_attr_creation_order(list.id(), ordered), "H5Pset_attr_creation_order");
  return own<H5Gclose>(H5Gcreate2(parent.id(), name.c_str(), H5P_DEFAULT, list.id(), H5P_DEFAULT),
                       "creating group " + name);
}

Handle open_group(const Handle& parent, const std::string& name) {
  return own<H5Gclose>(H5Gopen2(parent.id(), name.c_str(), H5P_DEFAULT), "opening group " + name);
}

bool exists(const Handle& parent, const std::string& name) {
  return check(H5Lexists(parent.id(), name.c_str(), H5P_DEFAULT), "looking for " + name) > 0;
}

void hard_link(const Handle& from, const std::string& name, const Handle& to) {
  check(H5Lcreate_hard(from.id(), name.c_str(), to.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), "linking " + name);
}

std::vector<std::string> children(const Handle& parent, const std::string& group) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  const Handle open = open_group(parent, group);
  check(H5Literate(open.id(), H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, visit, &names), "listing " + group);
  return names;
}

void set_attribute(const Handle& object, const std::string& name, const std::string& value) {
  const Handle type = string_type();
  const char* text = value.c_str();
  attribute(object, name, type.id(), static_cast<const void*>(&text));
}
void set_attribute(const Handle& object, const std::string& name, double value) {
  attribute(object, name, H5T_NATIVE_DOUBLE, &value);
}
void set_attribute(const Handle& object, const std::string& name, std::uint64_t value) {
  attribute(object, name, H5T_NATIVE_UINT64, &value);
}
void set_attribute(const Handle& object, const std::string& name, std::uint8_t value) {
  attribute(object, name, H5T_NATIVE_UINT8, &value);
}

bool has_attribute(const Handle& object, const std::string& name) {
  return check(H5Aexists(object.id(), name.c_str()), "looking for attribute " + name) > 0;
}

std::string string_attribute(const Handle& object, const std::string& name) {
  const Handle type = string_type();
  char* text = nullptr;
  read_attribute(object, name, type.id(), static_cast<void*>(&text));
  std::string value = text == nullptr ? "" : text;
  H5free_memory(text);
  return value;
}

std::uint64_t integer_attribute(const Handle& object, const std::string& name) {
  std::uint64_t value = 0;
  read_attribute(object, name, H5T_NATIVE_UINT64, &value);
  return value;
}

double number_attribute(const Handle& object, const std::string& name) {
  double value = undefined;
  read_attribute(object, name, H5T_NATIVE_DOUBLE, &value);
  return value;
}

}  // namespace loopgate::hdf5
