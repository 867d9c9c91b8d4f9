#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/change.hpp"
#include "core/model/clock.hpp"
#include "core/model/outcomes.hpp"
#include "core/model/parameter.hpp"
#include "core/model/route.hpp"
#include "core/scenario/catalog.hpp"
#include "core/trace/trace_layout.hpp"

namespace loopgate {

/// One agent of a scenario; its label names it in the trace and alone decides its random numbers.
struct ScenarioAgent {
  std::string label;
  std::string type;
  std::unique_ptr<AgentFactory> factory;
  std::shared_ptr<const ScoreLearning> learning;  ///< of the score model in this agent's loop; null: it stays
};

/// A scenario that has been checked and built. Immutable: all threads share it.
struct Scenario {
  std::string name;
  Seed seed{};
  std::uint32_t n_replications = 0;
  std::uint32_t n_epochs = 0;
  Fidelity fidelity = Fidelity::individuals;
  FeedbackRegime feedback = FeedbackRegime::bandit;  ///< what agents are granted
  std::shared_ptr<const ApplicantLaw> law;
  std::unique_ptr<Arrivals> arrivals;
  Clock clock;
  ParameterValues start;  ///< before any intervention
  Outcomes outcomes;
  std::vector<std::unique_ptr<Dynamics>> dynamics;
  std::vector<std::unique_ptr<Constraint>> constraints;
  Route route;                     ///< without stages: one decision at once, by the agent, of everyone who comes
  std::vector<Change> changes;     ///< what interventions do, in the order in which it happens
  std::vector<StateEntry> states;  ///< what dynamics and interventions move, without repeats
  std::vector<std::string> residual_names;  ///< [n_residuals] those that agents are told first
  bool reads_outcomes = false;              ///< some constraint takes the outcomes of the rejected
  Problem problem;                          ///< as agents are told it
  std::vector<ScenarioAgent> agents;
  ScoreModelReport score_model;
  std::shared_ptr<const ScoreLearning> learning;  ///< as `environment.score_model` says; null: scores stay
  std::vector<InputFile> inputs;
  Compression compression = Compression::deflate;
  TraceLevel level = TraceLevel::epochs;
  std::uint32_t arms_every = 0;       ///< epochs between audits of the learners' arms; 0: none
  std::string text;                   ///< as written
  std::string resolved;               ///< with every default and override
  std::vector<std::string> warnings;  ///< what is allowed but hardly meant, a line each

  std::size_t n_residuals() const noexcept { return residual_names.size(); }
  /// Of residuals [n_residuals], those that agents are told: the first problem.n_residuals().
  std::span<const double> told(std::span<const double> residual) const noexcept {
    return residual.first(problem.n_residuals());
  }
  /// Whether interventions change more than agents: then the loop is not the same map at all times.
  bool world_changes() const noexcept;
};

/// What the agent of a stage is told before it starts.
Problem stage_problem(const Scenario& scenario, const Stage& stage);

/// What the scenario's agents are told before they start: with a route that of the first stage they decide.
Problem agent_problem(const Scenario& scenario);

/// [n_residuals] the values that residuals can take under these parameters.
std::vector<Interval> residual_ranges(const Scenario& scenario, const ParameterValues& parameters);
/// [n_residuals] the values that residuals can take at any time of a run, through all interventions. What agents are
/// told, in problem, is of the start.
std::vector<Interval> residual_ranges_ever(const Scenario& scenario);

/// All keys of a scenario, from the catalog's descriptions.
Schema scenario_schema(const Catalog& catalog);

/// Checks and builds a scenario. Every problem goes to diagnostics; where there was one the result must not be used.
/// overrides: `key.path=value`, applied in order before the check.
Scenario build_scenario(const std::string& text, const std::string& source, const std::vector<std::string>& overrides,
                        const Catalog& catalog, const DataFiles& files, Diagnostics& diagnostics);

/// Reads the file at path, builds the scenario with the data files that can be found from there; ScenarioError with all
/// problems.
Scenario load_scenario(const std::filesystem::path& path, const std::vector<std::string>& overrides,
                       const Catalog& catalog);

/// A finite population as a trace keeps it, so that no data file is needed to run it again.
struct RecordedPopulation {
  std::vector<std::string> groups;   ///< [n_groups]
  std::vector<double> shares;        ///< [n_groups] at the start
  std::vector<ApplicantType> types;  ///< empty: the population is a formula, and its scenario says all
  Interval score_range;
  std::vector<Time> arrival_times;               ///< where the scenario takes these from a file; else empty
  std::vector<std::uint32_t> arrival_groups;     ///< of each; empty: drawn
  std::shared_ptr<const TypeFeatures> features;  ///< of the types, where a score model learns; else null
};

/// Builds a scenario again from its resolved form. ScenarioError if it cannot be.
Scenario rebuild_scenario(const std::string& resolved, const std::string& source, const RecordedPopulation& population,
                          const Catalog& catalog);

/// Whether a rule moves populations, so that how many arrive depends on what was decided.
bool decisions_change_arrivals(const Scenario& scenario) noexcept;

/// How many individuals arrive in each epoch of a replication, whatever is decided: [n_epochs].
std::vector<std::int64_t> arrival_counts(const Scenario& scenario, Replication replication);

/// Expected applicants of an epoch, the mean over the run; without interventions.
double arrivals_of_epoch(const Scenario& scenario);

/// When decision `epoch` falls. NaN: not known beforehand, since it depends on arrivals.
Time decision_time(const Scenario& scenario, std::uint32_t epoch) noexcept;

/// Names of scenario.states: `share:GROUP`, `score_mean:GROUP`, `score_shift:GROUP`, `success_shift:GROUP`.
std::vector<std::string> state_names(const Scenario& scenario);

/// The trace's fixed part for a scenario, which must outlive it.
TraceLayout trace_layout(const Scenario& scenario);

}  // namespace loopgate
