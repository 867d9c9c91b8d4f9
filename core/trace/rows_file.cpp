#include "core/trace/rows_file.hpp"

#include <filesystem>
#include <numeric>

#include "core/error.hpp"
#include "core/trace/file_parts.hpp"
#include "core/trace/row_buffer.hpp"

namespace loopgate {

struct RowsFile::State {
  std::string path;
  TraceLayout layout;
  RowSelection selection;
  hdf5::Handle file;
  std::vector<std::vector<RowDatasets>> rows;  ///< [agents][replications]
  std::mutex library;
  bool whole = false;

  std::string unfinished() const { return path + ".partial"; }

  void create() {
    file = hdf5::create_file(unfinished());
    write_provenance(file, layout);
    const hdf5::Handle epoch = create_index_scale(file, "epoch", selection.begin, selection.end);
    create_name_scale(file, "group", layout.groups);
    const hdf5::Handle inputs = hdf5::create_group(file, "inputs");
    if (!layout.types.empty()) write_types(inputs, layout.types);
    const hdf5::Handle agents = hdf5::create_group(file, "agents");
    std::vector<hdf5::Handle> applicants;
    for (const std::size_t a : selection.agents)
      applicants.push_back(hdf5::create_group(hdf5::create_group(agents, layout.agents[a].label), "applicants"));
    rows.resize(selection.agents.size());
    for (const std::uint32_t r : selection.replications)
      for (std::size_t a = 0; a < rows.size(); ++a) {
        const bool shared = a > 0 && !selection.arrivals;
        const std::vector<std::int64_t> all = arrivals(selection.agents[a], r);
        const auto room = static_cast<std::uint64_t>(std::accumulate(all.begin(), all.end(), std::int64_t{0}));
        rows[a].push_back(create_rows(file, epoch, applicants[a], r,
                                      row_columns(layout, layout.agents[selection.agents[a]]), all, room,
                                      shared ? &rows[0].back() : nullptr, layout_of(layout.compression)));
      }
  }

  std::vector<std::int64_t> arrivals(std::size_t agent, std::uint32_t replication) const {
    if (selection.arrivals) return selection.arrivals(agent, replication);
    std::vector<std::int64_t> all = layout.arrivals(replication);
    all.resize(selection.end);
    all.erase(all.begin(), all.begin() + selection.begin);
    return all;
  }
};

RowsFile::RowsFile(const std::string& path, const TraceLayout& layout, RowSelection selection)
    : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->layout = layout;
  state_->selection = std::move(selection);
  try {
    state_->create();
  } catch (const TraceError& problem) {
    const std::string name = state_->unfinished();
    abandon();
    throw TraceError(name + ": " + problem.what());
  }
}

RowsFile::~RowsFile() {
  if (!state_->whole) abandon();
}

/// What could not be written cannot be closed by the library either: it is left to the operating system.
void RowsFile::abandon() noexcept {
  std::error_code ignored;
  std::filesystem::remove(state_->unfinished(), ignored);
  static_cast<void>(state_.release());
}

std::mutex& RowsFile::library() noexcept { return state_->library; }

void RowsFile::fill(std::size_t agent, std::size_t replication, const std::function<void(RowSink&)>& write) {
  const RowDatasets& target = state_->rows.at(agent).at(replication);
  ChunkEncoder encode;
  const hdf5::Layout layout = layout_of(state_->layout.compression);
  std::unique_lock lock(state_->library);
  const std::uint64_t n_rows = hdf5::dims(target.datasets.front()).at(0);
  lock.unlock();
  RowBuffer buffer(target.columns, n_rows, state_->layout.types, [&](const std::shared_ptr<RowChunk>& chunk) {
    try {
      for (std::size_t c = 0; c < target.columns.size(); ++c)
        encode.write(target.datasets[c], row_layout(target.columns[c], layout), target.columns[c].element,
                     {chunk->first}, chunk->columns[c], state_->library);
    } catch (const TraceError& problem) {
      throw TraceError(state_->unfinished() + ": " + problem.what());
    }
  });
  write(buffer);
  buffer.flush();
}

void RowsFile::complete() {
  try {
    state_->rows.clear();
    hdf5::flush(state_->file);
    if (!state_->file.reset()) throw TraceError("closing failed");
  } catch (const TraceError& problem) {
    throw TraceError(state_->unfinished() + ": " + problem.what());
  }
  give_name(state_->unfinished(), state_->path);
  state_->whole = true;
}

}  // namespace loopgate
