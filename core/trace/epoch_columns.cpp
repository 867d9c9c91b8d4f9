#include "core/trace/epoch_columns.hpp"

namespace loopgate {

namespace {

using Record = const EpochRecord&;
template <double EpochRecord::*member>
std::span<const double> scalar(Record r) {
  return {&(r.*member), 1};
}

}  // namespace

const std::array<EpochColumn, 16> epoch_columns{{
    {"threshold", Inner::group, "accepted iff score >= threshold (score units)", [](Record r) { return r.threshold; }},
    {"arrived", Inner::group, "applicants", [](Record r) { return r.arrived; }},
    {"accepted", Inner::group, "accepted applicants", [](Record r) { return r.accepted; }},
    {"succeeded", Inner::group, "accepted applicants whose outcome is a success", [](Record r) { return r.succeeded; }},
    {"qualified", Inner::group, "applicants whose potential outcome is a success",
     [](Record r) { return r.qualified; }},
    {"composition", Inner::group, "share of expected arrivals before the decision",
     [](Record r) { return r.composition; }},
    {"qualification_rate", Inner::group, "qualified share of the group before the decision",
     [](Record r) { return r.qualification_rate; }},
    {"state", Inner::state, "what the dynamics move, before the decision", [](Record r) { return r.state; }},
    {"reward", Inner::none, "utility of the batch / arrivals; NaN if nobody arrived", scalar<&EpochRecord::reward>},
    {"expected_reward", Inner::none, "reward of an infinite batch at this state",
     scalar<&EpochRecord::expected_reward>},
    {"residual", Inner::constraint, "signed constraint residual, met iff <= 0; NaN if undefined",
     [](Record r) { return r.residual; }},
    {"expected_residual", Inner::constraint, "residual of an infinite batch at this state",
     [](Record r) { return r.expected_residual; }},
    {"arm_probability", Inner::none, "probability with which the agent played this threshold",
     scalar<&EpochRecord::arm_probability>},
    {"matured", Inner::none, "time at which the agent was told the reward; NaN: never in this run",
     scalar<&EpochRecord::matured>},
    {"known_reward", Inner::none, "reward as the agent was told it, from the outcomes that are known; NaN: never told",
     scalar<&EpochRecord::known_reward>},
    {"time", Inner::none, "time of the decision", scalar<&EpochRecord::time>},
}};

const std::array<ArmColumn, 4> arm_columns{{
    {"count", "observations of the arm, as the learner weighs them", [](const ArmRecord& r) { return r.count; }},
    {"mean", "mean of what was observed; NaN: nothing", [](const ArmRecord& r) { return r.mean; }},
    {"radius", "half-width of the learner's confidence interval; infinite: nothing observed; NaN: it has none",
     [](const ArmRecord& r) { return r.radius; }},
    {"expected", "what an infinite batch would give for the arm at this state",
     [](const ArmRecord& r) { return r.expected; }},
}};

std::size_t inner_size(Inner inner, const TraceLayout& layout) noexcept {
  switch (inner) {
    case Inner::none:
      return 1;
    case Inner::group:
      return layout.groups.size();
    case Inner::constraint:
      return layout.constraints.size();
    case Inner::state:
      return layout.states.size();
  }
  return 0;
}

}  // namespace loopgate
