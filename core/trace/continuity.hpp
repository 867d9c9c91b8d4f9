#pragma once

#include "core/trace/trace_layout.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate {

// What must be as it was where a program goes on with what another, or an earlier start of it, has written.

/// TraceError, telling both versions, where the trace is of another results version or tells none. cannot: what then
/// cannot be done; expected: what the user can do.
void check_results_version(const TraceReader& trace, const std::string& cannot, const std::string& expected);

/// Reads a `.partial` and changes nothing. TraceError, naming all that differs, unless results version, resolved
/// scenario and the bytes of every data file are those of the layout.
void check_resumable(const TraceReader& partial, const TraceLayout& layout);

}  // namespace loopgate
