#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/trace/trace_layout.hpp"

namespace loopgate {

/// What one epoch of a dataset holds, beside replication and epoch.
enum class Inner : std::uint8_t { none, group, constraint, state, stage, stage_group };

/// Sizes of the dimensions after replication and epoch; one of 0 where the layout has none of it.
std::vector<std::size_t> inner_dims(Inner inner, const TraceLayout& layout);
std::size_t inner_size(Inner inner, const TraceLayout& layout);  ///< numbers an epoch

/// One per-epoch dataset of an agent.
struct EpochColumn {
  const char* name;
  Inner inner;
  const char* meaning;
  std::span<const double> (*value)(const EpochRecord&);
  /// Whether an agent of a layout has it; null: always.
  bool (*kept)(const TraceLayout::Agent&, const TraceLayout&) = nullptr;
};

extern const std::array<EpochColumn, 28> epoch_columns;

/// One dataset of a learner's audited arms.
struct ArmColumn {
  const char* name;
  const char* meaning;
  std::span<const double> (*value)(const ArmRecord&);
};

extern const std::array<ArmColumn, 4> arm_columns;

/// One dataset of the records of a score model that learns.
struct ScoreColumn {
  enum class Inner : std::uint8_t { none, group, term } inner;
  const char* name;
  const char* meaning;
  std::span<const double> (*value)(const ScoreRecord&);
};

extern const std::array<ScoreColumn, 8> score_columns;

}  // namespace loopgate
