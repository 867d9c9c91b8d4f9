#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/model/score_learning.hpp"
#include "core/trace/trace_layout.hpp"
#include "core/types.hpp"

namespace loopgate {

/// A trace, complete or partial, opened for reading. TraceError where the file is none.
class TraceReader {
 public:
  explicit TraceReader(const std::string& path);
  TraceReader(TraceReader&&) noexcept;
  ~TraceReader();

  std::string path;  ///< as it was opened
  std::string scenario_name, scenario, scenario_resolved, program_version;
  std::string scenario_sha256, creation_time;            ///< of scenario_resolved; UTC
  std::optional<std::uint64_t> results;                  ///< results version of the program that wrote it, if told
  std::vector<InputFile> inputs;                         ///< data files that were read
  std::vector<std::string> groups, constraints, agents;  ///< agents: labels in the scenario's order
  std::vector<std::string> stages;                       ///< names of the route's; empty without a route
  std::vector<std::string> states;                       ///< names of what the dynamics move; may be empty
  std::uint32_t n_replications = 0, n_epochs = 0;
  std::uint32_t chunk_epochs = 1;  ///< reads between multiples of it unpack no chunk twice
  std::uint64_t seed = 0;
  bool complete = false;
  double wall_time = undefined;  ///< s; NaN while partial
  std::vector<double> seconds;   ///< [n_agents] processor time, summed over replications

  std::vector<double> shares() const;                 ///< [n_groups] of expected arrivals at the start
  std::vector<ApplicantType> types() const;           ///< empty for continuous populations
  std::vector<Time> arrival_times() const;            ///< where a file gave them; else empty
  std::vector<std::uint32_t> arrival_groups() const;  ///< of each, where the file gave them; else empty
  /// Score models that the agent's own has been, one from the start and one from each update; 0: it does not learn.
  std::size_t score_models(const std::string& agent) const;
  /// Of the types, where a score model learns; else null.
  std::shared_ptr<const TypeFeatures> features() const;
  Interval score_range() const;                                              ///< of all groups; ends may be infinite
  std::vector<std::int64_t> epochs_written(const std::string& agent) const;  ///< [n_replications]
  /// Of an agent with audited arms: the epochs of its audits, the names of the streams that it averages, and the arms'
  /// thresholds (score units).
  std::vector<std::int64_t> audited_epochs(const std::string& agent) const;
  std::vector<std::string> arm_streams(const std::string& agent) const;
  std::vector<double> arm_thresholds(const std::string& agent) const;
  bool has(const std::string& agent, const std::string& dataset) const;
  /// Epochs begin..end-1 of one replication, [end - begin x inner sizes] row-major; of `arms/...` audits begin..end-1,
  /// of `score_model/...` models.
  std::vector<double> read(const std::string& agent, const std::string& dataset, std::uint32_t replication,
                           std::uint32_t begin, std::uint32_t end) const;

 private:
  void check_kind() const;
  void read_layout();
  void read_inputs();

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loopgate
