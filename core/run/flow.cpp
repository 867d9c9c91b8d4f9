#include "core/run/flow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.hpp"
#include "core/random/philox.hpp"
#include "core/random/rng.hpp"
#include "core/random/samplers.hpp"
#include "core/run/evaluate.hpp"
#include "core/run/feedback_rows.hpp"

namespace loopgate {

namespace {

constexpr Time never = std::numeric_limits<Time>::infinity();

double ratio(double part, double whole) { return whole > 0.0 ? part / whole : undefined; }

std::unique_ptr<Agent> make_other(const Scenario& scenario, const Stage& stage, const AgentFactory& factory) {
  if (!stage.threshold.empty()) return nullptr;
  return (stage.agent != nullptr ? *stage.agent : factory).make(stage_problem(scenario, stage));
}

}  // namespace

Flow::Flow(const Scenario& scenario, Agent& compared, const AgentFactory& factory, const std::string& label, Seed seed,
           Replication replication, LiveScores* live, RowSink* rows)
    : scenario_(scenario),
      stages_(scenario.route.stages),
      n_groups_(scenario.problem.n_groups()),
      key_{static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed)),
           static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed) >> 32U)},
      replication_(static_cast<std::uint32_t>(replication)),
      newcomers_(scenario.law->types()),
      live_(live),
      deciders_(stages_.size()),
      cohorts_(scenario.outcomes, n_groups_),
      ended_(n_groups_),
      stage_counts_(n_groups_),
      earlier_(stages_.size() + 1, {std::vector<double>(n_groups_), std::vector<double>(n_groups_)}),
      at_once_(decides_at_once(scenario.route)),
      told_(stages_.size()),
      rate_(n_groups_) {
  if (rows != nullptr) rows_.emplace(*rows, !scenario.law->types().empty(), n_groups_);
  const auto main = std::ranges::find_if(stages_, &Stage::decided_by_compared);
  LOOPGATE_EXPECT(main != stages_.end());
  main_ = static_cast<std::size_t>(main - stages_.begin());
  for (std::size_t k = 0; k < stages_.size(); ++k) {
    const auto id = static_cast<std::uint32_t>(k);
    Decider& one = deciders_[k];
    one.threshold.resize(n_groups_, undefined);
    one.least.resize(n_groups_, undefined);
    one.residual.resize(scenario.n_residuals());
    one.explored.resize(n_groups_);
    if (k != main_) one.own = make_other(scenario, stages_[k], factory);
    one.agent = k == main_ ? &compared : one.own.get();
    const std::string name = k == main_ ? label : label + "/" + stages_[k].name;
    if (one.agent != nullptr) one.rng.emplace(seed, replication, Stream::agent(name));
    queues_.emplace_back(stages_[k].n_servers);
    maturities_.emplace_back(scenario.outcomes, Fidelity::individuals, seed, replication,
                             k == main_ ? Stream::outcomes() : Stream::stage_outcomes(id), Stream::outcome_parts(id));
  }
}

std::vector<Agent*> Flow::others() const {
  std::vector<Agent*> all;
  for (std::size_t k = 0; k < stages_.size(); ++k)
    if (k != main_ && stages_[k].decided_by_compared()) all.push_back(deciders_[k].agent);
  return all;
}

std::array<double, 2> Flow::uniforms(const Applicant& one, std::size_t stage, Purpose purpose) const noexcept {
  const Stream stream = Stream::visit(one.application, static_cast<std::uint32_t>(stage), purpose);
  const auto words = philox_block({one.number, one.epoch, stream.id, replication_}, key_);
  return {uniform_of(words[0], words[1]), uniform_of(words[2], words[3])};
}

StageQueue::Stay Flow::stay_of(std::size_t k, const Applicant& one) const noexcept {
  const Stage& stage = stages_[k];
  StageQueue::Stay out{0.0, never};
  if (stage.service == nullptr && stage.patience == nullptr) return out;
  const auto [service, patience] = uniforms(one, k, stay);
  if (stage.service != nullptr) out.service = stage.service->exceeded_with(service);
  if (stage.patience != nullptr) out.patience = stage.patience->exceeded_with(patience);
  return out;
}

