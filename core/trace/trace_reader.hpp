#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/types.hpp"

namespace loopgate {

/// Which arms of a learner a trace keeps; all empty where it keeps none.
struct ArmAudits {
  std::vector<std::int64_t> epochs;
  std::vector<std::string> streams;  ///< what the learner averages
  std::vector<double> arms;          ///< thresholds (score units)
};

/// A trace, complete or partial, opened for reading. TraceError where the file is none.
class TraceReader {
 public:
  explicit TraceReader(const std::string& path);
  TraceReader(TraceReader&&) noexcept;
  ~TraceReader();

  std::string path;  ///< as it was opened
  std::string scenario_name, scenario, scenario_resolved, program_version;
  std::vector<std::string> groups, constraints, agents;  ///< agents: labels in the scenario's order
  std::vector<std::string> states;                       ///< names of what the dynamics move; may be empty
  std::uint32_t n_replications = 0, n_epochs = 0;
  std::uint32_t chunk_epochs = 1;  ///< reads between multiples of it unpack no chunk twice
  std::uint64_t seed = 0;
  bool complete = false;
  double wall_time = undefined;  ///< s; NaN while partial
  std::vector<double> seconds;   ///< [n_agents] processor time, summed over replications

  std::vector<ApplicantType> types() const;                                  ///< empty for continuous populations
  Interval score_range() const;                                              ///< of all groups; ends may be infinite
  std::vector<std::int64_t> epochs_written(const std::string& agent) const;  ///< [n_replications]
  bool has(const std::string& agent, const std::string& dataset) const;
  ArmAudits arm_audits(const std::string& agent) const;
  /// Epochs begin..end-1 of one replication, [end - begin x inner size] row-major; of `arms/...`, audits begin..end-1,
  /// [end - begin x streams x arms].
  std::vector<double> read(const std::string& agent, const std::string& dataset, std::uint32_t replication,
                           std::uint32_t begin, std::uint32_t end) const;

 private:
  void check_kind() const;
  void read_layout();

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loopgate
