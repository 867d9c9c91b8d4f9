#include "core/trace/trace_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"
#include "core/trace/codec.hpp"
#include "core/trace/epoch_columns.hpp"
#include "core/trace/file_parts.hpp"
#include "core/trace/hdf5_file.hpp"

namespace loopgate {

namespace {

std::vector<double> read_list(const hdf5::Handle& parent, const std::string& name) {
  const hdf5::Handle data = hdf5::open_dataset(parent, name);
  return hdf5::read_numbers(data, {0}, {hdf5::length(data)});
}

std::string shape_text(const hdf5::Dims& dims) {
  std::string text;
  for (const std::uint64_t n : dims) text += (text.empty() ? "" : ", ") + std::to_string(n);
  return "[" + text + "]";
}

/// Numbers that are used as counts, shares, thresholds and indices without another look. Those not named here may be
/// anything, NaN too.
struct Range {
  std::string_view dataset;
  double low, high;
};
constexpr double most = 0x1p53, infinite = std::numeric_limits<double>::infinity(), rounding = 1e-9;
constexpr std::array ranges{Range{"arrived", 0.0, most},
                            Range{"accepted", 0.0, most},
                            Range{"succeeded", 0.0, most},
                            Range{"qualified", 0.0, most},
                            Range{"explored", 0.0, most},
                            Range{"composition", 0.0, 1.0 + rounding},
                            Range{"threshold", -infinite, infinite}};

void check_values(const std::vector<double>& values, double low, double high) {
  for (const double value : values)
    if (!(value >= low && value <= high))
      throw TraceError("holds " + format_number(value) + " (expected " + format_number(low) + " to " +
                       format_number(high) + ")");
}

}  // namespace

struct TraceReader::State {
  hdf5::Handle file;
  ChunkDecoder decode;
  TraceLayout layout;  ///< replications, epochs and names, from which the shapes of datasets follow

  void check_shape(const std::string& agent, const std::string& dataset, const hdf5::Dims& dims) const;
  /// Sizes of the dimensions after replication and epoch; nothing where the dataset is none that a run writes.
  std::optional<hdf5::Dims> inner_of(const std::string& agent, const std::string& dataset) const;
  std::uint64_t length_of(const std::string& name) const { return hdf5::length(hdf5::open_dataset(file, name)); }
};

std::optional<hdf5::Dims> TraceReader::State::inner_of(const std::string& agent, const std::string& dataset) const {
  const std::string of_agent = "agents/" + agent + "/", name = dataset.substr(dataset.find('/') + 1);
  if (dataset.starts_with("arms/"))
    return hdf5::Dims{length_of(of_agent + "arms/stream"), length_of(of_agent + "arms/arm")};
  if (dataset.starts_with("score_model/")) {
    const auto column = std::ranges::find(score_columns, name, &ScoreColumn::name);
    if (column == score_columns.end()) return std::nullopt;
    if (column->inner == ScoreColumn::Inner::none) return hdf5::Dims{};
    return hdf5::Dims{column->inner == ScoreColumn::Inner::group ? layout.groups.size()
                                                                 : length_of("inputs/score_model/term")};
  }
  const auto column = std::ranges::find(epoch_columns, dataset, &EpochColumn::name);
  if (column == epoch_columns.end()) return std::nullopt;
  const std::vector<std::size_t> inner = inner_dims(column->inner, layout);
  return hdf5::Dims{inner.begin(), inner.end()};
}

/// Numbers of another shape would be taken for those of other groups, or looked for where there are none.
void TraceReader::State::check_shape(const std::string& agent, const std::string& dataset,
                                     const hdf5::Dims& dims) const {
  const std::optional<hdf5::Dims> inner = inner_of(agent, dataset);
  if (!inner) throw TraceError("not a dataset that a run writes");
  const bool each_epoch = dataset.find('/') == std::string::npos;
  hdf5::Dims expected{layout.n_replications, each_epoch || dims.size() < 2 ? layout.n_epochs : dims[1]};
  expected.insert(expected.end(), inner->begin(), inner->end());
  if (dims != expected) throw TraceError("of shape " + shape_text(dims) + " (expected " + shape_text(expected) + ")");
}

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
  n_replications = static_cast<std::uint32_t>(hdf5::length(hdf5::open_dataset(file, "replication")));
  n_epochs = static_cast<std::uint32_t>(hdf5::length(hdf5::open_dataset(file, "epoch")));
  TraceLayout& layout = state_->layout;
  layout.groups = groups;
  layout.constraints = constraints;
  layout.stages = stages;
  layout.states = states;
  layout.n_replications = n_replications;
  layout.n_epochs = n_epochs;
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
  const auto all = named(path, [&] { return read_list(state_->file, "inputs/share"); });
  const bool valid = std::ranges::all_of(all, [](double share) { return share >= 0.0 && share <= 1.0; });
  if (!valid || all.size() != groups.size() || std::abs(std::accumulate(all.begin(), all.end(), 0.0) - 1.0) > rounding)
    throw TraceError(path + ": /inputs/share: damaged (expected " + std::to_string(groups.size()) +
                     " shares that sum to 1)");
  return all;
}

std::vector<ApplicantType> TraceReader::types() const {
  const auto all = named(path, [&] { return read_types(hdf5::open_group(state_->file, "inputs")); });
  if (std::ranges::any_of(all, [&](const ApplicantType& type) { return type.group >= groups.size(); }))
    throw TraceError(path + ": /inputs/type_group: a type of an unknown group");
  return all;
}

