#include "core/trace/trace_file.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "core/trace/file_parts.hpp"

namespace loopgate {

using hdf5::Dims;
using hdf5::Handle;

namespace {

constexpr std::uint32_t most_chunk_epochs = 4096;

std::uint64_t chunks_of(std::uint64_t n, std::uint64_t chunk) { return (n + chunk - 1) / chunk; }

/// Chunks cost the library some microseconds each, and the last one is padded: few, and nearly equal.
std::uint32_t epochs_of_chunk(std::uint32_t n_epochs) {
  const auto n_chunks = static_cast<std::uint32_t>(chunks_of(n_epochs, most_chunk_epochs));
  return static_cast<std::uint32_t>(chunks_of(n_epochs, n_chunks));
}

bool has_column(const EpochColumn& column, const TraceLayout::Agent& agent, const TraceLayout& layout) {
  return inner_size(column.inner, layout) > 0 && (column.kept == nullptr || column.kept(agent, layout));
}

/// Where the records of a series fall: at epochs 0, every, 2 every, ...
std::vector<std::int64_t> record_epochs(std::uint32_t every, std::uint32_t n_epochs) {
  std::vector<std::int64_t> epochs;
  for (std::uint64_t t = 0; t < n_epochs; t += every) epochs.push_back(static_cast<std::int64_t>(t));
  return epochs;
}

/// Which series an agent has, without their datasets.
struct Series {
  std::uint64_t n_records = 0;  ///< 0: none
  std::vector<const char*> names, meanings;
  std::vector<Dims> inner;
  std::uint32_t chunk = 1;

  void add(const char* name, const char* meaning, Dims dims) {
    names.push_back(name);
    meanings.push_back(meaning);
    inner.push_back(std::move(dims));
  }
  /// About 64 KiB of the widest column.
  void set_chunk() {
    std::uint64_t widest = 1;
    for (const Dims& dims : inner) widest = std::max(widest, numbers_of(dims));
    chunk = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(8192 / widest, 1, n_records));
  }
  static std::uint64_t numbers_of(const Dims& dims) {
    return std::accumulate(dims.begin(), dims.end(), std::uint64_t{1}, std::multiplies<>());
  }
};

Series arm_series(const TraceLayout::Agent& agent, const TraceLayout& layout) {
  Series series;
  if (layout.arms_every == 0 || agent.arms.empty()) return series;
  series.n_records = chunks_of(layout.n_epochs, layout.arms_every);
  for (const ArmColumn& column : arm_columns)
    series.add(column.name, column.meaning, {agent.arm_streams.size(), agent.arms.size()});
  series.set_chunk();
  return series;
}

Series score_series(const TraceLayout::Agent& agent, const TraceLayout& layout) {
  Series series;
  if (agent.score_every == 0) return series;
  series.n_records = chunks_of(layout.n_epochs, agent.score_every);
  for (const ScoreColumn& column : score_columns) {
    Dims dims;
    if (column.inner == ScoreColumn::Inner::group) dims = {layout.groups.size()};
    if (column.inner == ScoreColumn::Inner::term) dims = {layout.score_model.features->n_terms()};
    series.add(column.name, column.meaning, std::move(dims));
  }
  series.set_chunk();
  return series;
}

std::uint64_t series_bytes(const Series& series, std::uint64_t n_replications) {
  std::uint64_t total = 0;
  const std::uint64_t n_chunks = n_replications * chunks_of(series.n_records, series.chunk);
  for (const Dims& dims : series.inner)
    total += n_chunks * series.chunk * Series::numbers_of(dims) * sizeof(double) +
             hdf5::chunk_index_bytes(n_chunks, 2 + dims.size());
  return total;
}

SeriesDatasets open_series(const Handle& agent, const char* name, const Series& series) {
  SeriesDatasets found;
  if (series.n_records == 0) return found;
  const Handle group = hdf5::open_group(agent, name);
  for (const char* column : series.names) found.columns.push_back(hdf5::open_dataset(group, column));
  found.inner = series.inner;
  found.chunk = series.chunk;
  return found;
}

class SchemaWriter {
 public:
  SchemaWriter(TraceFile& target, const TraceLayout& layout, hdf5::Layout storage, const TraceFile* finished)
      : target_(target), layout_(layout), storage_(storage), finished_(finished) {}

