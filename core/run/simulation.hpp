#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "core/events/scheduler.hpp"
#include "core/run/arrival_log.hpp"
#include "core/run/epoch_draw.hpp"
#include "core/run/feedback_rows.hpp"
#include "core/run/flow.hpp"
#include "core/run/law_answers.hpp"
#include "core/run/live_scores.hpp"
#include "core/run/maturity.hpp"
#include "core/run/type_counts.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate {

/// One replication with one agent: the closed loop itself.
class Simulation {
 public:
  /// agent: index into scenario.agents. The scenario and the sink outlive the simulation.
  Simulation(const Scenario& scenario, std::size_t agent, Replication replication, EpochSink& sink);
  /// The scenario's world with an agent, fidelity and seed of its own: what-if runs. No learner is audited, and
  /// interventions on the scenario's agents do not concern this one.
  Simulation(const Scenario& scenario, std::unique_ptr<Agent> agent, Fidelity fidelity, Seed seed,
             Replication replication, EpochSink& sink);

  /// Runs to the horizon, or until stop is set, which is looked at once an epoch. Epochs done by others may be watched
  /// through progress (relaxed, one increment an epoch). True if the horizon was reached.
  bool run(const std::atomic<bool>& stop, std::atomic<std::uint64_t>& progress);

 private:
  static constexpr std::uint32_t foreign = static_cast<std::uint32_t>(-1);  ///< an agent that the scenario has not

  Simulation(const Scenario& scenario, const ScoreLearning* learning, std::unique_ptr<Agent> agent,
             std::uint32_t agent_index, Stream agent_stream, std::uint32_t arms_every, Fidelity fidelity, Seed seed,
             Replication replication, EpochSink& sink);

  void decide();
  void intervene(std::uint32_t change);
  void put_in_place(std::uint32_t change);
  void follow_ramps();
  void tell();
  void lose_seen();
  LiveScores::Decision decided() const;
  void await();
  void tell_late(std::uint32_t pending);
  void update_composition();
  void evolve(std::uint32_t epoch);
  void end_epoch();

  void schedule_decision(Time at);
  Time end() const noexcept;
  Time decision_time(std::uint32_t epoch) const;
  void announce();
  void decide_all();
  void decide_route();
  double arrive();
  RowSink* row_sink();
  TypeTally* type_tally() noexcept;
  /// The composition as those who came met it.
  const Composition& met() { return came_ ? met_by_arrivals() : composition_; }
  const Composition& met_by_arrivals();
  ExpectedArrivals expected_arrivals();
  void evaluate(double n, double cost, const ExpectedArrivals& expected);
  void mature(double n);
  void expect();
  void audit();
  void record();

  const Scenario& scenario_;
  Fidelity fidelity_;
  EpochSink& sink_;
  Scheduler scheduler_;
  ParameterValues parameters_;
  Composition composition_;
  std::unique_ptr<Agent> agent_;
  LawAnswers answers_;
  RowSink* rows_;                         // takes every applicant, or null
  std::unique_ptr<FeedbackRows> seen_;    // takes them for the agent, or null
  std::unique_ptr<LiveScores> live_;      // of a score model that learns, or null
  std::unique_ptr<TypeCounter> by_type_;  // where a rule needs types, or null
  std::unique_ptr<Flow> flow_;            // with a route, or null
  std::unique_ptr<EpochDraw> draw_;
  std::uint32_t agent_index_;  // in scenario.agents, or foreign
  Rng agent_rng_, arrivals_rng_;
  const Batches* batches_;                // or
  std::optional<ArrivalLog> came_;        // in continuous time
  Composition met_;                       // composition_ with the shares of came_, where these are others
  std::vector<std::uint32_t> ramps_;      // changes that move, by index
  std::optional<EventId> next_decision_;  // where an intervention can put it off,
  std::optional<EventId> next_update_;    // and with it the score model's before it
  Time end_;                              // what is due from then on never happens
  Rng dynamics_rng_;
  double expected_arrivals_ = undefined;  // of the epoch, all groups

  std::uint32_t epoch_ = 0;
  std::vector<double> threshold_;  // [n_groups]
  Counts counts_;
  std::vector<double> rate_;                          // [n_groups] scratch: selection rates
  std::vector<double> state_;                         // [n_states]
  std::vector<double> qualification_;                 // [n_groups]
  std::vector<double> expected_qualified_;            // [n_groups] scratch: shares of arrivals
  std::vector<double> residual_, expected_residual_;  // [n_residuals]
  bool explores_;                                     // the agent accepts some below its threshold
  bool oracle_;                                       // the agent is told the law
  std::uint32_t arms_every_;                          // epochs between audits; 0: none
  std::vector<double> audited_;                       // [n_arms] thresholds of the learner's arms, or empty
  ArmBeliefs beliefs_;
  std::vector<double> audit_expected_;  // [n_streams x n_arms]
  AcceptPropensity propensity_;         // of a randomised agent, where rows or the score model ask for it
  double reward_ = undefined, expected_reward_ = undefined;
  std::optional<MaturityDraw> maturity_;  // where outcomes take time or are lost
  PendingRewards pending_;
  Maturity known_;
  Time matured_ = undefined;
  std::vector<double> no_residual_;  // [n_residuals] NaN
  EpochRecord record_;               // what an epoch has not stays undefined
};

}  // namespace loopgate
