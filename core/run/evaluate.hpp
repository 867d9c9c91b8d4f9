#pragma once

#include <span>

#include "core/run/epoch_draw.hpp"
#include "core/run/law_answers.hpp"
#include "core/run/outcome_table.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate {

/// The residuals of all constraints, in the scenario's order: out [n_residuals]. NaN where a rate is undefined.
void residuals_of(const Scenario& scenario, const ParameterValues& parameters, const DecisionRates& rates,
                  std::span<double> out);

/// The same of what came of an epoch; selection_rate [n_groups]: realised, NaN for a group without arrivals.
void realised_residuals(const Scenario& scenario, const ParameterValues& parameters, const Counts& counts,
                        const ExpectedArrivals& expected, std::span<const double> selection_rate, double service_rate,
                        std::span<double> out);

/// What thresholds [n_groups] give in the infinite batch at a state, every rate replaced by its probability: returns
/// the reward; selection_rate [n_groups] and residual [n_residuals] are overwritten.
double expected_outcome(const Scenario& scenario, const ParameterValues& parameters, LawAnswers& answers,
                        const Composition& composition, std::span<const double> threshold,
                        std::span<double> selection_rate, std::span<double> residual,
                        std::span<const Exploration> exploration = {});

/// What came of an epoch's decisions by this utility, less what they cost, for each of arrived; NaN where nobody is.
double realised_reward(const Utility& utility, std::span<const double> accepted, std::span<const double> succeeded,
                       double cost, double arrived) noexcept;

/// The rules of a decision, for agents that see its applicants. All outlive it but the utility.
class DecisionRules final : public Rules {
 public:
  /// shares [n_groups]: of expected arrivals at the decision; empty: residuals is not asked for.
  DecisionRules(const Scenario& scenario, const ParameterValues& parameters, const Utility& utility,
                std::span<const double> shares) noexcept
      : scenario_(scenario), parameters_(parameters), utility_(utility), shares_(shares) {}
  double reward(double arrived, std::span<const double> accepted, std::span<const double> succeeded,
                std::span<const double> failed) const override;
  void residuals(std::span<const double> arrived, std::span<const double> accepted,
                 std::span<double> out) const override;

 private:
  const Scenario& scenario_;
  const ParameterValues& parameters_;
  Utility utility_;
  std::span<const double> shares_;
  mutable std::vector<double> rate_;  ///< [n_groups] scratch
};

/// Tells an exploring agent what came of its exploring: counts [n_groups] of the epoch.
void tell_explored(std::span<const double> arrived, std::span<const double> accepted, std::span<const double> explored,
                   Feedback& feedback);

}  // namespace loopgate
