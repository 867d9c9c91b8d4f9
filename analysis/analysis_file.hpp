#pragma once

#include <atomic>
#include <string>

#include "analysis/analysis.hpp"

namespace loopgate {

/// Writes an analysis and the series of its metrics over the window, as docs/analysis-file.md describes them: by way of
/// path + ".partial", replacing what is there. Reads the trace again, in pieces. False where `interrupted` was set:
/// then nothing is written. TraceError if that fails.
bool save_analysis(const std::string& path, const TraceReader& trace, const Analysis& analysis,
                   const std::atomic<bool>& interrupted);

}  // namespace loopgate
