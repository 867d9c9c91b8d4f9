#include "environments/register_environments.hpp"

#include "environments/arrivals/arrivals.hpp"
#include "environments/arrivals/given_times.hpp"
#include "environments/arrivals/poisson_process.hpp"
#include "environments/constraints/constraints.hpp"
#include "environments/delays/delays.hpp"
#include "environments/dynamics/applicant_pool.hpp"
#include "environments/dynamics/attention_allocation.hpp"
#include "environments/dynamics/best_response.hpp"
#include "environments/dynamics/credit_ladder.hpp"
#include "environments/dynamics/drift.hpp"
#include "environments/dynamics/dynamics.hpp"
#include "environments/dynamics/performative_shift.hpp"
#include "environments/dynamics/qualification.hpp"
#include "environments/dynamics/replicator.hpp"
#include "environments/dynamics/retention.hpp"
#include "environments/populations/finite_law.hpp"
#include "environments/populations/parametric.hpp"
#include "environments/populations/score_table.hpp"
#include "environments/populations/tabular.hpp"
#include "environments/score_models/column.hpp"
#include "environments/score_models/identity.hpp"
#include "environments/score_models/logistic_regression.hpp"
#include "environments/score_models/retrained.hpp"

namespace loopgate {

void register_environments(Catalog& catalog) {
  catalog.populations.add(describe_parametric(), make_parametric);
  catalog.populations.add(describe_score_table(), make_score_table);
  catalog.populations.add(describe_tabular(), make_tabular);
  catalog.score_models.add(describe_identity(), make_identity);
  catalog.score_models.add(describe_column(), make_column);
  catalog.score_models.add(describe_logistic_regression(), make_logistic_regression);
  catalog.score_models.add(describe_retrained(), make_retrained);
  catalog.arrivals.add(describe_batch(), make_batch);
  catalog.arrivals.add(describe_poisson(), make_poisson);
  catalog.arrivals.add(describe_poisson_process(), make_poisson_process);
  catalog.arrivals.add(describe_times(), make_times);
  catalog.delays.add(describe_fixed_delay(), make_fixed_delay);
  catalog.delays.add(describe_exponential_delay(), make_exponential_delay);
  catalog.delays.add(describe_lognormal_delay(), make_lognormal_delay);
  catalog.delays.add(describe_weibull_delay(), make_weibull_delay);
  catalog.delays.add(describe_table_delay(), make_table_delay);
  catalog.dynamics.add(describe_acceptance_share(), make_acceptance_share);
  catalog.dynamics.add(describe_acceptance_ratio(), make_acceptance_ratio);
  catalog.dynamics.add(describe_score_mean(), make_score_mean);
  catalog.dynamics.add(describe_applicant_pool(), make_applicant_pool);
  catalog.dynamics.add(describe_attention_allocation(), make_attention_allocation);
  catalog.dynamics.add(describe_best_response(), make_best_response);
  catalog.dynamics.add(describe_credit_ladder(), make_credit_ladder);
  catalog.dynamics.add(describe_drift(), make_drift);
  catalog.dynamics.add(describe_performative_shift(), make_performative_shift);
  catalog.dynamics.add(describe_qualification(), make_qualification);
  catalog.dynamics.add(describe_replicator(), make_replicator);
  catalog.dynamics.add(describe_retention(), make_retention);
  catalog.constraints.add(describe_demographic_parity(), make_demographic_parity);
  catalog.constraints.add(describe_service_rate(), make_service_rate);
  catalog.constraints.add(describe_equal_opportunity(), make_equal_opportunity);
  catalog.constraints.add(describe_false_positive_parity(), make_false_positive_parity);
  catalog.constraints.add(describe_equalised_odds(), make_equalised_odds);
  catalog.constraints.add(describe_qualification_gap(), make_qualification_gap);
  catalog.constraints.add(describe_capacity(), make_capacity);
  catalog.given_times = arrivals_at;
  catalog.finite_law = [](std::vector<std::string> groups, std::vector<double> shares, std::vector<ApplicantType> types,
                          Interval range) {
    return std::make_shared<const FiniteLaw>(std::move(groups), std::move(shares), std::move(types), range);
  };
}

}  // namespace loopgate