double Flow::score_at(std::size_t k, const Applicant& one) const noexcept {
  const Stage& stage = stages_[k];
  const double score = stage.type_score.empty() ? one.own_score : stage.type_score[one.type];
  if (stage.noise == 0.0) return score;
  const double logit = std::log(score / (1.0 - score)) + stage.noise * normal_quantile(uniforms(one, k, noise)[0]);
  return 1.0 / (1.0 + std::exp(-logit));
}

std::uint32_t Flow::add(const Applicant& one) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(all_.size()));
    all_.emplace_back();
    memberships_.resize(memberships_.size() + stages_.size());
  }
  const std::uint32_t who = free_.back();
  free_.pop_back();
  all_[who] = one;
  return who;
}

void Flow::begin(std::uint32_t epoch) {
  epoch_ = epoch;
  cost_ = 0.0;
  for (auto* column : {&ended_.arrived, &ended_.accepted, &ended_.succeeded, &ended_.qualified, &ended_.explored})
    std::ranges::fill(*column, 0.0);
  for (auto* column : {&tally_.threshold, &tally_.arrived, &tally_.accepted, &tally_.left, &tally_.succeeded,
                       &tally_.qualified, &tally_.wait, &tally_.lost, &tally_.left_qualified})
    column->assign(stages_.size() * n_groups_, 0.0);
  tally_.waiting.resize(stages_.size() * n_groups_, 0.0);
}

void Flow::Earlier::add(const Counts& counts) noexcept {
  for (std::size_t g = 0; g < arrived.size(); ++g) {
    arrived[g] += counts.arrived[g];
    qualified[g] += counts.qualified[g];
  }
}

ExpectedArrivals Flow::decide(std::uint32_t epoch, Time now, const ParameterValues& parameters,
                              const Composition& composition, const ExpectedArrivals& expected) {
  earlier_.back().add(ended_);
  begin(epoch);
  values_ = parameters.stages;
  if (live_ != nullptr) type_score_ = live_->scores_now(composition);
  for (std::size_t k = 0; k < stages_.size(); ++k) {
    choose(k, now, parameters, composition);
    enter(k, now);
    gather(k, now);
    judge(k);
    carry_out(k, now);
    if (deciders_[k].agent != nullptr) find_residuals(k, parameters, at_once_ ? expected : earlier_[k].expected());
    if (rows_) rows_->send(deciders_[k].agent, stages_[k].score_tolerance);
  }
  ended_.explored = deciders_[main_].explored;
  newcomers_.all.clear();
  const auto closed = cohorts_.settle(now, parameters.utility, parameters.lost, maturities_);
  closed_.assign(closed.begin(), closed.end());
  return at_once_ ? expected : earlier_.back().expected();
}

void Flow::choose(std::size_t k, Time now, const ParameterValues& parameters, const Composition& composition) {
  Decider& one = deciders_[k];
  if (one.agent != nullptr) {
    one.rng->begin_epoch(epoch_);
    one.agent->choose({epoch_, now}, *one.rng, one.threshold);
    one.cohort = cohorts_.open(static_cast<std::uint32_t>(k), epoch_, now, one.threshold);
    std::ranges::fill(one.explored, 0.0);
    one.decided = one.below = 0.0;
  } else {
    std::ranges::copy(values_[k].threshold, one.threshold.begin());
  }
  const double tolerance = stages_[k].score_tolerance;
  for (std::size_t g = 0; g < n_groups_; ++g) one.least[g] = least_accepted(one.threshold[g], tolerance);
  if (k == main_ && live_ != nullptr) {
    if (live_->needs_propensity()) set_propensity(*one.agent, n_groups_, tolerance, propensity_);
    live_->hold({epoch_, propensity_, composition, 1.0 - parameters.lost}, one.cohort);
    cohorts_.count_by_type(one.cohort, live_->held(one.cohort));
  }
  std::ranges::copy(one.threshold, tally_.threshold.begin() + static_cast<std::ptrdiff_t>(k * n_groups_));
}

