#include "core/trace/trace_reader.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/trace/codec.hpp"
#include "core/trace/file_parts.hpp"
#include "core/trace/hdf5_file.hpp"

namespace loopgate {

struct TraceReader::State {
  hdf5::Handle file;
  ChunkDecoder decode;
};

TraceReader::TraceReader(const std::string& name) : path(name), state_(std::make_unique<State>()) {
  state_->file = hdf5::open_file(path, hdf5::Mode::read);
  check_kind();
  try {
    read_layout();
  } catch (const TraceError& problem) {
    throw TraceError(path + ": a damaged trace: " + problem.what());
  }
}

void TraceReader::check_kind() const {
  const hdf5::Handle& file = state_->file;
  if (!hdf5::has_attribute(file, "format_version") || !hdf5::exists(file, "agents"))
    throw TraceError(path + ": an HDF5 file, but not a trace of Loopgate");
  const double version = hdf5::number_attribute(file, "format_version");
  if (version != static_cast<double>(format_version))
    throw TraceError(path + ": a trace of another format version (expected " + std::to_string(format_version) + ")");
  if (hdf5::has_attribute(file, "analysis_version"))
    throw TraceError(path + ": what `loopgate analyze --save` wrote (expected the trace that it comes from)");
  if (!hdf5::has_attribute(file, "complete"))
    throw TraceError(
        path +
        ": applicants that `loopgate expand` wrote (expected the trace that they come from; `loopgate export "
        "--what rows` reads them)");
}

void TraceReader::read_layout() {
  const hdf5::Handle& file = state_->file;
  scenario_name = hdf5::string_attribute(file, "scenario_name");
  program_version = hdf5::string_attribute(file, "program_version");
  if (hdf5::has_attribute(file, "results_version")) results = hdf5::integer_attribute(file, "results_version");
  scenario_sha256 = hdf5::string_attribute(file, "scenario_sha256");
  creation_time = hdf5::string_attribute(file, "creation_time");
  scenario = hdf5::read_string(hdf5::open_dataset(file, "scenario"));
  scenario_resolved = hdf5::read_string(hdf5::open_dataset(file, "scenario_resolved"));
  groups = hdf5::read_strings(hdf5::open_dataset(file, "group"));
  if (hdf5::exists(file, "constraint")) constraints = hdf5::read_strings(hdf5::open_dataset(file, "constraint"));
  if (hdf5::exists(file, "stage")) stages = hdf5::read_strings(hdf5::open_dataset(file, "stage"));
  if (hdf5::exists(file, "state")) states = hdf5::read_strings(hdf5::open_dataset(file, "state"));
  read_inputs();
  n_replications = static_cast<std::uint32_t>(hdf5::dims(hdf5::open_dataset(file, "replication")).at(0));
  n_epochs = static_cast<std::uint32_t>(hdf5::dims(hdf5::open_dataset(file, "epoch")).at(0));
  seed = hdf5::integer_attribute(file, "seed");
  complete = hdf5::number_attribute(file, "complete") != 0.0;
  wall_time = hdf5::number_attribute(file, "wall_time");
  agents = hdf5::children(file, "agents");
  for (const std::string& agent : agents)
    seconds.push_back(hdf5::number_attribute(hdf5::open_group(file, "agents/" + agent), "seconds"));
  if (agents.empty()) throw TraceError("/agents: is empty");
  const hdf5::Dims chunk = hdf5::chunk_dims(hdf5::open_dataset(file, "agents/" + agents.at(0) + "/reward"));
  chunk_epochs = chunk.size() < 2 ? n_epochs : static_cast<std::uint32_t>(chunk[1]);
}

void TraceReader::read_inputs() {
  const hdf5::Handle& file = state_->file;
  if (!hdf5::exists(file, "inputs/file")) return;
  const auto names = hdf5::read_strings(hdf5::open_dataset(file, "inputs/file"));
  const auto hashes = hdf5::read_strings(hdf5::open_dataset(file, "inputs/sha256"));
  for (std::size_t i = 0; i < std::min(names.size(), hashes.size()); ++i) inputs.push_back({names[i], hashes[i]});
}

TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

std::vector<double> TraceReader::shares() const {
  const hdf5::Handle data = hdf5::open_dataset(state_->file, "inputs/share");
  return hdf5::read_numbers(data, {0}, hdf5::dims(data));
}

std::vector<ApplicantType> TraceReader::types() const { return read_types(hdf5::open_group(state_->file, "inputs")); }

std::vector<Time> TraceReader::arrival_times() const {
  if (!hdf5::exists(state_->file, "inputs/arrival_time")) return {};
  const hdf5::Handle data = hdf5::open_dataset(state_->file, "inputs/arrival_time");
  return hdf5::read_numbers(data, {0}, hdf5::dims(data));
}

std::vector<std::uint32_t> TraceReader::arrival_groups() const {
  if (!hdf5::exists(state_->file, "inputs/arrival_group")) return {};
  const hdf5::Handle data = hdf5::open_dataset(state_->file, "inputs/arrival_group");
  const std::vector<double> indices = hdf5::read_numbers(data, {0}, hdf5::dims(data));
  return {indices.begin(), indices.end()};
}

std::size_t TraceReader::score_models(const std::string& agent) const {
  const std::string name = "agents/" + agent + "/score_model/epoch";
  if (!hdf5::exists(state_->file, "agents/" + agent + "/score_model")) return 0;
  return hdf5::dims(hdf5::open_dataset(state_->file, name)).at(0);
}

std::shared_ptr<const TypeFeatures> TraceReader::features() const {
  if (!hdf5::exists(state_->file, "inputs/score_model") || !hdf5::exists(state_->file, "inputs/score_model/feature"))
    return nullptr;
  const hdf5::Handle model = hdf5::open_group(state_->file, "inputs/score_model");
  TypeFeatures found{hdf5::read_strings(hdf5::open_dataset(model, "term")), {}, {}, {}};
  for (const ApplicantType& type : types()) found.group.push_back(type.group);
  const hdf5::Handle feature = hdf5::open_dataset(model, "feature");
  found.value = hdf5::read_numbers(feature, {0, 0}, hdf5::dims(feature));
  found.start.assign(found.n_terms(), undefined);
  if (hdf5::exists(model, "coefficient")) {
    const hdf5::Handle coefficient = hdf5::open_dataset(model, "coefficient");
    found.start = hdf5::read_numbers(coefficient, {0}, hdf5::dims(coefficient));
  }
  return std::make_shared<const TypeFeatures>(std::move(found));
}

Interval TraceReader::score_range() const {
  const hdf5::Handle group = hdf5::open_group(state_->file, "inputs");
  return {hdf5::number_attribute(group, "score_low"), hdf5::number_attribute(group, "score_high")};
}

std::vector<std::int64_t> TraceReader::epochs_written(const std::string& agent) const {
  return hdf5::read_integers(hdf5::open_dataset(state_->file, "agents/" + agent + "/epochs_written"));
}

std::vector<std::int64_t> TraceReader::audited_epochs(const std::string& agent) const {
  return hdf5::read_integers(hdf5::open_dataset(state_->file, "agents/" + agent + "/arms/epoch"));
}

std::vector<std::string> TraceReader::arm_streams(const std::string& agent) const {
  return hdf5::read_strings(hdf5::open_dataset(state_->file, "agents/" + agent + "/arms/stream"));
}

std::vector<double> TraceReader::arm_thresholds(const std::string& agent) const {
  const hdf5::Handle arm = hdf5::open_dataset(state_->file, "agents/" + agent + "/arms/arm");
  return hdf5::read_numbers(arm, {0}, hdf5::dims(arm));
}

bool TraceReader::has(const std::string& agent, const std::string& dataset) const {
  return hdf5::exists(state_->file, "agents/" + agent + "/" + dataset);
}

std::vector<double> TraceReader::read(const std::string& agent, const std::string& dataset, std::uint32_t replication,
                                      std::uint32_t begin, std::uint32_t end) const {
  LOOPGATE_EXPECT(begin <= end && end <= n_epochs && replication < n_replications);
  const std::string name = "agents/" + agent + "/" + dataset;
  const hdf5::Handle data = hdf5::open_dataset(state_->file, name);
  hdf5::Dims offset{replication, begin}, count{1, end - begin};
  const hdf5::Dims dims = hdf5::dims(data);
  offset.resize(dims.size(), 0);
  for (std::size_t i = 2; i < dims.size(); ++i) count.push_back(dims[i]);
  try {
    return state_->decode.read(data, offset, count);
  } catch (const TraceError& problem) {
    throw TraceError(path + ": /" + name + ": " + problem.what());
  }
}

}  // namespace loopgate
