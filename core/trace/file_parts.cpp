#include "core/trace/file_parts.hpp"

#include <ctime>
#include <filesystem>
#include <numeric>

#include "core/error.hpp"
#include "core/results_version.hpp"
#include "core/trace/sha256.hpp"

namespace loopgate {

using hdf5::Handle;

namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

void describe_dataset(const Handle& dataset, const std::string& meaning) {
  hdf5::set_attribute(dataset, "long_name", meaning);
  hdf5::set_attribute(dataset, "units", std::string("1"));
}

void write_column(const Handle& parent, const std::string& name, const std::vector<double>& values, const Handle& scale,
                  const std::string& meaning) {
  const Handle dataset = hdf5::create_numbers(parent, name, hdf5::Element::float64, {values.size()}, {});
  hdf5::write_numbers(dataset, values);
  hdf5::attach_scales(dataset, {&scale});
  describe_dataset(dataset, meaning);
}

Handle create_index_scale(const Handle& parent, const std::string& name, std::int64_t begin, std::int64_t end) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(end - begin));
  std::iota(values.begin(), values.end(), begin);
  Handle scale = hdf5::create_integers(parent, name, values);
  hdf5::make_scale(scale, name);
  hdf5::set_attribute(scale, "units", std::string("1"));
  return scale;
}

Handle create_name_scale(const Handle& parent, const std::string& name, const std::vector<std::string>& values) {
  Handle scale = hdf5::create_strings(parent, name, values);
  hdf5::make_scale(scale, name);
  return scale;
}

void write_provenance(const Handle& file, const TraceLayout& layout) {
  hdf5::set_attribute(file, "format_version", format_version);
  hdf5::set_attribute(file, "program_version", std::string(LOOPGATE_VERSION));
  hdf5::set_attribute(file, "results_version", results_version);
  hdf5::set_attribute(file, "scenario_name", layout.scenario_name);
  hdf5::set_attribute(file, "scenario_sha256", sha256_hex(layout.scenario_resolved));
  hdf5::set_attribute(file, "seed", static_cast<std::uint64_t>(layout.seed));
  hdf5::set_attribute(file, "creation_time", utc_now());
}

void write_types(const Handle& inputs, const std::vector<ApplicantType>& types) {
  const Handle type = create_index_scale(inputs, "type", 0, static_cast<std::int64_t>(types.size()));
  std::vector<double> group, score, mass, success;
  for (const ApplicantType& one : types) {
    group.push_back(one.group);
    score.push_back(one.score);
    mass.push_back(one.mass);
    success.push_back(one.success);
  }
  write_column(inputs, "type_group", group, type, "index of the type's group");
  write_column(inputs, "score", score, type, "score of the type");
  write_column(inputs, "mass", mass, type, "share of the type within its group");
  write_column(inputs, "success", success, type, "probability of success of the type");
}

std::vector<ApplicantType> read_types(const Handle& inputs) {
  if (!hdf5::exists(inputs, "type")) return {};
  const auto column = [&inputs](const char* name) {
    const Handle data = hdf5::open_dataset(inputs, name);
    return hdf5::read_numbers(data, {0}, hdf5::dims(data));
  };
  const auto group = column("type_group"), score = column("score"), mass = column("mass"), success = column("success");
  if (score.size() != group.size() || mass.size() != group.size() || success.size() != group.size())
    throw TraceError("/inputs: types of different numbers of groups, scores, masses and successes");
  std::vector<ApplicantType> all;
  for (std::size_t k = 0; k < group.size(); ++k)
    all.push_back({static_cast<std::uint32_t>(group[k]), score[k], mass[k], success[k]});
  return all;
}

void give_name(const std::string& from, const std::string& to) {
  std::error_code problem;
  std::filesystem::rename(from, to, problem);
  if (problem) throw TraceError("renaming to " + to + " failed: " + problem.message());
}

bool write_whole_file(const std::string& path, const std::function<bool(const Handle& file)>& write) {
  const std::string unfinished = path + ".partial";
  const auto remove = [&unfinished] {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
  };
  auto file = std::make_unique<Handle>();
  try {
    *file = hdf5::create_file(unfinished);
    const bool whole = write(*file);
    hdf5::flush(*file);
    if (!file->reset()) throw TraceError("closing failed");
    if (!whole) remove();
    if (!whole) return false;
  } catch (const TraceError& problem) {
    remove();
    if (file->open()) static_cast<void>(file.release());  // what could not be written cannot be closed either
    throw TraceError(unfinished + ": " + problem.what());
  }
  give_name(unfinished, path);
  return true;
}

}  // namespace loopgate
