#include "core/trace/row_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "core/error.hpp"

namespace loopgate {

namespace {

template <class To>
void narrow(std::span<const std::uint32_t> from, unsigned char* to) noexcept {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto value = static_cast<To>(from[i]);
    std::memcpy(to + i * sizeof(To), &value, sizeof(To));
  }
}

template <class Value>
void copy(std::span<const Value> from, unsigned char* to) noexcept {
  std::memcpy(to, from.data(), from.size_bytes());
}

}  // namespace

RowBuffer::RowBuffer(std::vector<RowColumn> columns, std::uint64_t n_rows, const std::vector<ApplicantType>& types,
                     Write write)
    : columns_(std::move(columns)),
      n_rows_(n_rows),
      chunk_rows_(std::clamp<std::uint64_t>(n_rows, 1, loopgate::chunk_rows)),
      types_(types),
      write_(std::move(write)) {
  start(0);
}

void RowBuffer::start(std::uint64_t first) {
  held_ = pool_.take([this] {
    RowChunk chunk;
    for (const RowColumn& column : columns_) chunk.columns.emplace_back(chunk_rows_ * hdf5::size_of(column.element));
    return chunk;
  });
  held_->first = first;
  held_->n = 0;
}

void RowBuffer::append(const ApplicantRows& rows) {
  LOOPGATE_EXPECT(n_appended() + rows.size() <= n_rows_);
  for (std::size_t from = 0; from < rows.size();) {
    const std::size_t n = std::min<std::size_t>(rows.size() - from, chunk_rows_ - held_->n);
    put(rows, from, n);
    held_->n += n;
    from += n;
    if (held_->n < chunk_rows_) continue;
    const std::uint64_t next = held_->first + held_->n;
    write_(std::move(held_));
    start(next);
  }
}

void RowBuffer::flush() {
  if (held_->n == 0) return;
  const std::shared_ptr<RowChunk> sent = held_;
  start(sent->first);
  held_->n = sent->n;
  held_->columns = sent->columns;
  write_(sent);
}

void RowBuffer::put(const ApplicantRows& rows, std::size_t from, std::size_t n) {
  using Content = RowColumn::Content;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    unsigned char* to = &held_->columns[c][held_->n * hdf5::size_of(columns_[c].element)];
    switch (columns_[c].content) {
      case Content::group:
        copy(rows.group.subspan(from, n), to);
        break;
      case Content::type:
        if (columns_[c].element == hdf5::Element::uint8) narrow<std::uint8_t>(rows.type.subspan(from, n), to);
        else if (columns_[c].element == hdf5::Element::uint16) narrow<std::uint16_t>(rows.type.subspan(from, n), to);
        else copy(rows.type.subspan(from, n), to);
        break;
      case Content::score:
        copy(rows.score.subspan(from, n), to);
        break;
      case Content::type_score:
        for (std::size_t i = 0; i < n; ++i) {
          const double value = score_of(rows, from + i, types_);
          std::memcpy(to + i * sizeof(double), &value, sizeof(double));
        }
        break;
      case Content::accepted:
        copy(rows.accepted.subspan(from, n), to);
        break;
      case Content::success:
        copy(rows.success.subspan(from, n), to);
        break;
      case Content::propensity:
        for (std::size_t i = 0; i < n; ++i) {
          const double value = propensity_ == nullptr
                                   ? rows.accepted[from + i]
                                   : (*propensity_)(rows.group[from + i], score_of(rows, from + i, types_));
          std::memcpy(to + i * sizeof(double), &value, sizeof(double));
        }
        break;
      case Content::stage:
        copy(rows.stage.subspan(from, n), to);
        break;
      case Content::arrived_at:
        copy(rows.arrived_at.subspan(from, n), to);
        break;
      case Content::decided_at:
        copy(rows.decided_at.subspan(from, n), to);
        break;
    }
  }
}

void write_rows(const RowDatasets& datasets, const RowChunk& chunk) {
  for (std::size_t c = 0; c < datasets.columns.size(); ++c)
    hdf5::write_chunk(datasets.datasets[c], {chunk.first}, chunk.columns[c]);
}

}  // namespace loopgate
