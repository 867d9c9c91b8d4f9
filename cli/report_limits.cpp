#include <algorithm>

#include "cli/report_content.hpp"

namespace loopgate::cli {

namespace {

/// When the decisions of these epochs fall; where that depends on arrivals, the mean over replications.
std::vector<Time> decision_times(const TraceReader& trace, const Scenario& scenario,
                                 const std::vector<std::uint32_t>& epochs) {
  std::vector<Time> times;
  if (scenario.clock.kind != Clock::Kind::arrivals) {
    for (const std::uint32_t epoch : epochs) times.push_back(decision_time(scenario, epoch));
    return times;
  }
  const std::string& agent = trace.agents.front();  // all decide at the same times
  const std::vector<std::int64_t> written = trace.epochs_written(agent);
  std::vector<RunningMean> mean(epochs.size());
  for (std::uint32_t r = 0; r < trace.n_replications; ++r) {
    if (written[r] <= epochs.front()) continue;
    const auto end = static_cast<std::uint32_t>(std::min<std::int64_t>(written[r], epochs.back() + 1));
    const std::vector<double> all = trace.read(agent, "time", r, epochs.front(), end);
    for (std::size_t i = 0; i < epochs.size() && epochs[i] < end; ++i) mean[i].add(all[epochs[i] - epochs.front()]);
  }
  for (const RunningMean& one : mean) times.push_back(one.value());
  return times;
}

LimitLine line_of(const std::string& label, const Course& course, const std::vector<Time>& times) {
  LimitLine line{label, {}, {}};
  for (std::size_t i = 0; i < times.size(); i += 2) {
    line.first.push_back(course.at(times[i]));
    line.last.push_back(course.at(times[i + 1]));
  }
  return line;
}

}  // namespace

double LimitLine::held() const {
  const auto same = [this](double value) { return value == first.front(); };
  return std::ranges::all_of(first, same) && std::ranges::all_of(last, same) ? first.front() : undefined;
}

Limits limits_of(const TraceReader& trace, const Scenario& scenario, const Node& settings, const EpochBins& bins) {
  Limits out;
  const Node* constraints = settings.find("constraints");
  if (constraints == nullptr) return out;
  std::vector<std::uint32_t> ends;  // first and last epoch of each bin
  for (std::size_t b = 0; b < bins.size(); ++b) ends.insert(ends.end(), {bins.bin(b).begin, bins.bin(b).end - 1});
  const std::vector<Time> times = decision_times(trace, scenario, ends);
  const auto course = [&](const Node& constraint, const std::string& key) {
    return Course(constraint.number(key), scenario.changes, constraint.path + "." + key);
  };
  if (const Node* parity = constraints->find("demographic_parity")) {
    out.parity_tolerance = course(*parity, "tolerance");
    out.parity_pooled = parity->string("pairs") == "pooled";
    for (std::size_t m = 0; m < trace.constraints.size(); ++m)
      if (trace.constraints[m].starts_with("demographic_parity:")) out.parity_residuals.push_back(m);
    out.parity.push_back(line_of("tolerance", out.parity_tolerance, times));
  }
  if (const Node* service = constraints->find("service_rate"))
    for (const char* key : {"floor", "ceiling"})
      if (service->has(key)) out.service.push_back(line_of(key, course(*service, key), times));
  return out;
}

}  // namespace loopgate::cli