  void write() {
    const Handle& file = target_.file;
    write_provenance(file, layout_);
    hdf5::set_attribute(file, "wall_time", undefined);
    hdf5::set_attribute(file, "complete", std::uint8_t{0});
    hdf5::create_string(file, "scenario", layout_.scenario);
    hdf5::create_string(file, "scenario_resolved", layout_.scenario_resolved);
    replication_ = create_index_scale(file, "replication", 0, layout_.n_replications);
    epoch_ = create_index_scale(file, "epoch", 0, layout_.n_epochs);
    group_ = create_name_scale(file, "group", layout_.groups);
    if (!layout_.stages.empty()) stage_ = create_name_scale(file, "stage", layout_.stages);
    if (!layout_.constraints.empty()) constraint_ = create_name_scale(file, "constraint", layout_.constraints);
    if (!layout_.states.empty()) {
      state_name_ = create_name_scale(file, "state_name", layout_.states);
      hdf5::attach_scales(hdf5::create_strings(file, "state", layout_.states), {&state_name_});
    }
    inputs();
    if (!layout_.changes.empty()) interventions();
    const Handle agents = hdf5::create_group(file, "agents");
    for (const TraceLayout::Agent& agent : layout_.agents) add_agent(agents, agent);
    if (layout_.level == TraceLevel::applicants) add_rows();
    hdf5::flush(file);
  }

 private:
  void inputs() {
    const Handle inputs = hdf5::create_group(target_.file, "inputs");
    hdf5::set_attribute(inputs, "score_low", layout_.score_range.low);
    hdf5::set_attribute(inputs, "score_high", layout_.score_range.high);
    hdf5::hard_link(target_.file, "group", inputs);
    write_column(inputs, "share", layout_.shares, group_, "share of expected arrivals at the start");
    if (!layout_.inputs.empty()) {
      std::vector<std::string> paths, hashes;
      for (const InputFile& input : layout_.inputs) {
        paths.push_back(input.path);
        hashes.push_back(input.sha256);
      }
      const Handle file = create_name_scale(inputs, "file", paths);
      hdf5::attach_scales(hdf5::create_strings(inputs, "sha256", hashes), {&file});
    }
    if (!layout_.types.empty()) write_types(inputs, layout_.types);
    if (!layout_.arrival_times.empty()) arrivals(inputs);
    if (!layout_.score_model.term.empty() || layout_.score_model.features != nullptr) score_model(inputs);
  }

  void arrivals(const Handle& inputs) {
    const auto n = static_cast<std::int64_t>(layout_.arrival_times.size());
    const Handle arrival = create_index_scale(inputs, "arrival", 0, n);
    write_column(inputs, "arrival_time", layout_.arrival_times, arrival, "when the applicant comes");
    if (layout_.arrival_groups.empty()) return;
    const std::vector<double> group(layout_.arrival_groups.begin(), layout_.arrival_groups.end());
    write_column(inputs, "arrival_group", group, arrival, "index of the applicant's group");
  }

  /// One row a number and change.
  void interventions() {
    std::vector<std::string> name;
    std::vector<std::int64_t> place;
    std::vector<double> time, until, value, last;
    for (const Change& change : layout_.changes) {
      for (const Change::Value& one : change.values) {
        place.push_back(change.intervention);
        name.push_back(one.name);
        time.push_back(change.from);
        until.push_back(change.until);
        value.push_back(one.start);
        last.push_back(one.end);
      }
    }
    const Handle group = hdf5::create_group(target_.file, "interventions");
    const Handle change = create_index_scale(group, "change", 0, static_cast<std::int64_t>(name.size()));
    hdf5::attach_scales(hdf5::create_strings(group, "name", name), {&change});
    const Handle which = hdf5::create_integers(group, "intervention", place);
    hdf5::attach_scales(which, {&change});
    describe_dataset(which, "place in the scenario's list");
    write_column(group, "time", time, change, "when it takes value");
    write_column(group, "value", value, change, "what it takes");
    write_column(group, "until", until, change, "time itself, or until when it moves in a straight line");
    write_column(group, "value_until", last, change, "where that line ends");
  }

