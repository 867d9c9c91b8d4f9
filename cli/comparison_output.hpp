#pragma once

#include <nlohmann/json.hpp>

#include "analysis/comparison.hpp"

namespace loopgate::cli {

// A comparison of these traces, for people and for programs (docs/compare-json.md).

void print_comparison_table(std::span<const TraceReader> traces, const ComparisonRequest& request,
                            const Comparison& comparison);
void print_comparison_csv(std::span<const TraceReader> traces, const ComparisonRequest& request,
                          const Comparison& comparison);  ///< notes go to stderr
nlohmann::ordered_json comparison_json(std::span<const TraceReader> traces, const ComparisonRequest& request,
                                       const Comparison& comparison);

}  // namespace loopgate::cli
