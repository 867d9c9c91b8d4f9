#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "analysis/mixture.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate {

/// What "best" means. stationary: where the loop comes to rest under the threshold. horizon: the mean over the
/// scenario's epochs from its own start.
enum class Objective : std::uint8_t { stationary, horizon };

struct OracleSettings {
  Objective objective = Objective::stationary;
  Fidelity fidelity = Fidelity::mean_field;  ///< mean_field or counts
  unsigned n_threads = 1;                    ///< the result does not depend on it
  std::function<void(std::size_t)> report;   ///< told how many arms are done, a few times a second; may be empty
};

/// feasible: every residual <= limit_tolerance. undecided: the loop does not come to rest, so there is nothing to
/// judge. no_value: a residual never has a value, and no other one is broken.
enum class Feasibility : std::uint8_t { feasible, infeasible, undecided, no_value };

/// A state of the loop at rest, and what it gives.
struct Equilibrium {
  std::vector<double> state;  ///< [n_states]
  double reward = undefined;
  std::vector<double> residual;  ///< [n_residuals]
  double spectral_radius = undefined;
};

/// One common threshold held for ever, and what comes of it. All rewards and residuals are expected ones: rates are
/// replaced by their probabilities at each state that is visited.
struct ArmOutcome {
  double threshold = undefined;
  double reward = undefined;             ///< utility per applicant; NaN: undecided
  std::vector<double> residual;          ///< [n_residuals] over the epochs where defined; NaN: in none, or undecided
  std::vector<double> undefined_share;   ///< [n_residuals] of the epochs averaged; NaN: undecided
  double reward_half_width = undefined;  ///< 95 % t interval across replications; NaN: mean_field, or one replication
  std::vector<double> residual_half_width;  ///< [n_residuals] same
  Feasibility verdict = Feasibility::undecided;
  bool unsure = false;                 ///< the verdict would be another at an end of the residuals' intervals, or there
                                       ///< are none, from one replication
  std::vector<double> state;           ///< [n_states] stationary mean_field: where it rests; else the last epoch's mean
  double spectral_radius = undefined;  ///< of the map there; NaN: nothing moves, or not stationary mean_field
  unsigned period = 0;                 ///< undecided: length of the cycle that the loop ended in; 0: none was found
  std::vector<Equilibrium> others;     ///< stationary mean_field: other states of rest, found from other starts
  double reward_now = undefined;       ///< at the scenario's start, before anything has moved or been changed
  std::vector<double> residual_now;    ///< [n_residuals] same

  std::size_t worst() const;        ///< index of the largest defined residual; 0: there is none
  double worst_residual() const;    ///< NaN without constraints, if undecided, or where one is undefined
  double summed_violation() const;  ///< sum of the residuals' positive parts; NaN where one is undefined
};

/// Arms first..last of the sweep, all feasible, none feasible beside them.
struct FeasibleRun {
  std::size_t first, last;
};

struct OracleResult {
  std::vector<ArmOutcome> sweep;               ///< [n_arms] by increasing threshold
  double tolerance = 0.0;                      ///< a residual up to here counts as satisfied: room for rounding
  Seed seed{};                                 ///< counts: of the replications, never the scenario's
  std::uint32_t n_replications = 0;            ///< counts; else 0
  std::uint32_t tail_begin = 0, tail_end = 0;  ///< epochs averaged; equal: the state of rest itself
  std::size_t n_starts = 1;                    ///< stationary mean_field: starts tried for each arm
  std::vector<FeasibleRun> feasible;           ///< empty: nothing is feasible
  std::optional<std::size_t> best;             ///< largest reward of the feasible; the lowest threshold of equals
  std::optional<std::size_t> unconstrained;    ///< largest reward of all
  std::optional<std::size_t> least_violating;  ///< smallest worst residual, then largest reward, of the arms of which
                                               ///< all are defined; only without `best`
  std::optional<std::size_t>
      myopic;       ///< largest reward at the start of those feasible there, else least violating there, of the same
  Mixture mixture;  ///< long stretches of arms, each at its own outcome
};

/// The arms of all learners of a scenario: increasing, without repeats; empty if no agent has arms.
std::vector<double> learners_arms(const Scenario& scenario);

/// The closed-loop sweep of common thresholds (increasing, [n_arms] >= 1). stationary by counts averages the second
/// half of the horizon, and EXPECTs a world that interventions do not change. counts: the scenario's number of
/// replications, from oracle_seed, the same for every arm.
OracleResult sweep_thresholds(const Scenario& scenario, std::span<const double> thresholds,
                              const OracleSettings& settings);

/// What a common threshold held from the scenario's start is expected to give in each epoch, by mean field: reward
/// [n_epochs] and residual [n_epochs x n_residuals] are overwritten.
void expected_path(const Scenario& scenario, double threshold, std::vector<double>& reward,
                   std::vector<double>& residual);

/// Another seed than the given one, a function of it alone: < 2^53, so that it survives JSON.
Seed oracle_seed(Seed seed);

}  // namespace loopgate
