#include "analysis/metric_rows.hpp"

#include <cmath>

namespace loopgate {

MetricValue of_each_run(const std::string& metric, const std::string& basis, const std::string& subject,
                        std::vector<double> values) {
  MetricValue row;
  row.metric = metric;
  row.basis = basis;
  row.subject = subject;
  row.values = std::move(values);
  return row;
}

MetricValue of_all_runs(const std::string& metric, const std::string& basis, const std::string& subject, double value,
                        std::size_t n) {
  MetricValue row;
  row.metric = metric;
  row.basis = basis;
  row.subject = subject;
  row.estimate = {value, undefined, undefined, std::isnan(value) ? 0 : n};
  return row;
}

}  // namespace loopgate
