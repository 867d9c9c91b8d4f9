#include "core/trace/trace_writer.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <numeric>

#include "core/error.hpp"
#include "core/trace/codec.hpp"
#include "core/trace/continuity.hpp"
#include "core/trace/file_parts.hpp"
#include "core/trace/pool.hpp"
#include "core/trace/row_buffer.hpp"
#include "core/trace/trace_file.hpp"

namespace loopgate {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds flush_interval{1}, write_interval{3};

}  // namespace

struct TraceWriter::State {
  State(std::string target, const TraceLayout& known, WriteQueue::Mode mode)
      : path(std::move(target)), layout(known), queue(mode) {}

  std::string path;
  TraceLayout layout;
  mutable std::mutex mutex;  ///< round every call of the library and all below
  TraceFile trace;           ///< plain and allocated at once while the run goes on
  Clock::time_point flushed = Clock::now();
  bool failed = false;
  WriteQueue queue;  ///< last: its jobs use all of the above

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

  void flush() {
    trace.flush();
    flushed = Clock::now();
  }
};

namespace {

using State = TraceWriter::State;

/// Records of one replication on their way to the file, a chunk of every column at a time.
struct Chunk {
  std::uint32_t first = 0, n = 0;
  std::vector<std::vector<double>> columns;  ///< [n columns][size x width], nothing of meaning beyond n
  std::vector<std::int64_t> rows;            ///< [n] applicants of each epoch where they are not counted beforehand

  void put(std::size_t column, std::span<const double> value) {
    double* to = &columns[column][n * value.size()];
    for (std::size_t i = 0; i < value.size(); ++i) to[i] = value[i];
  }
  /// Whole, with NaN for what is yet to come.
  void write(std::size_t column, std::size_t width, const hdf5::Handle& dataset, std::uint32_t replication,
             std::size_t n_inner) {
    std::fill(columns[column].begin() + static_cast<std::ptrdiff_t>(n * width), columns[column].end(), undefined);
    hdf5::Dims offset{replication, first};
    offset.resize(2 + n_inner, 0);
    const auto* bytes = reinterpret_cast<const unsigned char*>(columns[column].data());
    hdf5::write_chunk(dataset, offset, {bytes, columns[column].size() * sizeof(double)});
  }
};

std::shared_ptr<Chunk> empty_chunk(Pool<Chunk>& pool, std::uint32_t first, std::uint32_t size,
                                   std::span<const std::size_t> widths) {
  auto chunk = pool.take([&] {
    Chunk made;
    for (const std::size_t width : widths) made.columns.emplace_back(width * size);
    return made;
  });
  chunk->first = first;
  chunk->n = 0;
  chunk->rows.clear();
  return chunk;
}

/// Records of one series on their way to the file.
class SeriesBuffer {
 public:
  using Write = std::function<void(std::shared_ptr<Chunk>)>;
  SeriesBuffer(const SeriesDatasets& datasets, Write write)
      : width_(datasets.widths()), size_(datasets.chunk), write_(std::move(write)) {
    start(0);
  }

  template <class Columns, class Record>
  void add(const Columns& columns, const Record& record) {
    for (std::size_t c = 0; c < width_.size(); ++c) {
      const std::span<const double> value = columns[c].value(record);
      LOOPGATE_EXPECT(value.size() == width_[c]);
      held_->put(c, value);
    }
    if (++held_->n < size_) return;
    const std::uint32_t next = held_->first + held_->n;
    write_(std::move(held_));
    start(next);
  }
  /// Sends what is held, which is sent again when its chunk is whole.
  void flush() {
    if (held_->n > 0) write_(std::make_shared<Chunk>(*held_));
  }

 private:
  void start(std::uint32_t first) { held_ = empty_chunk(pool_, first, size_, width_); }

  std::vector<std::size_t> width_;
  std::uint32_t size_;
  Write write_;
  Pool<Chunk> pool_;
  std::shared_ptr<Chunk> held_;
};

class ReplicationSink final : public EpochSink {
 public:
  ReplicationSink(State& state, std::size_t agent, std::uint32_t replication)
      : state_(state), agent_(agent), replication_(replication) {
    for (const auto& [column, dataset] : datasets().epochs) width_.push_back(inner_size(column->inner, state.layout));
    held_ = start(0);
    arms_ = series(&AgentDatasets::arms);
    scores_ = series(&AgentDatasets::scores);
    if (datasets().rows.empty()) return;
    const RowDatasets& rows = datasets().rows[replication];
    const std::uint64_t n_rows = hdf5::dims(rows.datasets.front()).at(0);
    rows_ = std::make_unique<RowBuffer>(rows.columns, n_rows, state.layout.types, [this](auto chunk) {
      state_.queue.submit([&state = state_, agent = agent_, replication = replication_, chunk = std::move(chunk)] {
        state.guarded([&] { write_rows(state.trace.agents[agent].rows[replication], *chunk); });
      });
    });
  }

