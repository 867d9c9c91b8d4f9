#include "verify/static_outcome.hpp"

namespace loopgate {

StaticOutcome static_outcome(const Scenario& scenario, std::span<const double> threshold) {
  const auto ratio = [](double part, double whole) { return whole > 0.0 ? part / whole : undefined; };
  const Composition start = scenario.law->start();
  const Utility& worth = scenario.start.utility;
  StaticOutcome out;
  for (std::size_t g = 0; g < threshold.size(); ++g) {
    const Response r = scenario.law->respond(start, static_cast<GroupId>(g),
                                             least_accepted(threshold[g], scenario.law->score_tolerance()));
    const double qualified = scenario.law->qualification_rate(start, static_cast<GroupId>(g));
    const double failures = r.acceptance - r.accepted_success;
    out.acceptance.push_back(r.acceptance);
    out.true_positive.push_back(ratio(r.accepted_success, qualified));
    out.false_positive.push_back(ratio(failures, 1.0 - qualified));
    out.precision.push_back(ratio(r.accepted_success, r.acceptance));
    out.rate += start.shares()[g] * r.acceptance;
    out.reward += start.shares()[g] * (worth.success * r.accepted_success + worth.failure * failures);
  }
  return out;
}

}  // namespace loopgate
