#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/oracle_file.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate {

/// Where `loopgate oracle --save` of a trace's scenario puts its file by default, if that is the trace's folder:
/// NAME.h5 or NAME.h5.partial has NAME.oracle.h5.
std::string sidecar_beside(const std::string& trace_path);

/// What a trace is measured against: the comparator of the file `named`, or, where that is empty, of the file beside
/// the trace if there is one that fits; notes tell of the latter. A named one must fit: TraceError where it cannot be
/// read, ScenarioError where it is of another world, other constraints or another horizon, with every difference.
std::optional<Comparator> comparator_of(const TraceReader& trace, const std::string& named,
                                        std::vector<std::string>& notes);

}  // namespace loopgate
