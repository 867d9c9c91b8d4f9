#pragma once

#include "analysis/analysis.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate::cli {

/// A metric for people: mean and half-width of its interval, with the worst pair; empty where there is no such row.
std::string cell(const std::vector<MetricValue>& rows, const std::string& metric, const std::string& basis,
                 const std::string& view = "", const std::string& subject = "");

void print_analysis_table(const TraceReader& trace, const Analysis& analysis);  ///< the main numbers, for people
void print_analysis_csv(const Analysis& analysis);                              ///< one line a number

}  // namespace loopgate::cli
