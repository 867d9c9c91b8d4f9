#include "core/run/evaluate.hpp"

namespace loopgate {

void residuals_of(const Scenario& scenario, const DecisionRates& rates, std::span<double> out) {
  std::size_t done = 0;
  for (const auto& constraint : scenario.constraints) {
    constraint->residuals(rates, out.subspan(done));
    done += constraint->n_residuals();
  }
}

double expected_outcome(const Scenario& scenario, LawAnswers& answers, const Composition& composition,
                        std::span<const double> threshold, std::span<double> selection_rate,
                        std::span<double> residual) {
  double service = 0.0, value = 0.0;
  for (std::size_t g = 0; g < selection_rate.size(); ++g) {
    const Response& response = answers.respond(composition, static_cast<GroupId>(g), threshold[g]);
    const double share = composition.shares()[g];
    selection_rate[g] = response.acceptance;
    service += share * response.acceptance;
    value += share * (response.accepted_success * scenario.utility.success +
                      (response.acceptance - response.accepted_success) * scenario.utility.failure);
  }
  residuals_of(scenario, {selection_rate, service}, residual);
  return value;
}

void state_values(const Scenario& scenario, const Composition& composition, std::span<double> out) {
  for (std::size_t s = 0; s < out.size(); ++s) {
    const StateEntry& entry = scenario.states[s];
    out[s] = entry.kind == StateEntry::Kind::share ? composition.shares()[index(entry.group)]
                                                   : composition.score_means()[index(entry.group)];
  }
}

}  // namespace loopgate
