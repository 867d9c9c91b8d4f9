#pragma once

#include "analysis/analysis.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate::cli {

void print_analysis_table(const TraceReader& trace, const Analysis& analysis);  ///< the main numbers, for people
void print_analysis_csv(const Analysis& analysis);                              ///< one line a number

}  // namespace loopgate::cli
