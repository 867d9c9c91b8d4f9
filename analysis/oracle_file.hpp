#pragma once

#include <string>
#include <vector>

#include "analysis/common_applicants.hpp"
#include "analysis/oracle.hpp"

namespace loopgate {

/// What a run is measured against: the best feasible fixed threshold, or the least violating one where none is.
struct Comparator {
  ScenarioRecord scenario;
  Objective objective = Objective::stationary;
  bool feasible = false;
  double threshold = undefined;
  double reward = undefined;  ///< by the objective; utility per applicant
};

/// The comparator of a sweep. EXPECTs a sweep of which something came.
Comparator comparator_of(const Scenario& scenario, const OracleSettings& settings, const OracleResult& result);

/// Writes the sweep, the comparator and what it is expected to give in each epoch from the scenario's start: by way of
/// path + ".partial", replacing what is there. TraceError if that fails.
void save_oracle(const std::string& path, const Scenario& scenario, const OracleSettings& settings,
                 const OracleResult& result);

/// The swept thresholds as save_oracle keeps them, by increasing threshold.
struct SavedSweep {
  Objective objective = Objective::stationary;
  Fidelity fidelity = Fidelity::mean_field;
  std::vector<double> threshold, reward, reward_half_width;  ///< [n_arms] NaN as in ArmOutcome
  std::vector<double> worst_residual;                        ///< [n_arms] NaN: undecided, undefined, or no constraints
  std::vector<double> feasible;  ///< [n_arms] 1, 0, or NaN: undecided or undefined, of which the reward tells
};

/// TraceError where the file is none of save_oracle.
SavedSweep load_sweep(const std::string& path);

/// Reads the comparator back. TraceError where the file is none of save_oracle.
Comparator load_comparator(const std::string& path);

/// What a loaded comparator is expected to give in epochs begin..end-1 where it has been held from the scenario's
/// start, by mean field: [end - begin]. TraceError where the file does not hold them.
std::vector<double> comparator_rewards(const Comparator& comparator, std::uint32_t begin, std::uint32_t end);

}  // namespace loopgate