/// Lets those come who are there by now, in order of time.
void Flow::enter(std::size_t k, Time now) {
  coming_.clear();
  if (k == scenario_.route.entry)
    for (Applicant& one : newcomers_.all) {
      one.epoch = epoch_;
      if (std::isnan(one.came)) one.came = now;
      coming_.push_back({one.came, add(one)});
    }
  queues_[k].collect(now, coming_);
  for (const StageQueue::Arrival& arrival : coming_) {
    Applicant& one = all_[arrival.who];
    one.came = arrival.came;
    if (!type_score_.empty()) one.own_score = type_score_[one.type];
    one.score = score_at(k, one);
    const StageQueue::Stay its = stay_of(k, one);
    one.begins = queues_[k].enter(arrival, its);
    one.patient_until = stages_[k].n_servers > 0 ? never : one.came + its.patience;
    tally_.waiting[at(k, arrival.who)] += 1.0;
  }
}

/// Whom the stage can decide, in the order in which they became ready; who has lost patience leaves.
void Flow::gather(std::size_t k, Time now) {
  ready_.swap(queues_[k].held());
  queues_[k].held().clear();
  queues_[k].due(now, ready_);
  std::erase_if(ready_, [&](const StageQueue::Event& one) {
    const Time until = one.leaves ? one.time : all_[one.who].patient_until;
    if (!one.leaves && until >= now) return false;
    leave(k, one.who, until, now);
    return true;
  });
}

/// At or above the threshold, or below it by a draw of the application's own. At the stage where compared agents decide
/// first it is the draw of a decision at once.
bool Flow::accepts(std::size_t k, const Applicant& one, std::span<const Exploration> below) {
  if (one.score >= deciders_[k].least[one.group]) return true;
  const Exploration* law = of_group(below, one.group);
  const double chance = law == nullptr ? 0.0 : (*law)(one.score, stages_[k].score_tolerance);
  if (!(chance > 0.0)) return false;
  const Stream stream = k == main_ && one.application == 0
                            ? Stream::exploration()
                            : Stream::visit(one.application, static_cast<std::uint32_t>(k), Purpose::exploring);
  return static_cast<double>(philox_block({one.number, one.epoch, stream.id, replication_}, key_)[0]) * 0x1.0p-32 <
         chance;
}

/// Of those at or above the threshold the best are accepted, as many as the capacity says: of equal scores who came to
/// the stage first.
void Flow::judge(std::size_t k) {
  const std::uint32_t capacity = values_[k].capacity;
  const Agent* agent = deciders_[k].agent;
  const std::span<const Exploration> below = agent == nullptr ? std::span<const Exploration>{} : agent->exploration();
  best_.clear();
  verdict_.assign(ready_.size(), Verdict::rejected);
  for (std::uint32_t i = 0; i < ready_.size(); ++i) {
    if (!accepts(k, all_[ready_[i].who], below)) continue;
    verdict_[i] = Verdict::accepted;
    best_.push_back(i);
  }
  if (capacity == 0 || best_.size() <= capacity) return;
  const auto better = [&](std::uint32_t a, std::uint32_t b) {
    const Applicant &x = all_[ready_[a].who], &y = all_[ready_[b].who];
    if (x.score != y.score) return x.score > y.score;
    if (x.came != y.came) return x.came < y.came;
    return ready_[a].order < ready_[b].order;
  };
  const auto limit = best_.begin() + capacity;
  std::ranges::nth_element(best_, limit, better);
  for (auto beyond = limit; beyond != best_.end(); ++beyond)
    verdict_[*beyond] = stages_[k].queue ? Verdict::waits : Verdict::rejected;
}

void Flow::carry_out(std::size_t k, Time now) {
  for (std::size_t i = 0; i < ready_.size(); ++i)
    if (verdict_[i] == Verdict::waits) queues_[k].held().push_back(ready_[i]);
    else decided(k, ready_[i].who, verdict_[i] == Verdict::accepted, now);
  for (std::size_t g = 0; g < n_groups_; ++g) {
    const std::size_t i = k * n_groups_ + g;
    tally_.wait[i] = ratio(tally_.wait[i], tally_.arrived[i] - tally_.left[i]);
  }
}

