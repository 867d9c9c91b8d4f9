#pragma once

#include "verify/verify.hpp"

namespace loopgate {

VerificationCase threshold_world_case();
VerificationCase fico_case();
VerificationCase compas_case();
VerificationCase compas_rows_case();
VerificationCase german_credit_rows_case();
VerificationCase applicant_pool_case();
VerificationCase retention_case();
VerificationCase qualification_case();
VerificationCase replicator_case();
VerificationCase performative_case();
VerificationCase strategic_case();
VerificationCase delayed_impact_case();
VerificationCase credit_clusters_case();
VerificationCase queues_case();
VerificationCase agents_case();
VerificationCase metrics_case();
VerificationCase loop_measures_case();

}  // namespace loopgate
