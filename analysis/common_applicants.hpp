#pragma once

#include <string>
#include <vector>

#include "core/trace/trace_reader.hpp"

namespace loopgate {

// Two traces have common applicants when their resolved scenarios are the same but for name, agents, constraints,
// interventions on these, the number of replications and epochs, and what the trace keeps: then epoch t of replication
// r, where both have it, met the same people in both, as far as the decisions let it. Each difference is one line,
// `environment.arrivals.size: 200 in a.h5, 100 in b.h5`; none: an empty list.

std::vector<std::string> applicant_differences(const TraceReader& a, const TraceReader& b);
std::vector<std::string> constraint_differences(const TraceReader& a, const TraceReader& b);

/// What a file keeps of the scenario it came from.
struct ScenarioRecord {
  std::string path;      ///< of the file
  std::string resolved;  ///< its /scenario_resolved
  std::vector<ApplicantType> types;
};
ScenarioRecord record_of(const TraceReader& trace);

/// Differences of what is expected of one threshold over a run: as above, but seed and fidelity may differ too, and
/// constraints and the number of epochs may not.
std::vector<std::string> world_differences(const ScenarioRecord& a, const ScenarioRecord& b);

}  // namespace loopgate