void Flow::decided(std::size_t k, std::uint32_t who, bool accepted, Time now) {
  Applicant& one = all_[who];
  const std::size_t i = at(k, who);
  tally_.waiting[i] -= 1.0;
  tally_.arrived[i] += 1.0;
  tally_.qualified[i] += one.success;
  tally_.wait[i] += (stages_[k].n_servers > 0 ? one.begins : now) - one.came;
  if (accepted) {
    tally_.accepted[i] += 1.0;
    tally_.succeeded[i] += one.success;
  }
  count_exploring(deciders_[k], one, accepted);
  if (k == main_ && live_ != nullptr) live_->held(deciders_[k].cohort).arrived[one.type] += 1.0;
  if (deciders_[k].agent != nullptr) {
    memberships_[who * stages_.size() + one.n_cohorts++] = {deciders_[k].cohort, one.cost};
    cohorts_.join(deciders_[k].cohort);
  }
  one.cost += values_[k].cost;
  if (rows_) rows_->add(one, accepted, static_cast<std::uint8_t>(k), now);
  go_on(k, who, accepted ? stages_[k].on_accept : stages_[k].on_reject, accepted, now, now);
}

/// What an agent that explores is told of it.
void Flow::count_exploring(Decider& decider, const Applicant& one, bool accepted) {
  decider.decided += 1.0;
  if (one.score >= decider.least[one.group]) return;
  decider.below += 1.0;
  if (accepted) decider.explored[one.group] += 1.0;
}

void Flow::leave(std::size_t k, std::uint32_t who, Time when, Time now) {
  const std::size_t i = at(k, who);
  tally_.waiting[i] -= 1.0;
  tally_.arrived[i] += 1.0;
  tally_.left[i] += 1.0;
  tally_.qualified[i] += all_[who].success;
  tally_.left_qualified[i] += all_[who].success;
  go_on(k, who, stages_[k].on_abandon, false, when, now);
}

/// To a later stage with the same application, to this or an earlier one with a new one, which that stage can take up
/// at its next decision.
void Flow::go_on(std::size_t k, std::uint32_t who, const Passage& way, bool accepted, Time from, Time now) {
  const std::array<double, 2> draw = way.to != Passage::end && (way.probability < 1.0 || way.delay != nullptr)
                                         ? uniforms(all_[who], k, Purpose::passage)
                                         : std::array{0.0, 0.0};
  if (way.to == Passage::end || !(draw[0] < way.probability)) return end(k, who, accepted);
  Time comes = from + (way.delay == nullptr ? 0.0 : way.delay->exceeded_with(draw[1]));
  if (way.to > k) return queues_[way.to].send(comes, who);
  Applicant again = all_[who];
  end(k, who, false);
  ++again.application;
  again.cost = 0.0;
  again.n_cohorts = 0;
  queues_[way.to].send(std::max(comes, now), add(again));
}

void Flow::end(std::size_t k, std::uint32_t who, bool accepted) {
  const Applicant& one = all_[who];
  const std::size_t g = one.group;
  ended_.arrived[g] += 1.0;
  ended_.qualified[g] += one.success;
  if (accepted) {
    ended_.accepted[g] += 1.0;
    ended_.succeeded[g] += one.success;
  } else {
    tally_.lost[k * n_groups_ + g] += 1.0;
  }
  cost_ += one.cost;
  for (std::size_t j = 0; j < one.n_cohorts; ++j) {
    const Membership& mine = memberships_[who * stages_.size() + j];
    cohorts_.leave(mine.cohort, g, accepted, one.success != 0, one.cost - mine.cost_before);
    TypeTally* const learnt = accepted ? cohorts_.at(mine.cohort).by_type : nullptr;
    if (learnt == nullptr) continue;
    learnt->accepted[one.type] += 1.0;
    (one.success != 0 ? learnt->succeeded : learnt->failed)[one.type] += 1.0;
  }
  free_.push_back(who);
}

