#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/model/change.hpp"
#include "core/model/score_model.hpp"
#include "core/trace/applicant_rows.hpp"
#include "core/types.hpp"

namespace loopgate {

enum class Compression : std::uint8_t { deflate, none, bitshuffle_lz4 };

/// epochs: one record a decision epoch, from which `expand` makes any replication's applicants again. applicants: these
/// too. replay: another word for epochs.
enum class TraceLevel : std::uint8_t { epochs, applicants, replay };

struct InputFile {
  std::string path;    ///< as the scenario names it
  std::string sha256;  ///< lower-case hex
};

constexpr std::uint64_t format_version = 1;

/// Everything of a trace that is known before the first epoch.
struct TraceLayout {
  std::string scenario_name;
  std::string scenario;           ///< YAML as written
  std::string scenario_resolved;  ///< YAML with every default and override
  Seed seed{};
  std::uint32_t n_replications = 1;
  std::uint32_t n_epochs = 1;
  std::vector<std::string> groups;       ///< [n_groups]
  std::vector<double> shares;            ///< [n_groups] of expected arrivals at the start
  std::vector<std::string> constraints;  ///< [n_residuals] residual names; may be empty
  std::vector<std::string> stages;       ///< [n_stages] names of the route's; empty without a route
  bool stage_scores = false;             ///< some stage sees other scores than the types' own
  std::vector<std::string> states;       ///< [n_states] names of what dynamics and interventions move; may be empty
  struct Agent {
    std::string label;
    bool randomised = false;               ///< has arm_probability
    bool explores = false;                 ///< has explored
    std::vector<double> arms;              ///< thresholds of a learner's arms; empty: it is not audited
    std::vector<std::string> arm_streams;  ///< names of what it averages
    std::uint32_t score_every = 0;         ///< epochs from one update of its score model to the next; 0: it stays
    Link link = Link::logistic;            ///< how that model's coefficients become scores
    double probability_error = 0.0;        ///< largest error of arm_probability
    double propensity_error = 0.0;         ///< largest error of propensity
  };
  std::vector<Agent> agents;
  std::vector<InputFile> inputs;
  std::vector<ApplicantType> types;           ///< empty for continuous laws
  std::vector<Time> arrival_times;            ///< where a file gives them; else empty
  std::vector<std::uint32_t> arrival_groups;  ///< of each; empty: drawn
  Interval score_range;                       ///< ends may be infinite
  ScoreModelReport score_model;               ///< empty where nothing was fitted
  Compression compression = Compression::deflate;
  TraceLevel level = TraceLevel::epochs;
  std::vector<Change> changes;   ///< what interventions do
  bool outcomes_mature = false;  ///< has matured and known_reward
  bool times_vary = false;       ///< has time: decisions fall at other times than 0, 1, 2, ...
  std::uint32_t arms_every = 0;  ///< epochs from one audit of the learners' arms to the next; 0: none is kept
  /// Level applicants: how many arrive in each epoch [n_epochs] of a replication, the same for every agent.
  std::function<std::vector<std::int64_t>(std::uint32_t replication)> arrivals;
  /// Level applicants with a route: how many decisions of applicants a replication has at most. Their number is then
  /// not known beforehand and differs between agents.
  std::function<std::uint64_t(std::uint32_t replication)> most_rows;
};

/// One epoch of one replication, as the trace keeps it. Spans are read during the call only.
struct EpochRecord {
  std::span<const double> threshold, arrived, accepted, succeeded, qualified;  ///< [n_groups]
  std::span<const double> composition, qualification_rate;                     ///< [n_groups] before the decision
  std::span<const double> state;                                               ///< [n_states] before the decision
  std::span<const double> explored;                                            ///< [n_groups] of the accepted
  double reward = undefined, expected_reward = undefined;
  std::span<const double> residual, expected_residual;   ///< [n_residuals]
  double arm_probability = undefined;                    ///< randomised agents
  double matured = undefined, known_reward = undefined;  ///< where outcomes take time or are lost
  double time = undefined;                               ///< of the decision
  double score_version = undefined;                      ///< score models that learn: updates before the decision
  // With a route: what happened at its stages in this epoch, all [n_stages x n_groups] row-major.
  std::span<const double> stage_threshold;                   ///< of the stage's decision
  std::span<const double> stage_arrived;                     ///< left the stage's queue: decided or gave up
  std::span<const double> stage_accepted, stage_left;        ///< of those; left: gave up
  std::span<const double> stage_succeeded, stage_qualified;  ///< of the accepted, of those who arrived
  std::span<const double> stage_lost;     ///< applications that ended here without being accepted for good
  std::span<const double> stage_waiting;  ///< at the stage after the decision
  std::span<const double>
      stage_wait;  ///< mean time of the decided until served (decided where nobody serves); NaN: none
  std::span<const double>
      stage_told;  ///< [n_stages] mean reward told to the stage's agent since the last epoch; NaN: none
};

/// What a learner held of its arms before the choice of one epoch, all [n_streams x n_arms]. Read during the call only.
struct ArmRecord {
  std::span<const double> count, mean, radius;
  std::span<const double> expected;  ///< what an infinite batch would give at this state
};

/// A score model that learns, as it is from the start or an update on. Read during the call only.
struct ScoreRecord {
  std::span<const double> coefficient;           ///< [n_terms]
  std::span<const double> mean_score, score_sd;  ///< [n_groups] of the population's types
  double auc = undefined, observed = undefined, pseudo = undefined, effective_sample_size = undefined,
         refitted = undefined;
};

/// Takes the epochs of one replication of one agent, in order.
class EpochSink {
 public:
  virtual ~EpochSink() = default;
  virtual void record(const EpochRecord& record) = 0;
  /// The arms of a learner, at epochs 0, n, 2n, ... of a layout with arms_every = n, each before its epoch's record.
  virtual void record_arms(const ArmRecord&) {}
  /// The score model at epochs 0, n, 2n, ... of an agent with score_every = n, each before its epoch's record.
  virtual void record_scores(const ScoreRecord&) {}
  /// Takes the applicants of the epochs, each epoch's before its record; null where they are not kept.
  virtual RowSink* rows() { return nullptr; }
  /// After the last epoch. seconds: processor time that the replication took.
  virtual void finish(double seconds) = 0;
};

}  // namespace loopgate