  RowSink* rows() override { return rows_.get(); }

  void record(const EpochRecord& record) override {
    const auto& epochs = datasets().epochs;
    for (std::size_t c = 0; c < width_.size(); ++c) {
      const std::span<const double> value = epochs[c].first->value(record);
      LOOPGATE_ASSERT(value.size() == width_[c]);
      held_->put(c, value);
    }
    if (rows_ != nullptr && state_.layout.most_rows != nullptr) {
      held_->rows.push_back(static_cast<std::int64_t>(rows_->n_appended() - n_rows_));
      n_rows_ = rows_->n_appended();
    }
    ++held_->n;
    if (held_->n == state_.trace.chunk) {
      const std::uint32_t next = held_->first + held_->n;
      write();
      held_ = start(next);
    } else if (held_->n % 64 == 0 && Clock::now() - wrote_ >= write_interval) {
      const auto rest = copy(*held_);
      write();
      held_ = rest;
    }
  }

  void record_arms(const ArmRecord& record) override {
    LOOPGATE_EXPECT(arms_ != nullptr);
    arms_->add(arm_columns, record);
  }

  void record_scores(const ScoreRecord& record) override {
    LOOPGATE_EXPECT(scores_ != nullptr);
    scores_->add(score_columns, record);
  }

  void finish(double seconds) override {
    if (held_->n > 0) write();
    state_.queue.submit([&state = state_, agent = agent_, seconds] {
      state.guarded([&] { state.trace.agents[agent].seconds += seconds; });
    });
  }

 private:
  const AgentDatasets& datasets() const { return state_.trace.agents[agent_]; }

  std::shared_ptr<Chunk> start(std::uint32_t first) { return empty_chunk(pool_, first, state_.trace.chunk, width_); }
  static std::shared_ptr<Chunk> copy(const Chunk& sent) { return std::make_shared<Chunk>(sent); }

  /// Null where the agent has no such series.
  std::unique_ptr<SeriesBuffer> series(SeriesDatasets AgentDatasets::*which) {
    const SeriesDatasets& known = datasets().*which;
    if (known.columns.empty()) return nullptr;
    return std::make_unique<SeriesBuffer>(known, [this, which](std::shared_ptr<Chunk> chunk) {
      state_.queue.submit(
          [&state = state_, agent = agent_, replication = replication_, which, chunk = std::move(chunk)] {
            state.guarded([&] {
              const SeriesDatasets& target = state.trace.agents[agent].*which;
              const std::vector<std::size_t> width = target.widths();
              for (std::size_t c = 0; c < width.size(); ++c)
                chunk->write(c, width[c], target.columns[c], replication, target.inner[c].size());
            });
          });
    });
  }

  /// Rows and series first, so that no epoch counts as written before what belongs to it is.
  void write() {
    if (rows_ != nullptr) rows_->flush();
    if (arms_ != nullptr) arms_->flush();
    if (scores_ != nullptr) scores_->flush();
    state_.queue.submit([&state = state_, agent = agent_, replication = replication_, chunk = held_] {
      state.guarded([&] {
        AgentDatasets& target = state.trace.agents[agent];
        for (std::size_t c = 0; c < chunk->columns.size(); ++c) {
          const auto& [column, dataset] = target.epochs[c];
          chunk->write(c, inner_size(column->inner, state.layout), dataset, replication,
                       inner_dims(column->inner, state.layout).size());
        }
        if (!chunk->rows.empty()) hdf5::write_integers(target.rows[replication].rows, chunk->first, chunk->rows);
        target.written[replication] = chunk->first + chunk->n;
        if (Clock::now() - state.flushed >= flush_interval) state.flush();
      });
    });
    wrote_ = Clock::now();
  }