  void score_model(const Handle& inputs) {
    const ScoreModelReport& report = layout_.score_model;
    const Handle model = hdf5::create_group(inputs, "score_model");
    const bool learns = report.features != nullptr;
    const Handle term = create_name_scale(model, "term", learns ? report.features->term : report.term);
    if (learns) {
      const Handle type = hdf5::open_dataset(inputs, "type");
      hdf5::hard_link(inputs, "type", model);
      const Handle feature = hdf5::create_numbers(model, "feature", hdf5::Element::float64,
                                                  {report.features->n_types(), report.features->n_terms()}, {});
      hdf5::write_numbers(feature, report.features->value);
      hdf5::attach_scales(feature, {&type, &term});
      describe_dataset(feature, "features of the types; numeric ones standardised, 1 for the intercept");
    }
    if (report.term.empty()) return;
    write_column(model, "coefficient", report.coefficient, term, "weight on the standardised feature");
    hdf5::hard_link(target_.file, "group", model);
    write_column(model, "calibration_score", report.calibration_score, group_, "mean score of the population's rows");
    write_column(model, "calibration_rate", report.calibration_rate, group_,
                 "share of successes of the population's rows");
    hdf5::set_attribute(model, "auc", report.auc);
  }

  void add_agent(const Handle& agents, const TraceLayout::Agent& agent) {
    AgentDatasets data;
    data.group = hdf5::create_group(agents, agent.label);
    for (const char* name : {"replication", "epoch", "group", "constraint", "state_name", "stage"})
      if (hdf5::exists(target_.file, name)) hdf5::hard_link(target_.file, name, data.group);
    for (const EpochColumn& column : epoch_columns) {
      if (!has_column(column, agent, layout_)) continue;
      Dims dims{layout_.n_replications, layout_.n_epochs}, chunk{1, target_.chunk};
      for (const std::size_t n : inner_dims(column.inner, layout_)) {
        dims.push_back(n);
        chunk.push_back(n);
      }
      std::vector<const Handle*> scales{&replication_, &epoch_};
      for (const Handle* scale : inner_scales(column.inner)) scales.push_back(scale);
      Handle dataset =
          hdf5::create_numbers(data.group, column.name, hdf5::Element::float64, dims, {storage_, chunk, false});
      hdf5::attach_scales(dataset, scales);
      describe_dataset(dataset, column.meaning);
      if (std::string_view(column.name) == "arm_probability")
        hdf5::set_attribute(dataset, "absolute_error", agent.probability_error);
      data.epochs.emplace_back(&column, std::move(dataset));
    }
    if (const Series series = arm_series(agent, layout_); series.n_records > 0) add_arms(agent, series, data);
    if (const Series series = score_series(agent, layout_); series.n_records > 0) add_scores(agent, series, data);
    data.epochs_written =
        hdf5::create_integers(data.group, "epochs_written", std::vector<std::int64_t>(layout_.n_replications));
    hdf5::attach_scales(data.epochs_written, {&replication_});
    describe_dataset(data.epochs_written, "epochs of each replication that are in the file");
    hdf5::set_attribute(data.group, "seconds", 0.0);
    data.written.resize(layout_.n_replications);
    data.counted.resize(layout_.n_replications);
    target_.agents.push_back(std::move(data));
  }

  std::vector<const Handle*> inner_scales(Inner inner) const {
    switch (inner) {
      case Inner::none:
        return {};
      case Inner::group:
        return {&group_};
      case Inner::constraint:
        return {&constraint_};
      case Inner::state:
        return {&state_name_};
      case Inner::stage:
        return {&stage_};
      case Inner::stage_group:
        return {&stage_, &group_};
    }
    return {};
  }

  /// Below `arms`: a dimension `epoch` of the audited epochs, `stream`, and `arm` with the arms' thresholds.
  void add_arms(const TraceLayout::Agent& agent, const Series& series, AgentDatasets& data) {
    const Handle group = hdf5::create_group(data.group, "arms");
    const Handle epoch = add_record_epochs(group, layout_.arms_every);
    const Handle stream = create_name_scale(group, "stream", agent.arm_streams);
    const Handle arm = hdf5::create_numbers(group, "arm", hdf5::Element::float64, {agent.arms.size()}, {});
    hdf5::write_numbers(arm, agent.arms);
    hdf5::make_scale(arm, "arm");
    describe_dataset(arm, "threshold of the arm (score units)");
    data.arms = create_series(group, series, [&](std::size_t) {
      return std::vector<const Handle*>{&replication_, &epoch, &stream, &arm};
    });
  }

