#pragma once

#include <span>
#include <vector>

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// What thresholds give in the infinite batch at a scenario's start, before anything moves. Rates are NaN where nobody
/// is meant.
struct StaticOutcome {
  std::vector<double> acceptance;      ///< [n_groups]
  std::vector<double> true_positive;   ///< [n_groups] of those who would succeed, the accepted share
  std::vector<double> false_positive;  ///< [n_groups] of those who would fail, the accepted share
  std::vector<double> precision;       ///< [n_groups] of the accepted, the share who succeed
  double rate = 0.0;                   ///< accepted share of all
  double reward = 0.0;                 ///< utility per applicant
};
/// threshold: [n_groups].
StaticOutcome static_outcome(const Scenario& scenario, std::span<const double> threshold);

}  // namespace loopgate
