#include "core/trace/applicant_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"
#include "core/trace/file_parts.hpp"
#include "core/trace/hdf5_file.hpp"
#include "core/trace/row_columns.hpp"

namespace loopgate {

namespace {

/// Numbers of one dataset, read as they are stored.
class Column {
 public:
  Column(const hdf5::Handle& group, const char* name)
      : dataset_(hdf5::open_dataset(group, name)), element_(hdf5::element_of(dataset_)) {}

  std::uint64_t size() const { return hdf5::length(dataset_); }

  template <class Value>
  void read(std::uint64_t begin, std::uint64_t n, std::vector<Value>& out) {
    hdf5::read_bytes(dataset_, begin, n, bytes_);
    out.resize(n);
    switch (element_) {
      case hdf5::Element::uint8:
        return convert<std::uint8_t>(out);
      case hdf5::Element::uint16:
        return convert<std::uint16_t>(out);
      case hdf5::Element::uint32:
        return convert<std::uint32_t>(out);
      case hdf5::Element::float64:
        return convert<double>(out);
    }
  }

 private:
  template <class Stored, class Value>
  void convert(std::vector<Value>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      Stored value{};
      std::memcpy(&value, bytes_.data() + i * sizeof(Stored), sizeof(Stored));
      out[i] = static_cast<Value>(value);
    }
  }

  hdf5::Handle dataset_;
  hdf5::Element element_;
  std::vector<unsigned char> bytes_;
};

/// The columns of one replication.
class Rows {
 public:
  Rows(const hdf5::Handle& group, std::size_t n_groups, std::size_t n_stages, const std::vector<double>& type_score)
      : n_groups_(n_groups),
        n_stages_(n_stages),
        type_score_(type_score),
        group_(group, "group"),
        which_(group, type_score.empty() ? "score" : "type"),
        accepted_(group, "accepted"),
        success_(group, "success") {
    if (hdf5::exists(group, "propensity")) propensity_ = std::make_unique<Column>(group, "propensity");
    if (!type_score.empty() && hdf5::exists(group, "score")) score_ = std::make_unique<Column>(group, "score");
    if (n_stages == 0) return;
    stage_ = std::make_unique<Column>(group, "stage");
    arrived_at_ = std::make_unique<Column>(group, "arrived_at");
    decided_at_ = std::make_unique<Column>(group, "decided_at");
  }

  std::uint64_t chunk() const { return std::clamp<std::uint64_t>(group_.size(), 1, chunk_rows); }

  void read(std::uint64_t begin, std::uint64_t n, ApplicantPiece& out) {
    group_.read(begin, n, out.group);
    accepted_.read(begin, n, out.accepted);
    success_.read(begin, n, out.success);
    if (type_score_.empty()) {
      which_.read(begin, n, out.score);
    } else {
      which_.read(begin, n, out.type);
      if (std::ranges::any_of(out.type, [&](std::uint32_t k) { return k >= type_score_.size(); }))
        throw TraceError("an applicant of an unknown type");
      out.score.resize(n);
      if (score_ != nullptr) score_->read(begin, n, out.score);
      else std::ranges::transform(out.type, out.score.begin(), [&](std::uint32_t k) { return type_score_[k]; });
    }
    if (n_stages_ > 0) {
      stage_->read(begin, n, out.stage);
      arrived_at_->read(begin, n, out.arrived_at);
      decided_at_->read(begin, n, out.decided_at);
    }
    if (propensity_ != nullptr) propensity_->read(begin, n, out.propensity);
    else out.propensity.assign(out.accepted.begin(), out.accepted.end());
    const auto beyond = [](std::size_t limit) { return [limit](std::uint8_t value) { return value >= limit; }; };
    if (std::ranges::any_of(out.group, beyond(n_groups_))) throw TraceError("an applicant of an unknown group");
    if (std::ranges::any_of(out.stage, beyond(n_stages_))) throw TraceError("a decision of an unknown stage");
    if (std::ranges::any_of(out.accepted, beyond(2)) || std::ranges::any_of(out.success, beyond(2)))
      throw TraceError("a decision or an outcome that is neither 0 nor 1");
  }

 private:
  std::size_t n_groups_, n_stages_;
  const std::vector<double>& type_score_;
  Column group_, which_, accepted_, success_;
  std::unique_ptr<Column> propensity_, score_, stage_, arrived_at_, decided_at_;
};

/// How many applicants each epoch has, a stretch of epochs at a time.
class EpochRows {
 public:
  explicit EpochRows(const hdf5::Handle& group) : dataset_(hdf5::open_dataset(group, "rows")) {}

  /// Of the epoch at index t of the file; ask in ascending order.
  std::uint64_t operator()(std::uint64_t t) {
    constexpr std::uint64_t stretch = 4096;
    constexpr double most_rows = 0x1p53;
    if (t >= first_ + held_.size()) {
      const std::uint64_t n = hdf5::length(dataset_);
      if (t >= n) throw TraceError("rows: of " + std::to_string(n) + " epochs only");
      first_ = t;
      held_ = hdf5::read_numbers(dataset_, {t}, {std::min(stretch, n - t)});
    }
    const double count = held_[t - first_];
    if (!(count >= 0.0 && count <= most_rows)) throw TraceError("rows: " + format_number(count) + " is no count");
    return static_cast<std::uint64_t>(count);
  }

 private:
  hdf5::Handle dataset_;
  std::uint64_t first_ = 0;
  std::vector<double> held_;
};

}  // namespace

struct ApplicantReader::State {
  hdf5::Handle file;
  std::vector<double> type_score;  ///< empty for continuous populations
  Epochs all;                      ///< of the file
  bool is_trace = false;

