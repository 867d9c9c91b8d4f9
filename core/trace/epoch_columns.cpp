#include "core/trace/epoch_columns.hpp"

namespace loopgate {

namespace {

using Record = const EpochRecord&;
template <double EpochRecord::*member>
std::span<const double> scalar(Record r) {
  return {&(r.*member), 1};
}

bool outcomes_mature(const TraceLayout::Agent&, const TraceLayout& layout) { return layout.outcomes_mature; }

}  // namespace

const std::array<EpochColumn, 28> epoch_columns{{
    {"threshold", Inner::group, "accepted iff score >= threshold (score units)", [](Record r) { return r.threshold; }},
    {"arrived", Inner::group, "applicants", [](Record r) { return r.arrived; }},
    {"accepted", Inner::group, "accepted applicants", [](Record r) { return r.accepted; }},
    {"succeeded", Inner::group, "accepted applicants whose outcome is a success", [](Record r) { return r.succeeded; }},
    {"qualified", Inner::group, "applicants whose potential outcome is a success",
     [](Record r) { return r.qualified; }},
    {"explored", Inner::group, "applicants accepted below the threshold, by chance",
     [](Record r) { return r.explored; },
     [](const TraceLayout::Agent& agent, const TraceLayout&) { return agent.explores; }},
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
     scalar<&EpochRecord::arm_probability>,
     [](const TraceLayout::Agent& agent, const TraceLayout&) { return agent.randomised; }},
    {"matured", Inner::none, "time at which the agent was told the reward; NaN: never in this run",
     scalar<&EpochRecord::matured>, outcomes_mature},
    {"known_reward", Inner::none, "reward as the agent was told it, from the outcomes that are known; NaN: never told",
     scalar<&EpochRecord::known_reward>, outcomes_mature},
    {"time", Inner::none, "time of the decision", scalar<&EpochRecord::time>,
     [](const TraceLayout::Agent&, const TraceLayout& layout) { return layout.times_vary; }},
    {"score_version", Inner::none, "updates of the score model before the decision: an index into score_model",
     scalar<&EpochRecord::score_version>,
     [](const TraceLayout::Agent& agent, const TraceLayout&) { return agent.score_every > 0; }},
    {"stage_threshold", Inner::stage_group, "threshold of the stage's decision (score units)",
     [](Record r) { return r.stage_threshold; }},
    {"stage_arrived", Inner::stage_group, "applicants who were decided at the stage or gave up there",
     [](Record r) { return r.stage_arrived; }},
    {"stage_accepted", Inner::stage_group, "accepted at the stage", [](Record r) { return r.stage_accepted; }},
    {"stage_left", Inner::stage_group, "gave up waiting at the stage", [](Record r) { return r.stage_left; }},
    {"stage_succeeded", Inner::stage_group, "accepted at the stage and a potential success",
     [](Record r) { return r.stage_succeeded; }},
    {"stage_qualified", Inner::stage_group, "of stage_arrived, those whose potential outcome is a success",
     [](Record r) { return r.stage_qualified; }},
    {"stage_lost", Inner::stage_group, "applications that ended at the stage without being accepted for good",
     [](Record r) { return r.stage_lost; }},
    {"stage_waiting", Inner::stage_group, "at the stage after the decision", [](Record r) { return r.stage_waiting; }},
    {"stage_wait", Inner::stage_group,
     "mean time from coming to the stage until served, or decided where nobody serves, of the decided; NaN: none",
     [](Record r) { return r.stage_wait; }},
    {"stage_told", Inner::stage, "mean reward that the stage's agent was told since the last epoch; NaN: none",
     [](Record r) { return r.stage_told; }},
}};

const std::array<ArmColumn, 4> arm_columns{{
    {"count", "observations of the arm, as the learner weighs them", [](const ArmRecord& r) { return r.count; }},
    {"mean", "mean of what was observed; NaN: nothing", [](const ArmRecord& r) { return r.mean; }},
    {"radius", "half-width of the learner's confidence interval; infinite: nothing observed; NaN: it has none",
     [](const ArmRecord& r) { return r.radius; }},
    {"expected", "what an infinite batch would give for the arm at this state",
     [](const ArmRecord& r) { return r.expected; }},
}};

namespace {

template <double ScoreRecord::*member>
std::span<const double> score_scalar(const ScoreRecord& r) {
  return {&(r.*member), 1};
}

}  // namespace

const std::array<ScoreColumn, 8> score_columns{{
    {ScoreColumn::Inner::term, "coefficient", "weight on the feature; NaN: the scores are not made of features",
     [](const ScoreRecord& r) { return r.coefficient; }},
    {ScoreColumn::Inner::group, "mean_score", "mean score of the population's group",
     [](const ScoreRecord& r) { return r.mean_score; }},
    {ScoreColumn::Inner::group, "score_sd", "standard deviation of the scores of the population's group",
     [](const ScoreRecord& r) { return r.score_sd; }},
    {ScoreColumn::Inner::none, "auc", "area under the ROC curve in the whole population, rejected or not",
     score_scalar<&ScoreRecord::auc>},
    {ScoreColumn::Inner::none, "observed", "outcomes of accepted applicants that the model holds",
     score_scalar<&ScoreRecord::observed>},
    {ScoreColumn::Inner::none, "pseudo", "labels made up for rejected applicants that the model holds",
     score_scalar<&ScoreRecord::pseudo>},
    {ScoreColumn::Inner::none, "effective_sample_size", "(sum w)^2 / sum w^2 over the labels in the fit; NaN: none",
     score_scalar<&ScoreRecord::effective_sample_size>},
    {ScoreColumn::Inner::none, "refitted", "1: a new model; 0: the start, or too little to learn from",
     score_scalar<&ScoreRecord::refitted>},
}};

std::vector<std::size_t> inner_dims(Inner inner, const TraceLayout& layout) {
  switch (inner) {
    case Inner::none:
      return {};
    case Inner::group:
      return {layout.groups.size()};
    case Inner::constraint:
      return {layout.constraints.size()};
    case Inner::state:
      return {layout.states.size()};
    case Inner::stage:
      return {layout.stages.size()};
    case Inner::stage_group:
      return {layout.stages.size(), layout.groups.size()};
  }
  return {0};
}

std::size_t inner_size(Inner inner, const TraceLayout& layout) {
  std::size_t size = 1;
  for (const std::size_t n : inner_dims(inner, layout)) size *= n;
  return size;
}

}  // namespace loopgate