  /// Below `score_model`: a dimension `epoch` of the epochs from which each model is in use, and `term`.
  void add_scores(const TraceLayout::Agent& agent, const Series& series, AgentDatasets& data) {
    const Handle group = hdf5::create_group(data.group, "score_model");
    hdf5::set_attribute(group, "link", std::string(agent.link == Link::linear ? "linear" : "logistic"));
    const Handle epoch = add_record_epochs(group, agent.score_every);
    const Handle model = hdf5::open_group(target_.file, "inputs/score_model");
    const Handle term = hdf5::open_dataset(model, "term");
    hdf5::hard_link(model, "term", group);
    hdf5::hard_link(target_.file, "group", group);
    data.scores = create_series(group, series, [&](std::size_t c) {
      std::vector<const Handle*> scales{&replication_, &epoch};
      if (score_columns[c].inner == ScoreColumn::Inner::group) scales.push_back(&group_);
      if (score_columns[c].inner == ScoreColumn::Inner::term) scales.push_back(&term);
      return scales;
    });
  }

  Handle add_record_epochs(const Handle& group, std::uint32_t every) {
    hdf5::hard_link(target_.file, "replication", group);
    Handle epoch = hdf5::create_integers(group, "epoch", record_epochs(every, layout_.n_epochs));
    hdf5::make_scale(epoch, "epoch");
    hdf5::set_attribute(epoch, "units", std::string("1"));
    return epoch;
  }

  template <class ScalesOf>
  SeriesDatasets create_series(const Handle& group, const Series& series, const ScalesOf& scales_of) {
    SeriesDatasets made;
    made.inner = series.inner;
    made.chunk = series.chunk;
    for (std::size_t c = 0; c < series.names.size(); ++c) {
      Dims dims{layout_.n_replications, series.n_records}, chunk{1, series.chunk};
      for (auto* all : {&dims, &chunk}) all->insert(all->end(), series.inner[c].begin(), series.inner[c].end());
      Handle dataset =
          hdf5::create_numbers(group, series.names[c], hdf5::Element::float64, dims, {storage_, chunk, false});
      hdf5::attach_scales(dataset, scales_of(c));
      describe_dataset(dataset, series.meanings[c]);
      made.columns.push_back(std::move(dataset));
    }
    return made;
  }

  /// Every applicant of every replication has a place from the start: arrivals do not depend on decisions. With a route
  /// how often applicants are decided does, and each agent's rows are counted as they come.
  void add_rows() {
    std::vector<Handle> applicants;
    for (const AgentDatasets& agent : target_.agents)
      applicants.push_back(hdf5::create_group(agent.group, "applicants"));
    for (std::uint32_t r = 0; r < layout_.n_replications; ++r) {
      const bool counted = layout_.most_rows == nullptr;
      std::vector<std::int64_t> rows = counted ? layout_.arrivals(r) : std::vector<std::int64_t>(layout_.n_epochs, 0);
      for (std::size_t a = 0; a < target_.agents.size(); ++a) {
        if (!counted && finished_ != nullptr) rows = hdf5::read_integers(finished_->agents[a].rows[r].rows);
        const auto sum = static_cast<std::uint64_t>(std::accumulate(rows.begin(), rows.end(), std::int64_t{0}));
        target_.agents[a].rows.push_back(
            create_rows(target_.file, epoch_, applicants[a], r, row_columns(layout_, layout_.agents[a]), rows,
                        counted || finished_ != nullptr ? sum : layout_.most_rows(r),
                        a == 0 || !counted ? nullptr : &target_.agents[0].rows[r], storage_));
      }
    }
  }

  TraceFile& target_;
  const TraceLayout& layout_;
  hdf5::Layout storage_;
  const TraceFile* finished_;
  Handle replication_, epoch_, group_, constraint_, state_name_, stage_;
};

}  // namespace

