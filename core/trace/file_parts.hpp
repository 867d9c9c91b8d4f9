#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/trace/hdf5_file.hpp"
#include "core/trace/trace_layout.hpp"

namespace loopgate {

// What a trace shares with files that are made from one.

/// Writes what is known of scenario, seed and program, and, below `inputs`, the types. Attributes `complete` and
/// `wall_time` are left to the caller.
void write_provenance(const hdf5::Handle& file, const TraceLayout& layout);
void write_types(const hdf5::Handle& inputs, const std::vector<ApplicantType>& types);
std::vector<ApplicantType> read_types(const hdf5::Handle& inputs);  ///< empty where there are none
hdf5::Handle create_index_scale(const hdf5::Handle& parent, const std::string& name, std::int64_t begin,
                                std::int64_t end);
hdf5::Handle create_name_scale(const hdf5::Handle& parent, const std::string& name,
                               const std::vector<std::string>& values);

/// What read gives; the file is named in what is wrong.
template <class Read>
auto named(const std::string& path, const Read& read) {
  try {
    return read();
  } catch (const TraceError& problem) {
    throw TraceError(path + ": " + problem.what());
  }
}

/// Says what a dataset of pure numbers holds.
void describe_dataset(const hdf5::Handle& dataset, const std::string& meaning);
/// Numbers along one scale, described.
void write_column(const hdf5::Handle& parent, const std::string& name, const std::vector<double>& values,
                  const hdf5::Handle& scale, const std::string& meaning);

/// Renames a finished file; TraceError if that fails.
void give_name(const std::string& from, const std::string& to);

/// Lets write fill a new file that is called path + ".partial" until it is whole, and then path, replacing what is
/// there. False, and nothing is left, where write returns false. TraceError, and nothing is left, if it cannot be
/// written.
bool write_whole_file(const std::string& path, const std::function<bool(const hdf5::Handle& file)>& write);

}  // namespace loopgate
