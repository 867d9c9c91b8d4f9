#include "core/run/evaluate.hpp"

#include <numeric>

#include "core/error.hpp"
#include "core/run/maturity.hpp"
#include "core/run/outcome_table.hpp"

namespace loopgate {

void residuals_of(const Scenario& scenario, const ParameterValues& parameters, const DecisionRates& rates,
                  std::span<double> out) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < scenario.constraints.size(); ++i) {
    scenario.constraints[i]->residuals(rates, parameters.constraints[i], out.subspan(done));
    done += scenario.constraints[i]->n_residuals();
  }
}

void realised_residuals(const Scenario& scenario, const ParameterValues& parameters, const Counts& counts,
                        std::span<const double> selection_rate, double service_rate, std::span<double> out) {
  if (!scenario.reads_outcomes) return residuals_of(scenario, parameters, {selection_rate, service_rate}, out);
  const OutcomeTable outcomes(counts);
  residuals_of(scenario, parameters, {selection_rate, service_rate, outcomes.rates()}, out);
}

namespace {

/// Those at or above the threshold, and those below it whom exploration accepts.
Response accepted_of(LawAnswers& answers, const Composition& composition, std::size_t g, double threshold,
                     std::span<const Exploration> exploration) {
  const Response& above = answers.respond(composition, static_cast<GroupId>(g), threshold);
  if (exploration.empty()) return above;
  const Response at = above;  // the next answer may move it
  const Response more = answers.explored(composition, static_cast<GroupId>(g), threshold, *of_group(exploration, g));
  return {at.acceptance + more.acceptance, at.accepted_success + more.accepted_success};
}

}  // namespace

double expected_outcome(const Scenario& scenario, const ParameterValues& parameters, LawAnswers& answers,
                        const Composition& composition, std::span<const double> threshold,
                        std::span<double> selection_rate, std::span<double> residual,
                        std::span<const Exploration> exploration) {
  double service = 0.0, value = 0.0;
  for (std::size_t g = 0; g < selection_rate.size(); ++g) {
    const Response response = accepted_of(answers, composition, g, threshold[g], exploration);
    const double share = composition.shares()[g];
    selection_rate[g] = response.acceptance;
    service += share * response.acceptance;
    value += share * (response.accepted_success * parameters.utility.success +
                      (response.acceptance - response.accepted_success) * parameters.utility.failure);
  }
  if (!scenario.reads_outcomes) {
    residuals_of(scenario, parameters, {selection_rate, service}, residual);
    return value;
  }
  OutcomeTable outcomes(selection_rate.size());
  for (std::size_t g = 0; g < selection_rate.size(); ++g) {
    const Response response = accepted_of(answers, composition, g, threshold[g], exploration);
    outcomes.add(g, composition.shares()[g],
                 {1.0, response.acceptance, response.accepted_success,
                  answers.qualification_rate(composition, static_cast<GroupId>(g))});
  }
  residuals_of(scenario, parameters, {selection_rate, service, outcomes.rates()}, residual);
  return value;
}

double realised_reward(const Utility& utility, std::span<const double> accepted, std::span<const double> succeeded,
                       double cost, double arrived) noexcept {
  double value = 0.0;
  for (std::size_t g = 0; g < accepted.size(); ++g)
    value += succeeded[g] * utility.success + (accepted[g] - succeeded[g]) * utility.failure;
  return arrived > 0.0 ? (value - cost) / arrived : undefined;
}

double DecisionRules::reward(double arrived, std::span<const double> accepted, std::span<const double> succeeded,
                             std::span<const double> failed) const {
  const auto sum = [](std::span<const double> x) { return std::accumulate(x.begin(), x.end(), 0.0); };
  const double all = sum(accepted), good = sum(succeeded), bad = sum(failed);
  if (good + bad == all) return realised_reward(utility_, accepted, succeeded, 0.0, arrived);
  return MaturityDraw::reward_of(good, bad, all, arrived, utility_);
}

void DecisionRules::residuals(const DecisionRates& rates, std::span<double> out) const {
  LOOPGATE_EXPECT(scenario_.problem.rates_suffice && out.size() == scenario_.problem.n_residuals());
  std::size_t done = 0;
  for (std::size_t i = 0; done < out.size(); ++i) {
    const std::size_t n = scenario_.constraints[i]->n_residuals();
    scenario_.constraints[i]->residuals(rates, parameters_.constraints[i], out.subspan(done, n));
    done += n;
  }
}

void tell_explored(std::span<const double> arrived, std::span<const double> accepted, std::span<const double> explored,
                   Feedback& feedback) {
  const auto sum = [](std::span<const double> x) { return std::accumulate(x.begin(), x.end(), 0.0); };
  feedback.arrived = sum(arrived);
  feedback.explored = sum(explored);
  feedback.below = feedback.arrived - sum(accepted) + feedback.explored;
}

}  // namespace loopgate
