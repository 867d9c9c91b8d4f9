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
  double reward = undefined;          ///< by the objective; utility per applicant
  std::vector<double> path_reward;    ///< [n_epochs] expected, from the scenario's start, by mean field
  std::vector<double> path_residual;  ///< [n_epochs x n_residuals] same
};

/// The comparator of a sweep, followed over the scenario's horizon. EXPECTs a sweep of which something came.
Comparator comparator_of(const Scenario& scenario, const OracleSettings& settings, const OracleResult& result);

/// Writes the sweep and the comparator: by way of path + ".partial", replacing what is there. TraceError if that fails.
void save_oracle(const std::string& path, const Scenario& scenario, const OracleSettings& settings,
                 const OracleResult& result);

/// Reads the comparator back. TraceError where the file is none of save_oracle.
Comparator load_comparator(const std::string& path);

}  // namespace loopgate
