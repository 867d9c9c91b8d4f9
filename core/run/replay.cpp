#include "core/run/replay.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "core/error.hpp"
#include "core/events/scheduler.hpp"
#include "core/run/arrival_replay.hpp"
#include "core/run/evaluate.hpp"
#include "core/run/feedback_rows.hpp"
#include "core/run/individual_draw.hpp"
#include "core/run/interventions.hpp"
#include "core/run/maturity.hpp"
#include "core/run/recorded_run.hpp"
#include "core/scenario/clock.hpp"

namespace loopgate {

namespace {

constexpr std::uint32_t piece = 4096;  // epochs held at once

Scenario rebuild(const TraceReader& trace, const Catalog& catalog) {
  if (trace.program_version != LOOPGATE_VERSION)
    throw TraceError(trace.path + ": the trace was written by loopgate " + trace.program_version +
                     ", whose applicants this program (" LOOPGATE_VERSION ") cannot promise to draw again");
  Scenario scenario = required_scenario(trace, catalog);
  if (scenario.fidelity != Fidelity::individuals)
    throw TraceError(trace.path +
                     ": the trace is of a fidelity that draws no applicants (expected fidelity: individuals)");
  if (!scenario.route.stages.empty())
    throw TraceError(trace.path +
                     ": applicants of a route cannot be drawn again from epochs alone (expected a run at "
                     "trace.level: applicants)");
  if (untold_change(scenario) != nullptr)
    throw TraceError(
        trace.path +
        ": an intervention changes the groups' shares between two decisions and a rule counts applicants by type, so "
        "the trace does not tell by which shares each was drawn (expected a run at trace.level: applicants)");
  return scenario;
}

/// Some epochs of one replication, as the trace keeps them.
struct Epochs {
  std::uint32_t first = 0, last = 0;  ///< first..last-1
  std::vector<double> composition, state, threshold, arrived;
  std::vector<double> accepted, explored;         ///< of agents that explore
  std::vector<double> succeeded, qualified;       ///< with accepted, where shares change between decisions
  std::vector<double> reward, residual, matured;  ///< as the agent was told; matured: where outcomes take time
  std::vector<double> score_version;              ///< of score models that learn
  std::vector<double> time;                       ///< of decisions; empty: 0, 1, ...
};

/// One replication of one agent, epoch by epoch.
class Player {
 public:
  Player(const TraceReader& trace, const Scenario& scenario, std::size_t agent, std::uint32_t replication,
         RowSink& rows)
      : trace_(trace),
        scenario_(scenario),
        label_(scenario.agents.at(agent).label),
        replication_(replication),
        rows_(rows),
        answers_(*scenario.law),
        agent_(scenario.agents[agent].factory->make(scenario.problem)),
        seen_(agent_->randomised() ? feedback_rows(*agent_, Fidelity::individuals, *scenario.law, nullptr) : nullptr),
        draw_(answers_, scenario.seed, static_cast<Replication>(replication), laws_of(scenario.states),
              seen_ == nullptr ? &rows : seen_.get()),
        outcomes_(scenario.outcomes, Fidelity::individuals, scenario.seed, static_cast<Replication>(replication)),
        agent_index_(static_cast<std::uint32_t>(agent)),
        no_residual_(scenario.problem.n_residuals(), undefined),
        parameters_(scenario.start),
        agent_rng_(scenario.seed, static_cast<Replication>(replication), Stream::agent(label_)),
        now_(scenario.law->start()),
        chosen_(scenario.problem.n_groups()),
        counts_(scenario.problem.n_groups()) {
    if (change_between_decisions(scenario) != nullptr) came_.emplace(scenario, static_cast<Replication>(replication));
  }

  /// Whether what was before an epoch has to be played for it.
  bool from_the_start() const noexcept { return randomised() || came_; }

