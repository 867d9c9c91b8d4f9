#include "core/run/simulation.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "core/run/count_draw.hpp"
#include "core/run/individual_draw.hpp"

namespace loopgate {

namespace {

std::unique_ptr<EpochDraw> make_draw(const Scenario& scenario, Replication replication, LawAnswers& answers,
                                     RowSink* rows) {
  switch (scenario.fidelity) {
    case Fidelity::individuals:
      return std::make_unique<IndividualDraw>(answers, scenario.seed, replication, laws_of(scenario.states), rows);
    case Fidelity::counts:
      return std::make_unique<CountDraw>(answers, scenario.seed, replication);
    case Fidelity::mean_field:
      return std::make_unique<MeanFieldDraw>(answers);
  }
  return nullptr;
}

double ratio(double part, double whole) { return whole > 0.0 ? part / whole : undefined; }

}  // namespace

Simulation::Simulation(const Scenario& scenario, std::size_t agent, Replication replication, EpochSink& sink)
    : scenario_(scenario),
      sink_(sink),
      composition_(scenario.law->start()),
      answers_(*scenario.law),
      rows_(sink.rows()),
      draw_(make_draw(scenario, replication, answers_, rows_)),
      agent_(scenario.agents.at(agent).factory->make(scenario.problem)),
      agent_rng_(scenario.seed, replication, Stream::agent(scenario.agents.at(agent).label)),
      arrivals_rng_(scenario.seed, replication, Stream::arrivals()),
      threshold_(scenario.problem.n_groups(), undefined),
      counts_(scenario.problem.n_groups()),
      rate_(scenario.problem.n_groups()),
      state_(scenario.states.size()),
      qualification_(scenario.problem.n_groups()),
      residual_(scenario.problem.n_residuals()),
      expected_residual_(scenario.problem.n_residuals()),
      audited_(scenario.arms_every > 0 ? agent_->arms() : std::vector<double>{}) {}

bool Simulation::run(const std::atomic<bool>& stop, std::atomic<std::uint64_t>& progress) {
  scheduler_.schedule(0.0, EventKind::decision_epoch);
  while (const auto event = scheduler_.pop_until(scenario_.n_epochs)) {
    switch (event->kind) {
      case EventKind::decision_epoch:
        if (stop.load(std::memory_order_relaxed)) return false;
        decide();
        progress.fetch_add(1, std::memory_order_relaxed);
        break;
      case EventKind::composition_update:
        evolve();
        break;
      case EventKind::intervention:
      case EventKind::outcome_due:
      case EventKind::score_update:
      case EventKind::checkpoint:
        LOOPGATE_EXPECT(!"an event that nothing schedules");
        break;
    }
  }
  return true;
}

void Simulation::decide() {
  epoch_ = static_cast<std::uint32_t>(scheduler_.now());
  if (scenario_.arms_every > 0 && epoch_ % scenario_.arms_every == 0 && !audited_.empty()) audit();
  agent_rng_.begin_epoch(epoch_);
  agent_->choose({epoch_, scheduler_.now()}, agent_rng_, threshold_);
  if (rows_ != nullptr) announce_rows();
  const double n = arrive();
  draw_->tally(composition_, threshold_, epoch_, n, counts_);
  evaluate(n);
  expect();
  record();
  agent_->learn({epoch_, scheduler_.now(), scheduler_.now(), threshold_, reward_, residual_, {}, {}, {}, {}});
  scheduler_.replace_top(scheduler_.now() + 1.0, EventKind::decision_epoch);
  if (!scenario_.dynamics.empty()) scheduler_.schedule(scheduler_.now() + 1.0, EventKind::composition_update);
}

void Simulation::announce_rows() {
  if (!agent_->randomised()) return rows_->begin_epoch(nullptr);
  agent_->choice_law(choice_threshold_, choice_probability_);
  propensity_.set(choice_threshold_, choice_probability_);
  rows_->begin_epoch(&propensity_);
}

void Simulation::evolve() {
  const EpochTally tally{counts_.arrived, counts_.accepted, counts_.succeeded, counts_.qualified};
  for (const auto& rule : scenario_.dynamics) rule->evolve(tally, composition_);
}

double Simulation::arrive() {
  if (scenario_.fidelity == Fidelity::mean_field) return scenario_.arrivals->mean();
  arrivals_rng_.begin_epoch(epoch_);
  return scenario_.arrivals->draw(arrivals_rng_);
}

/// What the batch gave: NaN where nobody arrived.
void Simulation::evaluate(double n) {
  for (std::size_t g = 0; g < rate_.size(); ++g) rate_[g] = ratio(counts_.accepted[g], counts_.arrived[g]);
  const double accepted = std::accumulate(counts_.accepted.begin(), counts_.accepted.end(), 0.0);
  residuals_of({rate_, ratio(accepted, n)}, residual_);
  reward_ = reward_of(counts_.accepted, counts_.succeeded, n);
}

void Simulation::expect() {
  for (std::size_t g = 0; g < qualification_.size(); ++g)
    qualification_[g] = answers_.qualification_rate(composition_, static_cast<GroupId>(g));
  expected_reward_ = expect(threshold_, expected_residual_);
}

/// The reward of an infinite batch at this state, and its residuals.
double Simulation::expect(std::span<const double> threshold, std::vector<double>& residual) {
  double service = 0.0, value = 0.0;
  for (std::size_t g = 0; g < rate_.size(); ++g) {
    const Response& response = answers_.respond(composition_, static_cast<GroupId>(g), threshold[g]);
    const double share = composition_.shares()[g];
    rate_[g] = response.acceptance;
    service += share * response.acceptance;
    value += share * (response.accepted_success * scenario_.utility.success +
                      (response.acceptance - response.accepted_success) * scenario_.utility.failure);
  }
  residuals_of({rate_, service}, residual);
  return value;
}

/// What the learner holds of its arms, beside what each would give now.
void Simulation::audit() {
  agent_->beliefs(beliefs_);
  const std::size_t n_arms = audited_.size(), n_streams = beliefs_.count.size() / n_arms;
  std::vector<double> threshold(threshold_.size()), residual(expected_residual_.size()), value(n_streams);
  audit_expected_.resize(n_streams * n_arms);
  for (std::size_t k = 0; k < n_arms; ++k) {
    std::ranges::fill(threshold, audited_[k]);
    const double reward = expect(threshold, residual);
    agent_->stream_values(reward, residual, value);
    for (std::size_t s = 0; s < n_streams; ++s) audit_expected_[s * n_arms + k] = value[s];
  }
  sink_.record_arms({beliefs_.count, beliefs_.mean, beliefs_.radius, audit_expected_});
}

double Simulation::reward_of(std::span<const double> accepted, std::span<const double> succeeded,
                             double arrived) const {
  double value = 0.0;
  for (std::size_t g = 0; g < accepted.size(); ++g)
    value += succeeded[g] * scenario_.utility.success + (accepted[g] - succeeded[g]) * scenario_.utility.failure;
  return ratio(value, arrived);
}

void Simulation::residuals_of(const DecisionRates& rates, std::vector<double>& out) const {
  std::span<double> rest = out;
  std::size_t done = 0;
  for (const auto& constraint : scenario_.constraints) {
    constraint->residuals(rates, rest.subspan(done));
    done += constraint->n_residuals();
  }
}

void Simulation::record() {
  for (std::size_t s = 0; s < state_.size(); ++s) {
    const StateEntry& entry = scenario_.states[s];
    state_[s] = entry.kind == StateEntry::Kind::share ? composition_.shares()[index(entry.group)]
                                                      : composition_.score_means()[index(entry.group)];
  }
  EpochRecord now;
  now.threshold = threshold_;
  now.arrived = counts_.arrived;
  now.accepted = counts_.accepted;
  now.succeeded = counts_.succeeded;
  now.qualified = counts_.qualified;
  now.composition = composition_.shares();
  now.qualification_rate = qualification_;
  now.state = state_;
  now.reward = reward_;
  now.expected_reward = expected_reward_;
  now.residual = residual_;
  now.expected_residual = expected_residual_;
  now.arm_probability = agent_->arm_probability();
  sink_.record(now);
}

}  // namespace loopgate
