#pragma once

#include <string>
#include <vector>

#include "analysis/trace_metrics.hpp"

namespace loopgate {

/// A number of each replication, values [n_replications analysed] (NaN: undefined); add_intervals is left to do.
MetricValue of_each_run(const std::string& metric, const std::string& basis, const std::string& subject,
                        std::vector<double> values);
/// A number of n replications together, which has no value of each and no interval.
MetricValue of_all_runs(const std::string& metric, const std::string& basis, const std::string& subject, double value,
                        std::size_t n);

}  // namespace loopgate
