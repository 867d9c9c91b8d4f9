#include "analysis/metric_rows.hpp"

#include <algorithm>
#include <cmath>

namespace loopgate {

MetricValue of_each_run(const std::string& metric, const std::string& basis, const std::string& subject,
                        std::vector<double> values) {
  MetricValue row;
  row.metric = metric;
  row.basis = basis;
  row.subject = subject;
  row.values = std::move(values);
  std::vector<double> defined;
  std::ranges::copy_if(row.values, std::back_inserter(defined), [](double x) { return !std::isnan(x); });
  row.estimate = t_interval(defined, 0.95);
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
