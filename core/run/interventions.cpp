#include "core/run/interventions.hpp"

#include <cmath>

namespace loopgate {

namespace {

void set_shares(const Change& change, Time now, Composition& composition) {
  std::vector<std::pair<GroupId, double>> some;
  for (const Change::Value& value : change.values)
    some.emplace_back(static_cast<GroupId>(value.index), value.at(now, change));
  composition.set_shares(shares_with(composition.shares(), some));
}

void set_number(const Change& change, std::uint32_t i, double value, const Changeable& to) {
  switch (change.target) {
    case Change::Target::utility:
      (i == 0 ? to.parameters.utility.success : to.parameters.utility.failure) = value;
      break;
    case Change::Target::constraint:
      to.parameters.constraints[change.owner][i] = value;
      break;
    case Change::Target::dynamics:
      to.parameters.dynamics[change.owner][i] = value;
      break;
    case Change::Target::score_mean:
      to.composition.set_score_mean(static_cast<GroupId>(i), value);
      break;
    case Change::Target::score_shift:
      to.composition.set_score_shift(static_cast<GroupId>(i), value);
      break;
    case Change::Target::success_shift:
      to.composition.set_success_shift(static_cast<GroupId>(i), value);
      break;
    case Change::Target::arrivals:
      to.parameters.arrivals[i] = value;
      break;
    case Change::Target::outcomes:
      to.parameters.lost = value;
      break;
    case Change::Target::stage_threshold:
      to.parameters.stages[change.owner].threshold[i] = value;
      break;
    case Change::Target::stage_capacity:
      to.parameters.stages[change.owner].capacity = static_cast<std::uint32_t>(std::floor(value + 0.5));
      break;
    case Change::Target::stage_cost:
      to.parameters.stages[change.owner].cost = value;
      break;
    case Change::Target::agent:
    case Change::Target::stage_agent:
      if (to.agent != nullptr) to.agent->set_parameter(i, value);
      break;
    case Change::Target::shares:
      break;  // all at once: set_shares
  }
}

}  // namespace

void apply(const Change& change, Time now, const Changeable& to) {
  if (change.target == Change::Target::shares) return set_shares(change, now, to.composition);
  for (const Change::Value& value : change.values) set_number(change, value.index, value.at(now, change), to);
}

}  // namespace loopgate