  Epochs read(std::uint32_t first, std::uint32_t last) {
    const auto column = [&](const char* name) { return trace_.read(label_, name, replication_, first, last); };
    Epochs epochs;
    epochs.first = first;
    epochs.last = last;
    epochs.composition = column("composition");
    epochs.threshold = column("threshold");
    epochs.arrived = column("arrived");
    if (learning() != nullptr) {
      epochs.score_version = column("score_version");
      if (coefficient_.empty()) read_models();
    }
    if (trace_.has(label_, "time")) epochs.time = column("time");
    if (!scenario_.states.empty()) epochs.state = column("state");
    const bool plain = scenario_.outcomes.plain();
    if (randomised()) epochs.reward = column(plain ? "reward" : "known_reward");
    if (randomised() && !plain) epochs.matured = column("matured");
    if (randomised() && scenario_.n_residuals() > 0) epochs.residual = column("residual");
    if (agent_->explores() || came_) epochs.accepted = column("accepted");
    if (agent_->explores()) epochs.explored = column("explored");
    if (came_) {
      epochs.succeeded = column("succeeded");
      epochs.qualified = column("qualified");
    }
    return epochs;
  }

  void play(const Epochs& epochs, std::uint32_t begin) {
    for (std::uint32_t t = epochs.first; t < epochs.last; ++t) {
      const bool wanted = t >= begin;
      restore(epochs, t);
      if (came_) come_again(epochs, t);
      if (randomised()) choose_again(epochs, t, wanted);
      if (wanted || seen_ != nullptr) arrive_again(epochs, t, wanted);
      if (randomised()) learn(epochs, t);
      if (came_) move_again(epochs, t);
    }
  }

 private:
  bool randomised() const noexcept { return agent_->randomised(); }

  void read_models() {
    const auto n_models = static_cast<std::uint32_t>(trace_.score_models(label_));
    coefficient_ = trace_.read(label_, "score_model/coefficient", replication_, 0, n_models);
    const auto refitted = trace_.read(label_, "score_model/refitted", replication_, 0, n_models);
    first_refit_ = static_cast<std::size_t>(std::ranges::find(refitted, 1.0) - refitted.begin());
  }

  static std::span<const double> at(const std::vector<double>& column, const Epochs& epochs, std::uint32_t t,
                                    std::size_t width) {
    return std::span(column).subspan((t - epochs.first) * width, width);
  }

  static Time time_of(const Epochs& epochs, std::uint32_t t) {
    return epochs.time.empty() ? static_cast<Time>(t) : epochs.time[t - epochs.first];
  }

  const ScoreLearning* learning() const noexcept { return scenario_.agents[agent_index_].learning.get(); }

  /// Gives the types the scores of an epoch. Scores before the first new model are the law's own.
  void score_again(std::size_t version) {
    if (version == version_ || version < first_refit_) return;
    version_ = version;
    const TypeFeatures& features = learning()->features();
    score_.resize(features.n_types());
    linear_scores(learning()->link(), features,
                  std::span(coefficient_).subspan(version * features.n_terms(), features.n_terms()), score_);
    now_.set_type_scores(score_);
  }

  /// Puts the world to where it was before an epoch.
  void restore(const Epochs& epochs, std::uint32_t t) {
    const std::size_t n_groups = chosen_.size(), n_states = scenario_.states.size();
    set_recorded_state(scenario_, at(epochs.composition, epochs, t, n_groups), at(epochs.state, epochs, t, n_states),
                       now_);
    if (learning() != nullptr) score_again(static_cast<std::size_t>(epochs.score_version[t - epochs.first]));
  }

  /// Finds who came under which shares.
  void come_again(const Epochs& epochs, std::uint32_t t) {
    came_parts_ = came_->come(time_of(epochs, t));
    if (!std::ranges::equal(came_->shares(), at(epochs.composition, epochs, t, chosen_.size())))
      throw other_machine(t, "meets other shares of the groups");
  }

  void move_again(const Epochs& epochs, std::uint32_t t) {
    const auto of_epoch = [&](const std::vector<double>& column) { return at(column, epochs, t, chosen_.size()); };
    came_->decided(t, {of_epoch(epochs.arrived), of_epoch(epochs.accepted), of_epoch(epochs.succeeded),
                       of_epoch(epochs.qualified), of_epoch(epochs.threshold)});
  }

