#include "core/trace/trace_writer.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <numeric>

#include "core/error.hpp"
#include "core/trace/hdf5_file.hpp"
#include "core/trace/sha256.hpp"

namespace loopgate {

namespace {

using hdf5::Dims;
using hdf5::Handle;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t format_version = 1;
constexpr std::uint32_t chunk_epochs = 1024;
constexpr std::chrono::seconds flush_interval{1}, write_interval{3};

enum class Inner : std::uint8_t { none, group, constraint, state };

/// One per-epoch dataset of an agent.
struct Column {
  const char* name;
  Inner inner;
  const char* meaning;
  std::span<const double> (*value)(const EpochRecord&);
};

using Record = const EpochRecord&;
template <double EpochRecord::*member>
std::span<const double> scalar(Record r) {
  return {&(r.*member), 1};
}

constexpr std::array<Column, 13> columns{{
    {"threshold", Inner::group, "accepted iff score >= threshold (score units)", [](Record r) { return r.threshold; }},
    {"arrived", Inner::group, "applicants", [](Record r) { return r.arrived; }},
    {"accepted", Inner::group, "accepted applicants", [](Record r) { return r.accepted; }},
    {"succeeded", Inner::group, "accepted applicants whose outcome is a success", [](Record r) { return r.succeeded; }},
    {"qualified", Inner::group, "applicants whose potential outcome is a success",
     [](Record r) { return r.qualified; }},
    {"composition", Inner::group, "share of expected arrivals before the decision",
     [](Record r) { return r.composition; }},
    {"qualification_rate", Inner::group, "qualified share of the group before the decision",
     [](Record r) { return r.qualification_rate; }},
    {"state", Inner::state, "what the dynamics move, before the decision", [](Record r) { return r.state; }},
    {"reward", Inner::none, "utility of the batch / arrivals; NaN if nobody arrived", scalar<&EpochRecord::reward>},
    {"expected_reward", Inner::none, "reward of an infinite batch at this state",
     scalar<&EpochRecord::expected_reward>},
    {"residual", Inner::constraint, "signed constraint residual, met iff <= 0; NaN if undefined",
     [](Record r) { return r.residual; }},
    {"expected_residual", Inner::constraint, "residual of an infinite batch at this state",
     [](Record r) { return r.expected_residual; }},
    {"arm_probability", Inner::none, "probability with which the agent played this threshold",
     scalar<&EpochRecord::arm_probability>},
}};

std::size_t inner_size(Inner inner, const TraceLayout& layout) {
  switch (inner) {
    case Inner::none:
      return 1;
    case Inner::group:
      return layout.groups.size();
    case Inner::constraint:
      return layout.constraints.size();
    case Inner::state:
      return layout.states.size();
  }
  return 0;
}

/// Byte shuffle and deflate, the filters of the compressed datasets.
void deflate_chunk(const std::vector<double>& values, std::vector<unsigned char>& shuffled,
                   std::vector<unsigned char>& out) {
  const std::size_t n = values.size();
  shuffled.resize(n * sizeof(double));
  const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
  for (std::size_t b = 0; b < sizeof(double); ++b)
    for (std::size_t i = 0; i < n; ++i) shuffled[b * n + i] = bytes[i * sizeof(double) + b];
  uLongf size = compressBound(shuffled.size());
  out.resize(size);
  const int done = compress2(out.data(), &size, shuffled.data(), shuffled.size(), 1);
  LOOPGATE_EXPECT(done == Z_OK);
  out.resize(size);
}

void give_name(const std::string& from, const std::string& to) {
  std::error_code problem;
  std::filesystem::rename(from, to, problem);
  if (problem) throw TraceError("renaming to " + to + " failed: " + problem.message());
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

struct TraceWriter::State {
  struct AgentData {
    Handle group, epochs_written;
    std::vector<std::pair<const Column*, Handle>> datasets;
    std::vector<std::uint32_t> written;  ///< [R] epochs in the file, flushed or not
    std::vector<std::uint32_t> counted;  ///< [R] epochs told by the counter
    double seconds = 0.0;
  };

  std::string path;
  TraceLayout layout;
  std::uint32_t chunk = 1;
  hdf5::Layout storage = hdf5::Layout::chunked;  ///< plain and allocated at once while the run goes on
  std::mutex mutex;                              ///< round every call of the library and all below
  Handle file;
  std::vector<AgentData> agents;
  Clock::time_point flushed = Clock::now();
  bool failed = false;

  std::string partial() const { return path + ".partial"; }

  template <class Work>
  void guarded(const Work& work) {
    const std::scoped_lock lock(mutex);
    if (failed) throw TraceError(partial() + ": an earlier write failed");
    try {
      work();
    } catch (const TraceError& problem) {
      failed = true;
      throw TraceError(partial() + ": " + problem.what());
    }
  }

  /// Data first, counters after, so that a counter never promises what the file does not hold.
  void flush_all() {
    hdf5::flush(file);
    for (AgentData& agent : agents) {
      for (std::size_t r = 0; r < agent.written.size(); ++r) {
        if (agent.written[r] == agent.counted[r]) continue;
        hdf5::write_integer(agent.epochs_written, r, agent.written[r]);
        agent.counted[r] = agent.written[r];
      }
      hdf5::set_attribute(agent.group, "seconds", agent.seconds);
    }
    hdf5::flush(file);
    flushed = Clock::now();
  }
};

namespace {

using State = TraceWriter::State;

class ReplicationSink final : public EpochSink {
 public:
  ReplicationSink(State& state, std::size_t agent, std::uint32_t replication)
      : state_(state), agent_(agent), replication_(replication), buffers_(state.agents[agent].datasets.size()) {
    for (std::size_t c = 0; c < buffers_.size(); ++c) {
      width_.push_back(inner_size(state.agents[agent].datasets[c].first->inner, state.layout));
      buffers_[c].assign(width_[c] * state.chunk, undefined);
    }
  }

  void record(const EpochRecord& record) override {
    const auto& datasets = state_.agents[agent_].datasets;
    for (std::size_t c = 0; c < buffers_.size(); ++c) {
      const std::span<const double> value = datasets[c].first->value(record);
      LOOPGATE_ASSERT(value.size() == width_[c]);
      std::copy(value.begin(), value.end(), buffers_[c].begin() + static_cast<std::ptrdiff_t>(held_ * width_[c]));
    }
    ++held_;
    if (held_ == state_.chunk) {
      write();
      first_ += held_;
      held_ = 0;
      for (auto& buffer : buffers_) std::ranges::fill(buffer, undefined);
    } else if (held_ % 64 == 0 && Clock::now() - wrote_ >= write_interval) {
      write();
    }
  }

  void finish(double seconds) override {
    if (held_ > 0) write();
    state_.guarded([&] { state_.agents[agent_].seconds += seconds; });
  }

 private:
  void write() {
    state_.guarded([&] {
      State::AgentData& agent = state_.agents[agent_];
      for (std::size_t c = 0; c < buffers_.size(); ++c) {
        Dims offset{replication_, first_};
        if (agent.datasets[c].first->inner != Inner::none) offset.push_back(0);
        const auto* bytes = reinterpret_cast<const unsigned char*>(buffers_[c].data());
        hdf5::write_chunk(agent.datasets[c].second, offset, {bytes, buffers_[c].size() * sizeof(double)});
      }
      agent.written[replication_] = first_ + held_;
      if (Clock::now() - state_.flushed >= flush_interval) state_.flush_all();
    });
    wrote_ = Clock::now();
  }

  State& state_;
  std::size_t agent_;
  std::uint32_t replication_;
  std::uint32_t first_ = 0, held_ = 0;  ///< first epoch of the chunk in hand, epochs in it
  std::vector<std::size_t> width_;
  std::vector<std::vector<double>> buffers_;
  Clock::time_point wrote_ = Clock::now();
};

/// Lays out the whole file, so that nothing but values changes afterwards.
class SchemaWriter {
 public:
  explicit SchemaWriter(State& state) : state_(state), layout_(state.layout) {}

  void write() {
    root_attributes();
    hdf5::create_string(state_.file, "scenario", layout_.scenario);
    hdf5::create_string(state_.file, "scenario_resolved", layout_.scenario_resolved);
    replication_ = index_scale(state_.file, "replication", layout_.n_replications);
    epoch_ = index_scale(state_.file, "epoch", layout_.n_epochs);
    group_ = name_scale(state_.file, "group", layout_.groups);
    if (!layout_.constraints.empty()) constraint_ = name_scale(state_.file, "constraint", layout_.constraints);
    if (!layout_.states.empty()) {
      state_name_ = name_scale(state_.file, "state_name", layout_.states);
      attach(hdf5::create_strings(state_.file, "state", layout_.states), {&state_name_});
    }
    inputs();
    const Handle agents = hdf5::create_group(state_.file, "agents");
    for (const TraceLayout::Agent& agent : layout_.agents) add_agent(agents, agent);
    hdf5::flush(state_.file);
  }

 private:
  static Handle index_scale(const Handle& parent, const std::string& name, std::uint32_t n) {
    std::vector<std::int64_t> values(n);
    std::iota(values.begin(), values.end(), 0);
    Handle scale = hdf5::create_integers(parent, name, values);
    hdf5::make_scale(scale, name);
    hdf5::set_attribute(scale, "units", std::string("1"));
    return scale;
  }
  static Handle name_scale(const Handle& parent, const std::string& name, const std::vector<std::string>& values) {
    Handle scale = hdf5::create_strings(parent, name, values);
    hdf5::make_scale(scale, name);
    return scale;
  }
  static void attach(const Handle& dataset, const std::vector<const Handle*>& scales) {
    hdf5::attach_scales(dataset, scales);
  }

  static void numbers(const Handle& parent, const std::string& name, const std::vector<double>& values,
                      const Handle& scale, const std::string& meaning) {
    const Handle dataset = hdf5::create_numbers(parent, name, {values.size()}, hdf5::Layout::contiguous, {});
    hdf5::write_numbers(dataset, values);
    attach(dataset, {&scale});
    describe(dataset, meaning);
  }
  static void describe(const Handle& dataset, const std::string& meaning) {
    hdf5::set_attribute(dataset, "long_name", meaning);
    hdf5::set_attribute(dataset, "units", std::string("1"));
  }

  void root_attributes() {
    hdf5::set_attribute(state_.file, "format_version", format_version);
    hdf5::set_attribute(state_.file, "program_version", std::string(LOOPGATE_VERSION));
    hdf5::set_attribute(state_.file, "scenario_name", layout_.scenario_name);
    hdf5::set_attribute(state_.file, "scenario_sha256", sha256_hex(layout_.scenario_resolved));
    hdf5::set_attribute(state_.file, "seed", static_cast<std::uint64_t>(layout_.seed));
    hdf5::set_attribute(state_.file, "creation_time", utc_now());
    hdf5::set_attribute(state_.file, "wall_time", undefined);
    hdf5::set_attribute(state_.file, "complete", std::uint8_t{0});
  }

  void inputs() {
    const Handle inputs = hdf5::create_group(state_.file, "inputs");
    if (!layout_.inputs.empty()) {
      std::vector<std::string> paths, hashes;
      for (const InputFile& input : layout_.inputs) {
        paths.push_back(input.path);
        hashes.push_back(input.sha256);
      }
      const Handle file = name_scale(inputs, "file", paths);
      attach(hdf5::create_strings(inputs, "sha256", hashes), {&file});
    }
    if (!layout_.types.empty()) types(inputs);
    if (!layout_.score_model.term.empty()) score_model(inputs);
  }

  void types(const Handle& inputs) {
    const Handle type = index_scale(inputs, "type", static_cast<std::uint32_t>(layout_.types.size()));
    std::vector<double> group, score, mass, success;
    for (const ApplicantType& one : layout_.types) {
      group.push_back(one.group);
      score.push_back(one.score);
      mass.push_back(one.mass);
      success.push_back(one.success);
    }
    numbers(inputs, "type_group", group, type, "index of the type's group");
    numbers(inputs, "score", score, type, "score of the type");
    numbers(inputs, "mass", mass, type, "share of the type within its group");
    numbers(inputs, "success", success, type, "probability of success of the type");
  }

  void score_model(const Handle& inputs) {
    const ScoreModelReport& report = layout_.score_model;
    const Handle model = hdf5::create_group(inputs, "score_model");
    const Handle term = name_scale(model, "term", report.term);
    numbers(model, "coefficient", report.coefficient, term, "weight on the standardised feature");
    hdf5::hard_link(state_.file, "group", model);
    numbers(model, "calibration_score", report.calibration_score, group_, "mean score of the population's rows");
    numbers(model, "calibration_rate", report.calibration_rate, group_, "share of successes of the population's rows");
    hdf5::set_attribute(model, "auc", report.auc);
  }

  void add_agent(const Handle& agents, const TraceLayout::Agent& agent) {
    State::AgentData data;
    data.group = hdf5::create_group(agents, agent.label);
    for (const char* name : {"replication", "epoch", "group", "constraint", "state_name"})
      if (hdf5::exists(state_.file, name)) hdf5::hard_link(state_.file, name, data.group);
    for (const Column& column : columns) {
      const std::size_t inner = inner_size(column.inner, layout_);
      if (inner == 0 || (!agent.randomised && std::string_view(column.name) == "arm_probability")) continue;
      Dims dims{layout_.n_replications, layout_.n_epochs}, chunk{1, state_.chunk};
      std::vector<const Handle*> scales{&replication_, &epoch_};
      if (column.inner != Inner::none) {
        dims.push_back(inner);
        chunk.push_back(inner);
        scales.push_back(column.inner == Inner::group   ? &group_
                         : column.inner == Inner::state ? &state_name_
                                                        : &constraint_);
      }
      Handle dataset = hdf5::create_numbers(data.group, column.name, dims, state_.storage, chunk);
      attach(dataset, scales);
      describe(dataset, column.meaning);
      data.datasets.emplace_back(&column, std::move(dataset));
    }
    data.epochs_written =
        hdf5::create_integers(data.group, "epochs_written", std::vector<std::int64_t>(layout_.n_replications));
    attach(data.epochs_written, {&replication_});
    describe(data.epochs_written, "epochs of each replication that are in the file");
    hdf5::set_attribute(data.group, "seconds", 0.0);
    data.written.resize(layout_.n_replications);
    data.counted.resize(layout_.n_replications);
    state_.agents.push_back(std::move(data));
  }

  State& state_;
  const TraceLayout& layout_;
  Handle replication_, epoch_, group_, constraint_, state_name_;
};

void open_agents(State& state) {
  for (const TraceLayout::Agent& agent : state.layout.agents) {
    State::AgentData data;
    const std::string path = "agents/" + agent.label;
    for (const Column& column : columns)
      if (hdf5::exists(state.file, path + "/" + column.name))
        data.datasets.emplace_back(&column, hdf5::open_dataset(state.file, path + "/" + column.name));
    data.epochs_written = hdf5::open_dataset(state.file, path + "/epochs_written");
    for (const std::int64_t n : hdf5::read_integers(data.epochs_written))
      data.written.push_back(static_cast<std::uint32_t>(n));
    data.counted = data.written;
    data.group = hdf5::open_group(state.file, path);
    data.seconds = hdf5::number_attribute(data.group, "seconds");
    state.agents.push_back(std::move(data));
  }
}

std::unique_ptr<State> new_state(const std::string& path, const TraceLayout& layout) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->layout = layout;
  state->chunk = std::min(layout.n_epochs, chunk_epochs);
  return state;
}

/// Copies the values of one finished file into another of the same layout whose datasets are deflated.
void copy_deflated(State& from, State& to) {
  std::vector<unsigned char> shuffled, packed;
  for (std::size_t a = 0; a < from.agents.size(); ++a) {
    const State::AgentData &source = from.agents[a], &target = to.agents[a];
    for (std::size_t c = 0; c < source.datasets.size(); ++c) {
      const Inner inner = source.datasets[c].first->inner;
      const std::size_t width = inner_size(inner, from.layout);
      for (std::uint32_t r = 0; r < from.layout.n_replications; ++r) {
        for (std::uint32_t t = 0; t < from.layout.n_epochs; t += from.chunk) {
          Dims offset{r, t}, count{1, std::min(from.chunk, from.layout.n_epochs - t)};
          if (inner != Inner::none) {
            offset.push_back(0);
            count.push_back(width);
          }
          std::vector<double> values = hdf5::read_numbers(source.datasets[c].second, offset, count);
          values.resize(width * from.chunk, undefined);
          deflate_chunk(values, shuffled, packed);
          hdf5::write_chunk(target.datasets[c].second, offset, packed);
        }
      }
    }
    to.agents[a].written = source.written;
    to.agents[a].seconds = source.seconds;
  }
}

/// Ends a file: counters, wall time, complete, closed.
void close_complete(State& state, double seconds) {
  state.flush_all();
  hdf5::set_attribute(state.file, "wall_time", seconds);
  hdf5::set_attribute(state.file, "complete", std::uint8_t{1});
  hdf5::flush(state.file);
  state.agents.clear();
  if (!state.file.reset()) throw TraceError("closing failed");
}

}  // namespace

TraceWriter::TraceWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TraceWriter::TraceWriter(TraceWriter&&) noexcept = default;
TraceWriter::~TraceWriter() {
  // After a failed write the library cannot close the file: it is left to the operating system.
  if (state_ != nullptr && state_->failed) static_cast<void>(state_.release());
}

TraceWriter TraceWriter::create(const std::string& path, const TraceLayout& layout) {
  auto state = new_state(path, layout);
  // Under another name until the layout is in the file, so that a `.partial` can be opened from its first moment.
  const std::string raw = state->partial() + ".new";
  state->file = hdf5::create_file(raw);
  try {
    state->guarded([&] {
      SchemaWriter(*state).write();
      give_name(raw, state->partial());
    });
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(raw, ignored);
    static_cast<void>(state.release());  // as in the destructor
    throw;
  }
  return TraceWriter(std::move(state));
}

TraceWriter TraceWriter::resume(const std::string& path, const TraceLayout& layout) {
  auto state = new_state(path, layout);
  state->file = hdf5::open_file(state->partial(), hdf5::Mode::modify);
  if (hdf5::string_attribute(state->file, "scenario_sha256") != sha256_hex(layout.scenario_resolved))
    throw TraceError(state->partial() + ": belongs to another scenario, seed or setting, so it cannot be gone on with");
  state->guarded([&] { open_agents(*state); });
  return TraceWriter(std::move(state));
}

std::unique_ptr<EpochSink> TraceWriter::replication(std::size_t agent, std::uint32_t replication) {
  LOOPGATE_EXPECT(agent < state_->agents.size() && replication < state_->layout.n_replications);
  return std::make_unique<ReplicationSink>(*state_, agent, replication);
}

std::uint32_t TraceWriter::epochs_written(std::size_t agent, std::uint32_t replication) const {
  const std::scoped_lock lock(state_->mutex);
  return state_->agents.at(agent).written.at(replication);
}

void TraceWriter::flush() {
  state_->guarded([&] { state_->flush_all(); });
}

void TraceWriter::complete(double seconds) {
  state_->guarded([&] {
    if (state_->layout.compression == Compression::none) {
      close_complete(*state_, seconds);
      return give_name(state_->partial(), state_->path);
    }
    // Compressed only now: a deflated chunk would move the file's index, and a kill could catch it half moved.
    state_->flush_all();
    const std::string raw = state_->partial() + ".new";
    auto packed = new_state(state_->path, state_->layout);
    packed->storage = hdf5::Layout::deflated;
    packed->file = hdf5::create_file(raw);
    try {
      SchemaWriter(*packed).write();
      copy_deflated(*state_, *packed);
      close_complete(*packed, seconds);
      give_name(raw, state_->path);
    } catch (const TraceError&) {
      static_cast<void>(packed.release());  // as in the destructor
      std::error_code ignored;
      std::filesystem::remove(raw, ignored);
      throw;
    }
    state_->agents.clear();
    state_->file.reset();
    std::error_code ignored;
    std::filesystem::remove(state_->partial(), ignored);
  });
}

}  // namespace loopgate
