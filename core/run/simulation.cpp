#include "core/run/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.hpp"
#include "core/run/count_draw.hpp"
#include "core/run/evaluate.hpp"
#include "core/run/individual_draw.hpp"
#include "core/run/interventions.hpp"
#include "core/run/states.hpp"
#include "core/run/type_draw.hpp"

namespace loopgate {

namespace {

std::unique_ptr<EpochDraw> make_draw(const Scenario& scenario, Fidelity fidelity, Seed seed, Replication replication,
                                     LawAnswers& answers, RowSink* rows, TypeTally* by_type) {
  switch (fidelity) {
    case Fidelity::individuals:
      return std::make_unique<IndividualDraw>(answers, seed, replication, laws_of(scenario.states), rows);
    case Fidelity::counts:
      if (by_type != nullptr) return std::make_unique<TypeCountDraw>(*scenario.law, *by_type, seed, replication);
      return std::make_unique<CountDraw>(answers, seed, replication);
    case Fidelity::mean_field:
      if (by_type != nullptr) return std::make_unique<TypeMeanDraw>(*scenario.law, *by_type);
      return std::make_unique<MeanFieldDraw>(answers);
  }
  return nullptr;
}

std::unique_ptr<Flow> make_flow(const Scenario& scenario, Agent& agent, std::size_t agent_index, Seed seed,
                                Replication replication, LiveScores* live, RowSink* rows) {
  if (scenario.route.stages.empty()) return nullptr;
  LOOPGATE_EXPECT(agent_index < scenario.agents.size());  // other stages need agents of the same kind
  const ScenarioAgent& known = scenario.agents[agent_index];
  return std::make_unique<Flow>(scenario, agent, *known.factory, known.label, seed, replication, live, rows);
}

double ratio(double part, double whole) { return whole > 0.0 ? part / whole : undefined; }

}  // namespace

Simulation::Simulation(const Scenario& scenario, std::size_t agent, Replication replication, EpochSink& sink)
    : Simulation(scenario, scenario.agents.at(agent).learning.get(),
                 scenario.agents[agent].factory->make(agent_problem(scenario)), static_cast<std::uint32_t>(agent),
                 Stream::agent(scenario.agents[agent].label), scenario.arms_every, scenario.fidelity, scenario.seed,
                 replication, sink) {}

Simulation::Simulation(const Scenario& scenario, std::unique_ptr<Agent> agent, Fidelity fidelity, Seed seed,
                       Replication replication, EpochSink& sink)
    : Simulation(scenario, scenario.learning.get(), std::move(agent), foreign, Stream::agent("what-if"), 0, fidelity,
                 seed, replication, sink) {}

Simulation::Simulation(const Scenario& scenario, const ScoreLearning* learning, std::unique_ptr<Agent> agent,
                       std::uint32_t agent_index, Stream agent_stream, std::uint32_t arms_every, Fidelity fidelity,
                       Seed seed, Replication replication, EpochSink& sink)
    : scenario_(scenario),
      fidelity_(fidelity),
      sink_(sink),
      parameters_(scenario.start),
      composition_(scenario.law->start()),
      agent_(std::move(agent)),
      answers_(*scenario.law),
      rows_(sink.rows()),
      seen_(feedback_rows(*agent_, fidelity, *scenario.law, rows_)),
      live_(learning == nullptr
                ? nullptr
                : std::make_unique<LiveScores>(*learning, *scenario.law, seed, replication, fidelity, sink)),
      by_type_(type_counter(scenario.dynamics, *scenario.law, seen_ == nullptr ? rows_ : seen_.get())),
      flow_(make_flow(scenario, *agent_, agent_index, seed, replication, live_.get(), rows_)),
      draw_(make_draw(scenario, fidelity, seed, replication, answers_, row_sink(), type_tally())),
      agent_index_(agent_index),
      agent_rng_(seed, replication, agent_stream),
      arrivals_rng_(seed, replication, Stream::arrivals()),
      batches_(scenario.arrivals->batches()),
      end_(end()),
      dynamics_rng_(seed, replication, Stream::dynamics()),
      threshold_(scenario.problem.n_groups(), 0.0),
      counts_(scenario.problem.n_groups()),
      rate_(scenario.problem.n_groups()),
      state_(scenario.states.size()),
      qualification_(scenario.problem.n_groups()),
      expected_qualified_(scenario.problem.n_groups()),
      residual_(scenario.n_residuals()),
      expected_residual_(scenario.n_residuals()),
      explores_(agent_->explores()),
      oracle_(agent_->needs() == FeedbackRegime::full),
      arms_every_(arms_every),
      audited_(arms_every > 0 ? audited_arms(*agent_) : std::vector<double>{}),
      no_residual_(scenario.problem.n_residuals(), undefined) {
  if (!scenario.outcomes.plain()) maturity_.emplace(scenario.outcomes, fidelity, seed, replication);
  if (batches_ == nullptr)
    came_.emplace(*scenario.arrivals->process(), scenario.clock, fidelity, seed, replication, scenario.start.arrivals,
                  composition_.shares());
}

/// With batches a run ends an interval after the last decision, in continuous time with it.
Time Simulation::end() const noexcept {
  constexpr Time never = std::numeric_limits<Time>::infinity();
  if (scenario_.clock.kind == Clock::Kind::arrivals) return never;
  const Time end = scenario_.clock.interval * scenario_.n_epochs;
  return batches_ != nullptr ? end : std::nextafter(end, never);
}

Time Simulation::decision_time(std::uint32_t epoch) const {
  return came_ ? came_->next_decision(epoch, parameters_.arrivals) : scenario_.clock.interval * epoch;
}

/// Whoever wants every applicant as the draw gives them, in a row; null where nobody does.
RowSink* Simulation::row_sink() {
  if (flow_ != nullptr) return &flow_->newcomers();
  RowSink* sink = seen_ == nullptr ? rows_ : seen_.get();
  if (by_type_ != nullptr) sink = by_type_.get();
  return live_ == nullptr || fidelity_ != Fidelity::individuals ? sink : &live_->counter(sink);
}

/// What a draw of counts by type fills, or null where groups are enough.
TypeTally* Simulation::type_tally() noexcept {
  if (live_ != nullptr) return &live_->tally();
  return by_type_ == nullptr ? nullptr : &by_type_->counts;
}

bool Simulation::run(const std::atomic<bool>& stop, std::atomic<std::uint64_t>& progress) {
  for (std::size_t i = 0; i < scenario_.changes.size(); ++i)
    scheduler_.schedule(scenario_.changes[i].from, EventKind::intervention, static_cast<std::uint32_t>(i));
  if (live_ != nullptr) live_->start(composition_);
  schedule_decision(decision_time(epoch_));
  while (const auto event = scheduler_.pop_until(end_)) {
    switch (event->kind) {
      case EventKind::decision_epoch:
        if (stop.load(std::memory_order_relaxed)) return false;
        decide();
        progress.fetch_add(1, std::memory_order_relaxed);
        break;
      case EventKind::composition_update:
        update_composition();
        break;
      case EventKind::score_update:
        live_->update(epoch_, composition_);
        break;
      case EventKind::intervention:
        intervene(event->payload);
        break;
      case EventKind::outcome_due:
        tell_late(event->payload);
        break;
      case EventKind::checkpoint:
        LOOPGATE_EXPECT(!"an event that nothing schedules");
        break;
    }
  }
  return true;
}

void Simulation::schedule_decision(Time at) {
  next_decision_.reset();
  next_update_.reset();
  if (!std::isfinite(at)) return;
  if (live_ != nullptr && epoch_ > 0 && epoch_ % live_->every() == 0)
    next_update_ = scheduler_.schedule(at, EventKind::score_update);
  next_decision_ = scheduler_.schedule(at, EventKind::decision_epoch);
}

void Simulation::decide() {
  if (!ramps_.empty()) follow_ramps();
  if (came_) came_->advance(scheduler_.now(), composition_.shares(), parameters_.arrivals);
  if (arms_every_ > 0 && epoch_ % arms_every_ == 0 && !audited_.empty()) audit();
  if (flow_ != nullptr) decide_route();
  else decide_all();
  expect();
  record();
  tell();
  end_epoch();
}

/// Everyone who came, at once.
void Simulation::decide_all() {
  agent_rng_.begin_epoch(epoch_);
  const KnownWorld world{*scenario_.law, oracle_ ? met() : composition_, parameters_.utility};
  agent_->choose({epoch_, scheduler_.now(), oracle_ ? &world : nullptr}, agent_rng_, threshold_);
  if (explores_) draw_->explore(agent_->exploration());
  if (rows_ != nullptr || live_ != nullptr) announce();
  if (seen_ != nullptr) seen_->clear();
  if (by_type_ != nullptr) by_type_->counts.clear();
  const double n = arrive();
  if (by_type_ != nullptr && live_ != nullptr && fidelity_ != Fidelity::individuals) by_type_->counts = live_->tally();
  evaluate(n, 0.0, expected_arrivals());
  if (maturity_) mature(n);
}

/// Whomever the stages of the route can decide: those who came are drawn, whatever the last threshold says of them.
void Simulation::decide_route() {
  arrive();
  const ExpectedArrivals expected = expected_arrivals();
  const ExpectedArrivals ended = flow_->decide(epoch_, scheduler_.now(), parameters_, met(), expected);
  std::ranges::copy(flow_->threshold(), threshold_.begin());
  counts_ = flow_->ended();
  evaluate(std::accumulate(counts_.arrived.begin(), counts_.arrived.end(), 0.0), flow_->cost(), ended);
  const Flow::Known known = flow_->known();
  const bool told = known.due < end_;
  known_.reward = told ? known.reward : undefined;
  matured_ = known.due;
}

/// Batches meet what decisions have made of the composition at the next decision; in continuous time the next who comes
/// does.
void Simulation::end_epoch() {
  if (came_) {
    evolve(epoch_);
    came_->clear(epoch_);
  }
  ++epoch_;
  if (came_ && epoch_ == scenario_.n_epochs) return;
  const Time next = decision_time(epoch_);
  schedule_decision(next);
  if (!came_ && !scenario_.dynamics.empty()) scheduler_.schedule(next, EventKind::composition_update);
}

/// What will be known of these outcomes: nothing is left to wait for where nobody was accepted.
void Simulation::mature(double n) {
  const double accepted = std::accumulate(counts_.accepted.begin(), counts_.accepted.end(), 0.0);
  const double succeeded = std::accumulate(counts_.succeeded.begin(), counts_.succeeded.end(), 0.0);
  known_ = Maturity{0.0, reward_};
  if (accepted > 0.0)
    known_ = maturity_->draw(epoch_, accepted, succeeded, n, parameters_.utility, parameters_.lost, reward_,
                             live_ == nullptr || seen_ != nullptr ? nullptr : &live_->tally());
  matured_ = scheduler_.now() + known_.delay;
  if (!(matured_ < end_)) known_.reward = undefined;
}

void Simulation::tell() {
  const Time now = scheduler_.now();
  if (flow_ != nullptr)
    return flow_->tell(
        now, [this](Time due, std::uint32_t cohort) { scheduler_.schedule(due, EventKind::outcome_due, cohort); });
  Feedback told{epoch_, now, now, threshold_, reward_, scenario_.told(residual_), {}, {}, {}, {}};
  const bool at_once = !maturity_ || known_.delay == 0.0;
  if (maturity_) told.reward = at_once ? known_.reward : undefined;
  if (!at_once) told.part = FeedbackPart::rates;
  if (explores_) tell_explored(counts_.arrived, counts_.accepted, counts_.explored, told);
  const DecisionRules rules(scenario_, parameters_, parameters_.utility, met().shares());
  if (seen_ != nullptr) {
    if (maturity_) lose_seen();
    seen_->tell(told);
    told.rules = &rules;
  }
  agent_->learn(told);
  if (!at_once) await();
  else if (live_ != nullptr) live_->observe(decided());
}

/// What the agent is told of applicants and what a score model learns of them are the same outcomes.
void Simulation::lose_seen() {
  maturity_->lose(known_, seen_->now());
  if (live_ != nullptr) live_->recount(seen_->now());
}

/// Keeps the outcomes of this decision until they are known, if that is before the end and anyone is told of them.
void Simulation::await() {
  if (!(matured_ < end_)) {
    if (live_ != nullptr) live_->drop();
    return;
  }
  if (live_ == nullptr && std::isnan(known_.reward)) return;
  const std::uint32_t place =
      pending_.keep(epoch_, scheduler_.now(), known_.reward, threshold_,
                    seen_ == nullptr ? SeenApplicants{} : std::move(seen_->now()), parameters_.utility);
  if (live_ != nullptr) live_->hold(decided(), place);
  scheduler_.schedule(matured_, EventKind::outcome_due, place);
}

void Simulation::tell_late(std::uint32_t place) {
  if (flow_ != nullptr) return flow_->tell_late(place, scheduler_.now());
  const PendingRewards::One& one = pending_.at(place);
  if (!std::isnan(one.reward)) {
    Feedback told{one.epoch, one.decided, scheduler_.now(),    one.threshold, one.reward, no_residual_, {}, {},
                  {},        {},          FeedbackPart::reward};
    const DecisionRules rules(scenario_, parameters_, one.utility, {});
    one.seen.tell(told);
    if (seen_ != nullptr) told.rules = &rules;
    agent_->learn(told);
  }
  if (live_ != nullptr) live_->observe_held(place);
  pending_.drop(place);
}

/// Works out the propensities of the choice, for those who ask.
void Simulation::announce() {
  const bool logged = rows_ != nullptr && rows_->wants_rows();
  const bool wanted = logged || (live_ != nullptr && live_->needs_propensity());
  if (wanted && agent_->randomised())
    set_propensity(*agent_, threshold_.size(), scenario_.problem.score_tolerance, propensity_);
  if (logged) rows_->begin_epoch(agent_->randomised() ? &propensity_ : nullptr);
}

LiveScores::Decision Simulation::decided() const { return {epoch_, propensity_, composition_, 1.0 - parameters_.lost}; }

void Simulation::update_composition() {
  if (!ramps_.empty()) follow_ramps();
  evolve(epoch_ - 1);
}

/// What the decision of an epoch makes of the composition.
void Simulation::evolve(std::uint32_t epoch) {
  EpochTally tally{counts_.arrived,   counts_.accepted, counts_.succeeded,
                   counts_.qualified, threshold_,       expected_arrivals_};
  if (by_type_ != nullptr) by_type_->tell(tally);
  dynamics_rng_.begin_epoch(epoch);
  tally.rng = &dynamics_rng_;
  evolve_all(scenario_.dynamics, tally, parameters_.dynamics, composition_);
}

void Simulation::intervene(std::uint32_t i) {
  put_in_place(i);
  if (scenario_.changes[i].until > scenario_.changes[i].from) ramps_.push_back(i);
}

/// Ramps move whenever something is about to depend on them. What they set from `until` on is a change of its own.
void Simulation::follow_ramps() {
  std::erase_if(ramps_, [this](std::uint32_t i) { return !(scheduler_.now() < scenario_.changes[i].until); });
  for (const std::uint32_t i : ramps_) put_in_place(i);
}

/// Who has come in continuous time came under what held until now.
void Simulation::put_in_place(std::uint32_t i) {
  const Change& change = scenario_.changes[i];
  const Time now = scheduler_.now();
  const bool on_agent = change.target == Change::Target::agent;
  Agent* own = on_agent && change.owner == agent_index_ ? agent_.get() : nullptr;
  if (change.target == Change::Target::stage_agent) own = flow_->own_agent(change.owner);
  const bool on_arrivals = change.target == Change::Target::arrivals;
  if (flow_ != nullptr && on_agent && own != nullptr)
    for (Agent* other : flow_->others()) apply(change, now, {parameters_, composition_, other});
  if (!came_ || !(on_arrivals || change.target == Change::Target::shares))
    return apply(change, now, {parameters_, composition_, own});
  came_->advance(now, composition_.shares(), parameters_.arrivals);
  const std::vector<double> before = parameters_.arrivals;
  apply(change, now, {parameters_, composition_, own});
  if (!on_arrivals) return;
  came_->change(now, before, parameters_.arrivals);
  if (!next_decision_ || !scheduler_.cancel(*next_decision_)) return;
  if (next_update_) scheduler_.cancel(*next_update_);
  schedule_decision(decision_time(epoch_));
}

/// Of those who came, the number; all of them are decided.
double Simulation::arrive() {
  if (came_) {
    expected_arrivals_ = came_->expected();
    draw_->tally_parts(composition_, threshold_, epoch_, came_->parts(), counts_);
    return came_->n();
  }
  arrivals_rng_.begin_epoch(epoch_);
  const double volume = composition_.volume();
  expected_arrivals_ = batches_->mean(parameters_.arrivals) * volume;
  const double n = fidelity_ == Fidelity::mean_field ? expected_arrivals_
                                                     : batches_->draw(parameters_.arrivals, volume, arrivals_rng_);
  draw_->tally(composition_, threshold_, epoch_, n, counts_);
  return n;
}

/// In continuous time shares may have changed since.
const Composition& Simulation::met_by_arrivals() {
  if (std::ranges::equal(came_->shares(), composition_.shares())) return composition_;
  met_ = composition_;
  met_.set_shares(came_->shares());
  return met_;
}

/// In parts of the whole.
ExpectedArrivals Simulation::expected_arrivals() {
  const std::span<const double> shares = met().shares();
  if (!scenario_.reads_outcomes) return {shares, {}};
  for (std::size_t g = 0; g < shares.size(); ++g)
    expected_qualified_[g] = shares[g] * answers_.qualification_rate(composition_, static_cast<GroupId>(g));
  return {shares, expected_qualified_};
}

/// What the batch gave: NaN where nobody arrived.
void Simulation::evaluate(double n, double cost, const ExpectedArrivals& expected) {
  for (std::size_t g = 0; g < rate_.size(); ++g) rate_[g] = ratio(counts_.accepted[g], counts_.arrived[g]);
  const double accepted = std::accumulate(counts_.accepted.begin(), counts_.accepted.end(), 0.0);
  realised_residuals(scenario_, parameters_, counts_, expected, rate_, ratio(accepted, n), residual_);
  reward_ = realised_reward(parameters_.utility, counts_.accepted, counts_.succeeded, cost, n);
}

void Simulation::expect() {
  for (std::size_t g = 0; g < qualification_.size(); ++g)
    qualification_[g] = answers_.qualification_rate(composition_, static_cast<GroupId>(g));
  if (flow_ != nullptr && !decides_at_once(scenario_.route)) {
    std::ranges::fill(expected_residual_, undefined);
    expected_reward_ = undefined;
    return;
  }
  expected_reward_ = expected_outcome(scenario_, parameters_, answers_, met(), threshold_, rate_, expected_residual_,
                                      agent_->exploration());
  if (flow_ != nullptr) expected_reward_ -= parameters_.stages[0].cost;
}

/// What the learner holds of its arms, beside what each would give now.
void Simulation::audit() {
  agent_->beliefs(beliefs_);
  const std::size_t n_arms = audited_.size(), n_streams = beliefs_.count.size() / n_arms;
  std::vector<double> threshold(threshold_.size()), residual(expected_residual_.size()), value(n_streams);
  audit_expected_.resize(n_streams * n_arms);
  const Composition& now = met();
  for (std::size_t k = 0; k < n_arms; ++k) {
    std::ranges::fill(threshold, audited_[k]);
    double reward = expected_outcome(scenario_, parameters_, answers_, now, threshold, rate_, residual);
    if (flow_ != nullptr) {
      reward = decides_at_once(scenario_.route) ? reward - parameters_.stages[0].cost : undefined;
      if (std::isnan(reward)) std::ranges::fill(residual, undefined);
    }
    agent_->stream_values(reward, scenario_.told(residual), value);
    for (std::size_t s = 0; s < n_streams; ++s) audit_expected_[s * n_arms + k] = value[s];
  }
  sink_.record_arms({beliefs_.count, beliefs_.mean, beliefs_.radius, audit_expected_});
}

void Simulation::record() {
  state_values(scenario_.states, composition_, state_);
  record_.threshold = threshold_;
  record_.arrived = counts_.arrived;
  record_.accepted = counts_.accepted;
  record_.succeeded = counts_.succeeded;
  record_.qualified = counts_.qualified;
  record_.explored = counts_.explored;
  record_.composition = met().shares();
  record_.qualification_rate = qualification_;
  record_.state = state_;
  record_.reward = reward_;
  record_.expected_reward = expected_reward_;
  record_.residual = residual_;
  record_.expected_residual = expected_residual_;
  record_.arm_probability = agent_->arm_probability();
  record_.known_reward = known_.reward;
  record_.time = scheduler_.now();
  record_.matured = std::isnan(known_.reward) ? undefined : matured_;
  if (live_ != nullptr) record_.score_version = live_->version();
  if (flow_ != nullptr) flow_->record(record_);
  sink_.record(record_);
}

}  // namespace loopgate
