#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/trace/hdf5_file.hpp"
#include "core/trace/trace_layout.hpp"

namespace loopgate {

/// One dataset of applicants: a value each.
struct RowColumn {
  enum class Content : std::uint8_t {
    group,
    type,
    score,
    type_score,
    accepted,
    success,
    propensity,
    stage,
    arrived_at,
    decided_at
  };
  Content content;
  const char* name;
  hdf5::Element element;
  const char* meaning;
  double absolute_error = 0.0;  ///< of propensity
};

constexpr std::uint64_t chunk_rows = 65536;

/// The columns that an agent's applicants have: `type` for finite populations, with `score` where a score model learns,
/// and `score` for the others and where stages have scores of their own; `propensity` for randomised agents, since the
/// others accept with probability 0 or 1; `stage`, `arrived_at` and `decided_at` with a route.
std::vector<RowColumn> row_columns(const TraceLayout& layout, const TraceLayout::Agent& agent);

/// How a column is stored in a file of this layout: scores are not deflated, since all but a sixteenth of their bits
/// are random, and deflating them would take longer than everything else.
hdf5::Layout row_layout(const RowColumn& column, hdf5::Layout layout) noexcept;

std::string row_group_name(std::uint32_t replication);  ///< r0000, r0001, ...

/// The row datasets of one replication of one agent.
struct RowDatasets {
  hdf5::Handle group;
  std::vector<RowColumn> columns;
  std::vector<hdf5::Handle> datasets;  ///< one a column, one-dimensional
  hdf5::Handle rows;                   ///< [n_epochs]
};

/// Lays out `applicants/r<replication>` below an agent's group: dimension `row`, `epoch` (the dataset that the file has
/// at its root), `rows` [n_epochs] and one dataset a column [room]. rows: applicants of each epoch; room: at least
/// their sum, since more may come; shared: the group of another agent in the same file whose `rows` is linked instead
/// of written again, or null.
RowDatasets create_rows(const hdf5::Handle& file, const hdf5::Handle& epoch, const hdf5::Handle& applicants,
                        std::uint32_t replication, std::vector<RowColumn> columns, std::span<const std::int64_t> rows,
                        std::uint64_t room, const RowDatasets* shared, hdf5::Layout layout);
RowDatasets open_rows(const hdf5::Handle& applicants, std::uint32_t replication, std::vector<RowColumn> columns);

}  // namespace loopgate