std::vector<Time> TraceReader::arrival_times() const {
  return named(path, [&] {
    return hdf5::exists(state_->file, "inputs/arrival_time") ? read_list(state_->file, "inputs/arrival_time")
                                                             : std::vector<double>{};
  });
}

std::vector<std::uint32_t> TraceReader::arrival_groups() const {
  return named(path, [&]() -> std::vector<std::uint32_t> {
    if (!hdf5::exists(state_->file, "inputs/arrival_group")) return {};
    const std::vector<double> indices = read_list(state_->file, "inputs/arrival_group");
    const auto n_groups = static_cast<double>(groups.size());
    if (!std::ranges::all_of(indices, [n_groups](double g) { return g >= 0.0 && g < n_groups; }))
      throw TraceError("/inputs/arrival_group: an arrival of an unknown group");
    return {indices.begin(), indices.end()};
  });
}

std::size_t TraceReader::score_models(const std::string& agent) const {
  const std::string name = "agents/" + agent + "/score_model";
  return named(path, [&]() -> std::size_t {
    if (!hdf5::exists(state_->file, name)) return 0;
    return hdf5::length(hdf5::open_dataset(state_->file, name + "/epoch"));
  });
}

std::shared_ptr<const TypeFeatures> TraceReader::features() const {
  const std::vector<ApplicantType> all = types();
  return named(path, [&]() -> std::shared_ptr<const TypeFeatures> {
    if (!hdf5::exists(state_->file, "inputs/score_model") || !hdf5::exists(state_->file, "inputs/score_model/feature"))
      return nullptr;
    const hdf5::Handle model = hdf5::open_group(state_->file, "inputs/score_model");
    TypeFeatures found{hdf5::read_strings(hdf5::open_dataset(model, "term")), {}, {}, {}};
    for (const ApplicantType& type : all) found.group.push_back(type.group);
    const hdf5::Handle feature = hdf5::open_dataset(model, "feature");
    found.value = hdf5::read_numbers(feature, {0, 0}, {all.size(), found.n_terms()});
    found.start.assign(found.n_terms(), undefined);
    if (hdf5::exists(model, "coefficient"))
      found.start = hdf5::read_numbers(hdf5::open_dataset(model, "coefficient"), {0}, {found.n_terms()});
    return std::make_shared<const TypeFeatures>(std::move(found));
  });
}

Interval TraceReader::score_range() const {
  return named(path, [&]() -> Interval {
    const hdf5::Handle group = hdf5::open_group(state_->file, "inputs");
    return {hdf5::number_attribute(group, "score_low"), hdf5::number_attribute(group, "score_high")};
  });
}

std::vector<std::int64_t> TraceReader::epochs_written(const std::string& agent) const {
  const std::string name = "agents/" + agent + "/epochs_written";
  auto written = named(path, [&] { return hdf5::read_integers(hdf5::open_dataset(state_->file, name)); });
  if (written.size() != n_replications ||
      std::ranges::any_of(written, [&](std::int64_t n) { return n < 0 || n > std::int64_t{n_epochs}; }))
    throw TraceError(path + ": /" + name + ": damaged (expected 0 to " + std::to_string(n_epochs) + " for each of " +
                     std::to_string(n_replications) + " replications)");
  return written;
}

std::vector<std::int64_t> TraceReader::audited_epochs(const std::string& agent) const {
  return named(
      path, [&] { return hdf5::read_integers(hdf5::open_dataset(state_->file, "agents/" + agent + "/arms/epoch")); });
}

std::vector<std::string> TraceReader::arm_streams(const std::string& agent) const {
  const std::string name = "agents/" + agent + "/arms/stream";
  auto all = named(path, [&] { return hdf5::read_strings(hdf5::open_dataset(state_->file, name)); });
  if (all.empty()) throw TraceError(path + ": /" + name + ": is empty");
  return all;
}

std::vector<double> TraceReader::arm_thresholds(const std::string& agent) const {
  const std::string name = "agents/" + agent + "/arms/arm";
  auto all = named(path, [&] { return read_list(state_->file, name); });
  if (all.empty()) throw TraceError(path + ": /" + name + ": is empty");
  return all;
}

bool TraceReader::has(const std::string& agent, const std::string& dataset) const {
  return named(path, [&] { return hdf5::exists(state_->file, "agents/" + agent + "/" + dataset); });
}

std::vector<double> TraceReader::read(const std::string& agent, const std::string& dataset, std::uint32_t replication,
                                      std::uint32_t begin, std::uint32_t end) const {
  LOOPGATE_EXPECT(begin <= end && end <= n_epochs && replication < n_replications);
  const std::string name = "agents/" + agent + "/" + dataset;
  return named(path + ": /" + name, [&] {
    const hdf5::Handle data = hdf5::open_dataset(state_->file, name);
    const hdf5::Dims dims = hdf5::dims(data);
    state_->check_shape(agent, dataset, dims);
    hdf5::Dims offset(dims.size(), 0), count = dims;
    offset[0] = replication;
    offset[1] = begin;
    count[0] = 1;
    count[1] = end - begin;
    std::vector<double> values = state_->decode.read(data, offset, count);
    const auto range = std::ranges::find(ranges, dataset, &Range::dataset);
    if (range != ranges.end()) check_values(values, range->low, range->high);
    if (dataset == "score_version") check_values(values, 0.0, static_cast<double>(score_models(agent)) - 1.0);
    return values;
  });
}

}  // namespace loopgate
