#include "core/trace/row_columns.hpp"

#include <algorithm>
#include <cstdio>

#include "core/trace/file_parts.hpp"

namespace loopgate {

std::vector<RowColumn> row_columns(const TraceLayout& layout, const TraceLayout::Agent& agent) {
  using Content = RowColumn::Content;
  using hdf5::Element;
  const std::size_t n_types = layout.types.size();
  std::vector<RowColumn> columns{{Content::group, "group", Element::uint8, "index of the applicant's group"}};
  if (n_types > 0)
    columns.push_back({Content::type, "type",
                       n_types <= 256     ? Element::uint8
                       : n_types <= 65536 ? Element::uint16
                                          : Element::uint32,
                       agent.score_every > 0 ? "index of the applicant's type"
                                             : "index of the applicant's type; her score is /inputs/score[type]"});
  const bool by_stage = layout.stage_scores || (agent.score_every > 0 && !layout.stages.empty());
  if (n_types == 0 || by_stage)
    columns.push_back(
        {Content::score, "score", Element::float64, layout.stages.empty() ? "score" : "score, as the stage sees it"});
  else if (agent.score_every > 0)
    columns.push_back({Content::type_score, "score", Element::float64, "score by the model of that epoch"});
  columns.push_back({Content::accepted, "accepted", Element::uint8,
                     !layout.stages.empty() ? "1 iff accepted at the stage"
                     : agent.explores       ? "1 iff score >= threshold, or accepted below it by chance"
                                            : "1 iff score >= threshold"});
  columns.push_back({Content::success, "success", Element::uint8, "potential outcome: 1 iff a success if accepted"});
  if (agent.randomised)
    columns.push_back({Content::propensity, "propensity", Element::float64,
                       "probability with which the agent's random choice accepts this score", agent.propensity_error});
  if (layout.stages.empty()) return columns;
  columns.push_back({Content::stage, "stage", Element::uint8, "index of the stage that decided"});
  columns.push_back({Content::arrived_at, "arrived_at", Element::float64, "time at which she came to the stage"});
  columns.push_back({Content::decided_at, "decided_at", Element::float64, "time of the decision"});
  return columns;
}

hdf5::Layout row_layout(const RowColumn& column, hdf5::Layout layout) noexcept {
  const bool plain = layout == hdf5::Layout::deflated && column.content == RowColumn::Content::score;
  return plain ? hdf5::Layout::chunked : layout;
}

std::string row_group_name(std::uint32_t replication) {
  char name[16];
  std::snprintf(name, sizeof name, "r%04u", replication);
  return name;
}

RowDatasets create_rows(const hdf5::Handle& file, const hdf5::Handle& epoch, const hdf5::Handle& applicants,
                        std::uint32_t replication, std::vector<RowColumn> columns, std::span<const std::int64_t> rows,
                        std::uint64_t room, const RowDatasets* shared, hdf5::Layout layout) {
  RowDatasets out;
  out.group = hdf5::create_group(applicants, row_group_name(replication));
  out.columns = std::move(columns);
  hdf5::hard_link(file, "epoch", out.group);
  const hdf5::Handle row = hdf5::create_dimension(out.group, "row", room);
  if (shared != nullptr) {
    hdf5::hard_link(shared->group, "rows", out.group);
  } else {
    out.rows = hdf5::create_integers(out.group, "rows", rows);
    hdf5::attach_scales(out.rows, {&epoch});
    describe_dataset(out.rows, "applicants of each epoch; their rows follow one another");
    hdf5::set_attribute(out.rows, "sample_dimension", std::string("row"));  // CF: contiguous ragged array
  }
  for (const RowColumn& column : out.columns) {
    hdf5::Storage storage{row_layout(column, layout), {std::clamp<std::uint64_t>(room, 1, chunk_rows)}, true};
    hdf5::Handle dataset = hdf5::create_numbers(out.group, column.name, column.element, {room}, storage);
    hdf5::attach_scales(dataset, {&row});
    describe_dataset(dataset, column.meaning);
    if (column.content == RowColumn::Content::propensity)
      hdf5::set_attribute(dataset, "absolute_error", column.absolute_error);
    out.datasets.push_back(std::move(dataset));
  }
  return out;
}

RowDatasets open_rows(const hdf5::Handle& applicants, std::uint32_t replication, std::vector<RowColumn> columns) {
  RowDatasets out;
  out.group = hdf5::open_group(applicants, row_group_name(replication));
  out.columns = std::move(columns);
  out.rows = hdf5::open_dataset(out.group, "rows");
  for (const RowColumn& column : out.columns) out.datasets.push_back(hdf5::open_dataset(out.group, column.name));
  return out;
}

}  // namespace loopgate