  TraceError other_machine(std::uint32_t t, const char* what) const {
    return TraceError(trace_.path + ": agent " + label_ + ", replication " + std::to_string(replication_) + ", epoch " +
                      std::to_string(t) + ": " + what +
                      " than in the trace, so it was written on another kind of machine");
  }

  void choose_again(const Epochs& epochs, std::uint32_t t, bool wanted) {
    const Time time = time_of(epochs, t);
    const auto threshold = at(epochs.threshold, epochs, t, chosen_.size());
    intervene(time);
    learn_late(time);
    agent_rng_.begin_epoch(t);
    const KnownWorld world{*scenario_.law, now_, parameters_.utility};
    agent_->choose({t, time, agent_->needs() == FeedbackRegime::full ? &world : nullptr}, agent_rng_, chosen_);
    if (!std::ranges::equal(chosen_, threshold)) throw other_machine(t, "chooses another threshold");
    if (wanted) set_propensity(*agent_, chosen_.size(), propensity_);
  }

  /// As the simulation told it: at once, or the rates now and the reward when it was known.
  void learn(const Epochs& epochs, std::uint32_t t) {
    const Time time = time_of(epochs, t);
    const auto threshold = at(epochs.threshold, epochs, t, chosen_.size());
    const auto residual = scenario_.told(at(epochs.residual, epochs, t, scenario_.n_residuals()));
    const double reward = epochs.reward[t - epochs.first];
    const Time matured = epochs.matured.empty() ? time : epochs.matured[t - epochs.first];
    Feedback told{t, time, time, threshold, reward, residual, {}, {}, {}, {}};
    const bool at_once = seen_ == nullptr ? matured == time : lose_again(t);
    if (!at_once) {
      told.reward = undefined;
      told.part = FeedbackPart::rates;
    }
    if (agent_->explores())
      tell_explored(at(epochs.arrived, epochs, t, chosen_.size()), at(epochs.accepted, epochs, t, chosen_.size()),
                    at(epochs.explored, epochs, t, chosen_.size()), told);
    if (seen_ != nullptr) seen_->tell(told);
    agent_->learn(told);
    if (at_once || std::isnan(matured)) return;
    SeenApplicants seen = seen_ == nullptr ? SeenApplicants{} : std::move(seen_->now());
    later_.schedule(matured, EventKind::outcome_due, pending_.keep(t, time, reward, threshold, std::move(seen)));
  }

  /// Of what was drawn again of an epoch, the outcomes that were lost. True if the others were known at once.
  bool lose_again(std::uint32_t t) {
    const auto sum = [](const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0); };
    const double accepted = sum(counts_.accepted);
    if (scenario_.outcomes.plain() || accepted == 0.0) return true;
    const Maturity drawn =
        outcomes_.draw(t, accepted, sum(counts_.succeeded), sum(counts_.arrived), scenario_.start.utility,
                       parameters_.lost, undefined);  // which are lost is no matter of worth
    outcomes_.lose(drawn, seen_->now());
    return drawn.delay == 0.0;
  }

  void learn_late(Time now) {
    while (const auto event = later_.pop_until(std::nextafter(now, 2.0 * now + 1.0))) {
      const PendingRewards::One& one = pending_.at(event->payload);
      Feedback told{one.epoch, one.decided, event->time, one.threshold,       one.reward, no_residual_, {},
                    {},        {},          {},          FeedbackPart::reward};
      one.seen.tell(told);
      agent_->learn(told);
      pending_.drop(event->payload);
    }
  }

  /// Sets anew all that has been set by now of the agent and of what it may know beside the state: later changes of the
  /// same number come later.
  void intervene(Time now) {
    for (const Change& change : scenario_.changes)
      if (change.from <= now &&
          (change.target == Change::Target::outcomes || change.target == Change::Target::utility ||
           (change.target == Change::Target::agent && change.owner == agent_index_)))
        apply(change, std::min(now, change.until), {parameters_, now_, agent_.get()});
  }

