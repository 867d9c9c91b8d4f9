#include "core/run/evaluate.hpp"

#include <numeric>

#include "core/error.hpp"
#include "core/run/maturity.hpp"

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
                        const ExpectedArrivals& expected, std::span<const double> selection_rate, double service_rate,
                        std::span<double> out) {
  const GroupRates selection{selection_rate, service_rate, counts.arrived, expected.arrived};
  if (!scenario.reads_outcomes) return residuals_of(scenario, parameters, {selection}, out);
  const OutcomeTable outcomes(counts, expected);
  residuals_of(scenario, parameters, {selection, outcomes.rates()}, out);
}

namespace {

double sum(std::span<const double> x) { return std::accumulate(x.begin(), x.end(), 0.0); }

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
  const std::span<const double> shares = composition.shares();
  for (std::size_t g = 0; g < selection_rate.size(); ++g) {
    const Response response = accepted_of(answers, composition, g, threshold[g], exploration);
    selection_rate[g] = response.acceptance;
    service += shares[g] * response.acceptance;
    value += shares[g] * (response.accepted_success * parameters.utility.success +
                          (response.acceptance - response.accepted_success) * parameters.utility.failure);
  }
  const GroupRates selection{selection_rate, service, shares, shares};
  if (!scenario.reads_outcomes) {
    residuals_of(scenario, parameters, {selection}, residual);
    return value;
  }
  OutcomeTable outcomes(selection_rate.size());
  for (std::size_t g = 0; g < selection_rate.size(); ++g) {
    const Response response = accepted_of(answers, composition, g, threshold[g], exploration);
    const double qualification = answers.qualification_rate(composition, static_cast<GroupId>(g));
    outcomes.add(g, shares[g], {1.0, response.acceptance, response.accepted_success, qualification});
    outcomes.expect(g, shares[g], shares[g] * qualification);
  }
  residuals_of(scenario, parameters, {selection, outcomes.rates()}, residual);
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
  const double all = sum(accepted), good = sum(succeeded), bad = sum(failed);
  if (good + bad == all) return realised_reward(utility_, accepted, succeeded, 0.0, arrived);
  return MaturityDraw::reward_of(good, bad, all, arrived, utility_);
}

void DecisionRules::residuals(std::span<const double> arrived, std::span<const double> accepted,
                              std::span<double> out) const {
  LOOPGATE_EXPECT(scenario_.problem.rates_suffice && out.size() == scenario_.problem.n_residuals());
  LOOPGATE_EXPECT(shares_.size() == arrived.size());
  const auto ratio = [](double part, double whole) { return whole > 0.0 ? part / whole : undefined; };
  rate_.resize(arrived.size());
  for (std::size_t g = 0; g < rate_.size(); ++g) rate_[g] = ratio(accepted[g], arrived[g]);
  const DecisionRates rates{{rate_, ratio(sum(accepted), sum(arrived)), arrived, shares_}};
  std::size_t done = 0;
  for (std::size_t i = 0; done < out.size(); ++i) {
    const std::size_t n = scenario_.constraints[i]->n_residuals();
    scenario_.constraints[i]->residuals(rates, parameters_.constraints[i], out.subspan(done, n));
    done += n;
  }
}

void tell_explored(std::span<const double> arrived, std::span<const double> accepted, std::span<const double> explored,
                   Feedback& feedback) {
  feedback.arrived = sum(arrived);
  feedback.explored = sum(explored);
  feedback.below = feedback.arrived - sum(accepted) + feedback.explored;
}

}  // namespace loopgate
