#include "verify/verify.hpp"

#include <array>
#include <cmath>

#include "verify/cases.hpp"

namespace loopgate {

namespace {

constexpr std::array environment_keys{"population", "score_model", "arrivals", "utility", "outcomes", "dynamics"};

/// `utility.failure=-10` as `environment.utility.failure=-10`.
std::string in_full(const std::string& change) {
  const std::string first = change.substr(0, change.find_first_of(".="));
  const bool inside = std::ranges::find(environment_keys, first) != environment_keys.end();
  return inside ? "environment." + change : change;
}

}  // namespace

bool KnownAnswer::passes() const noexcept {
  return std::isnan(standard_error) ? std::abs(got - expected) <= tolerance : std::abs(z()) <= largest_z;
}

Verification::Verification(const Catalog& catalog, const DataFiles& files, std::vector<std::string> overrides)
    : catalog_(catalog), files_(files), overrides_(std::move(overrides)) {
  for (std::string& change : overrides_) change = in_full(change);
}

Scenario Verification::build(const std::string& yaml) const {
  Diagnostics diagnostics;
  Scenario scenario = build_scenario(yaml, "verify", overrides_, catalog_, files_, diagnostics);
  diagnostics.throw_if_any();
  return scenario;
}

void Verification::rounded(std::string quantity, double expected, double got, int digits) {
  constexpr double room = 1.0 + 1e-6;  // for an answer that lies on the edge and was rounded the other way
  exact(std::move(quantity), expected, got, 0.5 * std::pow(10.0, -digits) * room, digits);
}

void Verification::exact(std::string quantity, double expected, double got, double tolerance, int digits) {
  answers_.push_back({std::move(quantity), expected, got, tolerance, undefined, digits});
}

void Verification::estimated(std::string quantity, double expected, double got, double standard_error, int digits) {
  answers_.push_back({std::move(quantity), expected, got, undefined, standard_error, digits});
}

std::span<const VerificationCase> verification_cases() {
  static const std::array all{
      threshold_world_case(),    fico_case(),           compas_case(),         compas_rows_case(),
      german_credit_rows_case(), applicant_pool_case(), retention_case(),      qualification_case(),
      replicator_case(),         performative_case(),   delayed_impact_case(), credit_clusters_case(),
      strategic_case(),          queues_case(),         agents_case(),         metrics_case(),
      loop_measures_case()};
  return all;
}

}  // namespace loopgate