  State& state_;
  std::size_t agent_;
  std::uint32_t replication_;
  std::vector<std::size_t> width_;
  Pool<Chunk> pool_;
  std::shared_ptr<Chunk> held_;
  std::unique_ptr<SeriesBuffer> arms_, scores_;
  std::unique_ptr<RowBuffer> rows_;
  std::uint64_t n_rows_ = 0;  ///< up to the last epoch
  Clock::time_point wrote_ = Clock::now();
};

/// Copies a finished file into another of the same layout whose datasets are compressed.
void copy_compressed(const TraceFile& from, TraceFile& to, hdf5::Layout layout, unsigned n_threads) {
  std::vector<DatasetPair> pairs;
  for (std::size_t a = 0; a < from.agents.size(); ++a) {
    for (std::size_t c = 0; c < from.agents[a].epochs.size(); ++c)
      pairs.push_back({&from.agents[a].epochs[c].second, &to.agents[a].epochs[c].second, layout});
    for (const auto which : {&AgentDatasets::arms, &AgentDatasets::scores}) {
      const SeriesDatasets &plain = from.agents[a].*which, &packed = to.agents[a].*which;
      for (std::size_t c = 0; c < plain.columns.size(); ++c)
        pairs.push_back({&plain.columns[c], &packed.columns[c], layout});
    }
    for (std::size_t r = 0; r < from.agents[a].rows.size(); ++r)
      for (std::size_t c = 0; c < from.agents[a].rows[r].datasets.size(); ++c)
        pairs.push_back({&from.agents[a].rows[r].datasets[c], &to.agents[a].rows[r].datasets[c],
                         row_layout(from.agents[a].rows[r].columns[c], layout)});
    to.agents[a].written = from.agents[a].written;
    to.agents[a].seconds = from.agents[a].seconds;
  }
  copy_chunks(pairs, n_threads);
}

void remove_quietly(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace

TraceWriter::TraceWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TraceWriter::TraceWriter(TraceWriter&&) noexcept = default;
TraceWriter::~TraceWriter() {
  if (state_ != nullptr && state_->failed) TraceFile::abandon(std::move(state_->trace));
}

TraceWriter TraceWriter::create(const std::string& path, const TraceLayout& layout, WriteQueue::Mode mode) {
  auto state = std::make_unique<State>(path, layout, mode);
  // Under another name until the layout is in the file, so that a `.partial` can be opened from its first moment.
  const std::string raw = state->partial() + ".new";
  try {
    state->guarded([&] {
      state->trace = TraceFile::create(raw, layout, hdf5::Layout::chunked);
      give_name(raw, state->partial());
    });
  } catch (...) {
    remove_quietly(raw);
    TraceFile::abandon(std::move(state->trace));
    throw;
  }
  return TraceWriter(std::move(state));
}

TraceWriter TraceWriter::resume(const std::string& path, const TraceLayout& layout, WriteQueue::Mode mode) {
  auto state = std::make_unique<State>(path, layout, mode);
  check_resumable(TraceReader(state->partial()), layout);  // before the file is opened for writing
  state->trace = TraceFile::open(state->partial(), layout);
  return TraceWriter(std::move(state));
}

std::unique_ptr<EpochSink> TraceWriter::replication(std::size_t agent, std::uint32_t replication) {
  LOOPGATE_EXPECT(agent < state_->trace.agents.size() && replication < state_->layout.n_replications);
  const std::scoped_lock lock(state_->mutex);
  return std::make_unique<ReplicationSink>(*state_, agent, replication);
}

std::uint32_t TraceWriter::epochs_written(std::size_t agent, std::uint32_t replication) const {
  const std::scoped_lock lock(state_->mutex);
  return state_->trace.agents.at(agent).written.at(replication);
}

void TraceWriter::flush() {
  state_->queue.drain();
  state_->guarded([&] { state_->flush(); });
}

void TraceWriter::complete(double seconds, unsigned n_threads) {
  state_->queue.drain();
  state_->guarded([&] {
    const hdf5::Layout layout = layout_of(state_->layout.compression);
    if (layout == hdf5::Layout::chunked && state_->layout.most_rows == nullptr) {
      state_->trace.complete(seconds);
      return give_name(state_->partial(), state_->path);
    }
    // Compressed only now: a compressed chunk would move the file's index, and a kill could catch it half moved. The
    // same holds of rows that are not counted beforehand: room that was not needed is left behind.
    state_->flush();
    const std::string raw = state_->partial() + ".new";
    TraceFile packed;
    try {
      packed = TraceFile::create(raw, state_->layout, layout, &state_->trace);
      copy_compressed(state_->trace, packed, layout, n_threads);
      packed.complete(seconds);
      give_name(raw, state_->path);
    } catch (const TraceError&) {
      TraceFile::abandon(std::move(packed));
      remove_quietly(raw);
      throw;
    }
    state_->trace = {};
    remove_quietly(state_->partial());
  });
}

}  // namespace loopgate