  static std::string group_name(const std::string& agent, std::uint32_t replication) {
    return "agents/" + agent + "/applicants/" + row_group_name(replication);
  }
  bool has(const std::string& agent, std::uint32_t replication) const {
    return hdf5::exists(file, "agents/" + agent) && hdf5::exists(file, "agents/" + agent + "/applicants") &&
           hdf5::exists(file, group_name(agent, replication));
  }
};

ApplicantReader::ApplicantReader(const std::string& name) : path(name), state_(std::make_unique<State>()) {
  State& state = *state_;
  state.file = hdf5::open_file(path, hdf5::Mode::read);
  if (!hdf5::has_attribute(state.file, "format_version") || !hdf5::exists(state.file, "agents"))
    throw TraceError(path + ": an HDF5 file, but neither a trace of Loopgate nor applicants that it expanded");
  if (hdf5::number_attribute(state.file, "format_version") != static_cast<double>(format_version))
    throw TraceError(path + ": of another format version (expected " + std::to_string(format_version) + ")");
  try {
    state.is_trace = hdf5::has_attribute(state.file, "complete");
    scenario_sha256 = hdf5::string_attribute(state.file, "scenario_sha256");
    seed = hdf5::integer_attribute(state.file, "seed");
    groups = hdf5::read_strings(hdf5::open_dataset(state.file, "group"));
    if (hdf5::exists(state.file, "stage")) stages = hdf5::read_strings(hdf5::open_dataset(state.file, "stage"));
    for (const std::string& agent : hdf5::children(state.file, "agents"))
      if (hdf5::exists(state.file, "agents/" + agent + "/applicants")) agents.push_back(agent);
    const hdf5::Handle epoch = hdf5::open_dataset(state.file, "epoch");
    const std::uint64_t n_epochs = hdf5::length(epoch);
    state.all.begin = n_epochs == 0 ? 0 : static_cast<std::uint32_t>(hdf5::read_numbers(epoch, {0}, {1})[0]);
    state.all.end = state.all.begin + static_cast<std::uint32_t>(n_epochs);
    if (hdf5::exists(state.file, "inputs/type")) {
      const hdf5::Handle score = hdf5::open_dataset(state.file, "inputs/score");
      state.type_score = hdf5::read_numbers(score, {0}, hdf5::dims(score));
      finite = !state.type_score.empty();
    }
  } catch (const TraceError& problem) {
    throw TraceError(path + ": a damaged file: " + problem.what());
  }
  if (agents.empty())
    throw TraceError(path +
                     ": holds no applicants (expected a trace with `trace: {level: applicants}`, or a file that " +
                     "`loopgate expand` wrote)");
}

ApplicantReader::~ApplicantReader() = default;

std::vector<std::uint32_t> ApplicantReader::replications(const std::string& agent) const {
  std::vector<std::uint32_t> all;
  for (const std::string& name : hdf5::children(state_->file, "agents/" + agent + "/applicants")) {
    std::uint32_t r = 0;
    std::from_chars(name.data() + 1, name.data() + name.size(), r);
    if (row_group_name(r) == name) all.push_back(r);
  }
  std::ranges::sort(all);
  return all;
}

ApplicantReader::Epochs ApplicantReader::planned() const noexcept { return state_->all; }

ApplicantReader::Epochs ApplicantReader::epochs(const std::string& agent, std::uint32_t replication) const {
  if (!state_->has(agent, replication)) return {};
  if (!state_->is_trace) return state_->all;
  const auto written = named(path, [&] {
    return hdf5::read_integers(hdf5::open_dataset(state_->file, "agents/" + agent + "/epochs_written"));
  });
  if (replication >= written.size() || written[replication] < 0 || written[replication] > state_->all.end)
    throw TraceError(path + ": /agents/" + agent + "/epochs_written: not what a run writes");
  return {0, static_cast<std::uint32_t>(written[replication])};
}

void ApplicantReader::read(const std::string& agent, std::uint32_t replication, std::uint32_t begin, std::uint32_t end,
                           const std::function<void(const ApplicantPiece&)>& take) const {
  const Epochs held = epochs(agent, replication);
  LOOPGATE_EXPECT(begin <= end && (begin == end || (held.begin <= begin && end <= held.end)));
  if (begin == end) return;
  const std::string name = State::group_name(agent, replication);
  try {
    const hdf5::Handle group = hdf5::open_group(state_->file, name);
    EpochRows rows_of(group);
    Rows rows(group, groups.size(), stages.size(), state_->type_score);
    ApplicantPiece piece;
    const auto hand_over = [&](std::uint64_t up_to) {
      rows.read(up_to - piece.epoch.size(), piece.epoch.size(), piece);
      take(piece);
      piece.epoch.clear();
    };
    std::uint64_t row = 0;
    for (std::uint32_t t = state_->all.begin; t < begin; ++t) row += rows_of(t - state_->all.begin);
    for (std::uint32_t t = begin; t < end; ++t)
      for (std::uint64_t left = rows_of(t - state_->all.begin); left > 0;) {
        const std::uint64_t n = std::min(left, rows.chunk() - row % rows.chunk());
        piece.epoch.insert(piece.epoch.end(), n, t);
        row += n;
        left -= n;
        if (row % rows.chunk() == 0) hand_over(row);
      }
    if (!piece.epoch.empty()) hand_over(row);
  } catch (const TraceError& problem) {
    throw TraceError(path + ": /" + name + ": " + problem.what());
  }
}

}  // namespace loopgate