  void arrive_again(const Epochs& epochs, std::uint32_t t, bool wanted) {
    const auto arrived = at(epochs.arrived, epochs, t, chosen_.size());
    if (seen_ != nullptr) {
      seen_->clear();
      seen_->pass_on_to(wanted ? &rows_ : nullptr);
    }
    if (wanted) rows_.begin_epoch(randomised() ? &propensity_ : nullptr);
    if (agent_->explores()) draw_.explore(agent_->exploration());
    const double n = std::accumulate(arrived.begin(), arrived.end(), 0.0);
    const auto threshold = at(epochs.threshold, epochs, t, chosen_.size());
    if (came_) return draw_.tally_parts(now_, threshold, t, came_parts_, counts_);
    const ArrivalProcess* process = scenario_.arrivals->process();
    if (process == nullptr || process->groups().empty()) return draw_.tally(now_, threshold, t, n, counts_);
    draw_.tally_parts(now_, threshold, t, given_parts(*process, t, static_cast<std::size_t>(n)), counts_);
  }

  /// Applicants whose groups a file gives, those of the same group in a row together.
  std::span<const ArrivalPart> given_parts(const ArrivalProcess& process, std::uint32_t t, std::size_t n) {
    const Clock& clock = scenario_.clock;
    const double before = clock.kind == Clock::Kind::arrivals ? 1.0 * clock.count * t
                          : t == 0                            ? 0.0
                                   : process.expected(0.0, decision_time(scenario_, t - 1), parameters_.arrivals);
    const auto group = process.groups().subspan(static_cast<std::size_t>(before), n);
    parts_.clear();
    one_hot_.assign(chosen_.size() * chosen_.size(), 0.0);
    for (std::size_t g = 0; g < chosen_.size(); ++g) one_hot_[g * chosen_.size() + g] = 1.0;
    for (const std::uint32_t g : group)
      if (!parts_.empty() && parts_.back().shares[g] == 1.0) parts_.back().n += 1.0;
      else parts_.push_back({1.0, std::span<const double>(one_hot_).subspan(g * chosen_.size(), chosen_.size())});
    return parts_;
  }

  const TraceReader& trace_;
  const Scenario& scenario_;
  const std::string& label_;
  std::uint32_t replication_;
  RowSink& rows_;
  LawAnswers answers_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<FeedbackRows> seen_;  ///< the agent's, where it chooses again and needs them, on their way to rows_
  IndividualDraw draw_;
  MaturityDraw outcomes_;
  std::uint32_t agent_index_;
  Scheduler later_;  ///< rewards on their way
  PendingRewards pending_;
  std::vector<double> no_residual_;  ///< [n_residuals] NaN
  ParameterValues parameters_;       ///< kept up to date where a replay depends on them
  Rng agent_rng_;
  AcceptPropensity propensity_;
  Composition now_;
  std::vector<double> coefficient_, score_;    ///< [models x n_terms] of the score models, [n_types]
  std::size_t first_refit_ = 0, version_ = 0;  ///< of the models: the first new one, that of the scores in now_
  std::vector<double> chosen_;
  Counts counts_;
  std::optional<ArrivalReplay> came_;  ///< where shares change between decisions
  std::span<const ArrivalPart> came_parts_;
  std::vector<ArrivalPart> parts_;
  std::vector<double> one_hot_;  ///< [n_groups x n_groups]
};

}  // namespace

Replay::Replay(const TraceReader& trace, const Catalog& catalog) : trace_(trace), scenario_(rebuild(trace, catalog)) {}

void Replay::rows(std::size_t agent, std::uint32_t replication, std::uint32_t begin, std::uint32_t end, RowSink& rows,
                  std::mutex& library) const {
  Player player(trace_, scenario_, agent, replication, rows);
  for (std::uint32_t first = player.from_the_start() ? 0 : begin; first < end; first += piece) {
    std::unique_lock lock(library);
    const Epochs epochs = player.read(first, std::min(end, first + piece));
    lock.unlock();
    player.play(epochs, begin);
  }
}

}  // namespace loopgate
