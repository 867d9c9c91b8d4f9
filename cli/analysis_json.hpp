#pragma once

#include <nlohmann/json.hpp>

#include "analysis/analysis.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate::cli {

/// All of an analysis as docs/analyze-json.md describes it.
nlohmann::ordered_json analysis_json(const TraceReader& trace, const Analysis& analysis);

}  // namespace loopgate::cli