/// Of those whom the stage decided.
void Flow::find_residuals(std::size_t k, const ParameterValues& parameters, const ExpectedArrivals& expected) {
  for (std::size_t g = 0; g < n_groups_; ++g) {
    const std::size_t i = k * n_groups_ + g;
    stage_counts_.arrived[g] = tally_.arrived[i] - tally_.left[i];
    stage_counts_.accepted[g] = tally_.accepted[i];
    stage_counts_.succeeded[g] = tally_.succeeded[i];
    stage_counts_.qualified[g] = tally_.qualified[i] - tally_.left_qualified[i];
    rate_[g] = ratio(stage_counts_.accepted[g], stage_counts_.arrived[g]);
  }
  const auto sum = [](const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0); };
  realised_residuals(scenario_, parameters, stage_counts_, expected, rate_,
                     ratio(sum(stage_counts_.accepted), sum(stage_counts_.arrived)), deciders_[k].residual);
  earlier_[k].add(stage_counts_);
}

void Flow::record(EpochRecord& record) {
  for (std::size_t k = 0; k < stages_.size(); ++k) {
    Decider& one = deciders_[k];
    told_[k] = ratio(one.told, one.n_told);
    one.told = one.n_told = 0.0;
  }
  record.stage_threshold = tally_.threshold;
  record.stage_arrived = tally_.arrived;
  record.stage_accepted = tally_.accepted;
  record.stage_left = tally_.left;
  record.stage_succeeded = tally_.succeeded;
  record.stage_qualified = tally_.qualified;
  record.stage_waiting = tally_.waiting;
  record.stage_wait = tally_.wait;
  record.stage_lost = tally_.lost;
  record.stage_told = told_;
}

Flow::Known Flow::known() const {
  const std::uint32_t cohort = deciders_[main_].cohort;
  if (std::ranges::find(closed_, cohort) == closed_.end()) return {};
  return {cohorts_.at(cohort).due, cohorts_.at(cohort).reward};
}

void Flow::tell(Time now, const std::function<void(Time, std::uint32_t)>& later) {
  for (Decider& one : deciders_) {
    if (one.agent == nullptr) continue;
    const Cohorts::One& cohort = cohorts_.at(one.cohort);
    const auto closed = std::ranges::find(closed_, one.cohort);
    const bool at_once = closed != closed_.end() && cohort.due == now;
    Feedback told{
        epoch_, now, now, one.threshold, at_once ? cohort.reward : undefined, scenario_.told(one.residual), {},
        {},     {},  {}};
    if (!at_once) told.part = FeedbackPart::rates;
    if (one.agent->explores()) {
      told.arrived = one.decided;
      told.below = one.below;
      told.explored = std::accumulate(one.explored.begin(), one.explored.end(), 0.0);
    }
    one.agent->learn(told);
    if (!at_once) continue;
    if (cohort.by_type != nullptr) live_->observe_held(one.cohort);
    if (!std::isnan(cohort.reward)) {
      one.told += cohort.reward;
      one.n_told += 1.0;
    }
    cohorts_.drop(one.cohort);
    closed_.erase(closed);
  }
  for (const std::uint32_t cohort : closed_)
    if (std::isnan(cohorts_.at(cohort).reward) && cohorts_.at(cohort).by_type == nullptr) cohorts_.drop(cohort);
    else later(cohorts_.at(cohort).due, cohort);
}

void Flow::tell_late(std::uint32_t place, Time now) {
  const Cohorts::One& cohort = cohorts_.at(place);
  Decider& one = deciders_[cohort.stage];
  if (!std::isnan(cohort.reward)) {
    const std::vector<double> no_residual(scenario_.problem.n_residuals(), undefined);
    one.agent->learn({cohort.epoch,
                      cohort.decided,
                      now,
                      cohort.threshold,
                      cohort.reward,
                      no_residual,
                      {},
                      {},
                      {},
                      {},
                      FeedbackPart::reward});
    one.told += cohort.reward;
    one.n_told += 1.0;
  }
  if (cohort.by_type != nullptr) live_->observe_held(place);
  cohorts_.drop(place);
}

}  // namespace loopgate
