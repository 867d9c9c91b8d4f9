#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/trace/pool.hpp"
#include "core/trace/row_columns.hpp"

namespace loopgate {

/// Rows of one replication on their way to a file, a chunk at a time.
struct RowChunk {
  std::uint64_t first = 0;                          ///< row
  std::uint64_t n = 0;                              ///< rows held, at most chunk_rows
  std::vector<std::vector<unsigned char>> columns;  ///< one a RowColumn, whole chunks
};

/// Turns applicants into chunks of the file's columns. Chunks go out through `write` (a RowWriter's own), whole but for
/// the last and those that `flush` sends early; a chunk sent early is sent again when it is whole.
class RowBuffer final : public RowSink {
 public:
  using Write = std::function<void(std::shared_ptr<RowChunk>)>;
  /// n_rows: at most, of the replication. types: the file's, empty for continuous populations; outlives the buffer.
  RowBuffer(std::vector<RowColumn> columns, std::uint64_t n_rows, const std::vector<ApplicantType>& types, Write write);

  void begin_epoch(const AcceptPropensity* propensity) override { propensity_ = propensity; }
  void append(const ApplicantRows& rows) override;
  void flush();  ///< sends what is held
  std::uint64_t n_appended() const noexcept { return held_->first + held_->n; }

 private:
  void put(const ApplicantRows& rows, std::size_t from, std::size_t n);
  void start(std::uint64_t first);

  std::vector<RowColumn> columns_;
  std::uint64_t n_rows_, chunk_rows_;
  const std::vector<ApplicantType>& types_;
  Write write_;
  const AcceptPropensity* propensity_ = nullptr;
  std::shared_ptr<RowChunk> held_;
  Pool<RowChunk> pool_;
};

/// Puts a chunk where it belongs: its rows, padded to the dataset's chunk.
void write_rows(const RowDatasets& datasets, const RowChunk& chunk);

}  // namespace loopgate
