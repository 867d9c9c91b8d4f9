#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/model/score_model.hpp"
#include "core/types.hpp"

namespace loopgate {

enum class Compression : std::uint8_t { none, deflate };

struct InputFile {
  std::string path;    ///< as the scenario names it
  std::string sha256;  ///< lower-case hex
};

/// Everything of a trace that is known before the first epoch.
struct TraceLayout {
  std::string scenario_name;
  std::string scenario;           ///< YAML as written
  std::string scenario_resolved;  ///< YAML with every default and override
  Seed seed{};
  std::uint32_t n_replications = 1;
  std::uint32_t n_epochs = 1;
  std::vector<std::string> groups;       ///< [n_groups]
  std::vector<std::string> constraints;  ///< [n_residuals] residual names; may be empty
  std::vector<std::string> states;       ///< [n_states] names of what the dynamics move; may be empty
  struct Agent {
    std::string label;
    bool randomised = false;  ///< has arm_probability
  };
  std::vector<Agent> agents;
  std::vector<InputFile> inputs;
  std::vector<ApplicantType> types;  ///< empty for continuous laws
  ScoreModelReport score_model;      ///< empty where nothing was fitted
  Compression compression = Compression::deflate;
};

/// One epoch of one replication, as the trace keeps it. Spans are read during the call only.
struct EpochRecord {
  std::span<const double> threshold, arrived, accepted, succeeded, qualified;  ///< [n_groups]
  std::span<const double> composition, qualification_rate;                     ///< [n_groups] before the decision
  std::span<const double> state;                                               ///< [n_states] before the decision
  double reward = undefined, expected_reward = undefined;
  std::span<const double> residual, expected_residual;  ///< [n_residuals]
  double arm_probability = undefined;                   ///< randomised agents
};

/// Takes the epochs of one replication of one agent, in order.
class EpochSink {
 public:
  virtual ~EpochSink() = default;
  virtual void record(const EpochRecord& record) = 0;
  /// After the last epoch. seconds: processor time that the replication took.
  virtual void finish(double seconds) = 0;
};

}  // namespace loopgate