std::uint64_t uncompressed_bytes(const TraceLayout& layout) {
  const std::uint64_t n_replications = layout.n_replications, n_epochs = layout.n_epochs;
  const std::uint64_t chunk = epochs_of_chunk(layout.n_epochs);
  const std::uint64_t n_chunks = n_replications * chunks_of(n_epochs, chunk);
  std::uint64_t n_rows = 0;  // of a replication, as in the first
  if (layout.level == TraceLevel::applicants && layout.most_rows != nullptr) n_rows = layout.most_rows(0);
  else if (layout.level == TraceLevel::applicants)
    for (const std::int64_t n : layout.arrivals(0)) n_rows += static_cast<std::uint64_t>(n);
  const std::uint64_t row_chunk = std::clamp<std::uint64_t>(n_rows, 1, chunk_rows);
  const std::uint64_t n_row_chunks = chunks_of(n_rows, row_chunk);
  std::uint64_t total = 8 * (n_epochs + n_replications + 5 * layout.types.size());
  if (layout.score_model.features != nullptr) total += 8 * layout.score_model.features->value.size();
  if (n_rows > 0)  // `rows`, which agents share unless it depends on decisions
    total += 8 * n_replications * n_epochs * (layout.most_rows != nullptr ? layout.agents.size() : 1);
  for (const TraceLayout::Agent& agent : layout.agents) {
    for (const EpochColumn& column : epoch_columns) {
      if (!has_column(column, agent, layout)) continue;
      total += n_chunks * chunk * inner_size(column.inner, layout) * sizeof(double);
      total += hdf5::chunk_index_bytes(n_chunks, 2 + inner_dims(column.inner, layout).size());
    }
    total += series_bytes(arm_series(agent, layout), n_replications) +
             series_bytes(score_series(agent, layout), n_replications);
    if (n_rows == 0) continue;
    for (const RowColumn& column : row_columns(layout, agent))
      total += n_replications *
               (n_row_chunks * row_chunk * hdf5::size_of(column.element) + hdf5::chunk_index_bytes(n_row_chunks, 1));
  }
  return total;
}

std::vector<std::size_t> SeriesDatasets::widths() const {
  std::vector<std::size_t> all;
  for (const Dims& dims : inner) all.push_back(Series::numbers_of(dims));
  return all;
}

TraceFile TraceFile::create(const std::string& path, const TraceLayout& layout, hdf5::Layout storage,
                            const TraceFile* finished) {
  TraceFile made;
  made.file = hdf5::create_file(path);
  made.chunk = epochs_of_chunk(layout.n_epochs);
  try {
    SchemaWriter(made, layout, storage, finished).write();
  } catch (...) {
    abandon(std::move(made));
    throw;
  }
  return made;
}

void TraceFile::abandon(TraceFile&& file) { static_cast<void>(new TraceFile(std::move(file))); }

TraceFile TraceFile::open(const std::string& path, const TraceLayout& layout) {
  TraceFile found;
  found.file = hdf5::open_file(path, hdf5::Mode::modify);
  found.chunk = epochs_of_chunk(layout.n_epochs);
  for (const TraceLayout::Agent& agent : layout.agents) {
    AgentDatasets data;
    data.group = hdf5::open_group(found.file, "agents/" + agent.label);
    for (const EpochColumn& column : epoch_columns)
      if (hdf5::exists(data.group, column.name))
        data.epochs.emplace_back(&column, hdf5::open_dataset(data.group, column.name));
    data.epochs_written = hdf5::open_dataset(data.group, "epochs_written");
    for (const std::int64_t n : hdf5::read_integers(data.epochs_written))
      data.written.push_back(static_cast<std::uint32_t>(n));
    if (data.written.size() != layout.n_replications)
      throw TraceError(path + ": /agents/" + agent.label + "/epochs_written: not what a run writes");
    data.counted = data.written;
    data.seconds = hdf5::number_attribute(data.group, "seconds");
    data.arms = open_series(data.group, "arms", arm_series(agent, layout));
    data.scores = open_series(data.group, "score_model", score_series(agent, layout));
    if (layout.level == TraceLevel::applicants) {
      const Handle applicants = hdf5::open_group(data.group, "applicants");
      for (std::uint32_t r = 0; r < layout.n_replications; ++r)
        data.rows.push_back(open_rows(applicants, r, row_columns(layout, agent)));
    }
    found.agents.push_back(std::move(data));
  }
  return found;
}

void TraceFile::flush() {
  hdf5::flush(file);
  for (AgentDatasets& agent : agents) {
    for (std::size_t r = 0; r < agent.written.size(); ++r) {
      if (agent.written[r] == agent.counted[r]) continue;
      const std::int64_t written = agent.written[r];
      hdf5::write_integers(agent.epochs_written, r, {&written, 1});
      agent.counted[r] = agent.written[r];
    }
    hdf5::set_attribute(agent.group, "seconds", agent.seconds);
  }
  hdf5::flush(file);
}

void TraceFile::complete(double seconds) {
  flush();
  hdf5::set_attribute(file, "wall_time", seconds);
  hdf5::set_attribute(file, "complete", std::uint8_t{1});
  hdf5::flush(file);
  agents.clear();
  if (!file.reset()) throw TraceError("closing failed");
}

}  // namespace loopgate
