#include <algorithm>
#include <cmath>

#include "core/scenario/scenario.hpp"

namespace loopgate {

namespace {

/// The parameters of the arrivals as interventions move them, of a run's start until some time.
class ArrivalParameters {
 public:
  explicit ArrivalParameters(const Scenario& scenario) : now(scenario.start.arrivals) {
    for (const Change& change : scenario.changes)
      if (change.target == Change::Target::arrivals) changes_.push_back(&change);
  }

  /// The next change from `until` at the latest, or null.
  const Change* next(Time until) const {
    return done_ < changes_.size() && changes_[done_]->from <= until ? changes_[done_] : nullptr;
  }
  void start() { put(*changes_[done_], changes_[done_]->from), ++done_; }
  /// Before a decision: what moves.
  void follow(Time time) {
    for (std::size_t i = 0; i < done_; ++i)
      if (changes_[i]->from < time && time < changes_[i]->until) put(*changes_[i], time);
  }

  std::vector<double> now;

 private:
  void put(const Change& change, Time time) {
    for (const Change::Value& value : change.values) now[value.index] = value.at(time, change);
  }

  std::vector<const Change*> changes_;
  std::size_t done_ = 0;
};

std::vector<std::int64_t> batch_sizes(const Scenario& scenario, Replication replication) {
  Rng rng(scenario.seed, replication, Stream::arrivals());
  ArrivalParameters parameters(scenario);
  std::vector<std::int64_t> counts(scenario.n_epochs);
  for (std::uint32_t t = 0; t < scenario.n_epochs; ++t) {
    const Time time = scenario.clock.interval * t;
    while (parameters.next(time) != nullptr) parameters.start();
    parameters.follow(time);
    rng.begin_epoch(t);
    counts[t] = scenario.arrivals->batches()->draw(parameters.now, 1.0, rng);
  }
  return counts;
}

std::vector<std::int64_t> numbers_come(const Scenario& scenario, Replication replication) {
  const ArrivalProcess& process = *scenario.arrivals->process();
  ArrivalParameters parameters(scenario);
  ArrivalProcess::Position position = process.start(parameters.now, scenario.seed, replication);
  std::vector<Time> times;
  const auto advance = [&](Time until) {
    process.advance(position, until, std::numeric_limits<std::size_t>::max(), parameters.now, scenario.seed,
                    replication, times);
  };
  const auto changed = [&](Time time, const auto& change) {
    advance(time);
    const std::vector<double> before = parameters.now;
    change();
    process.change(position, time, before, parameters.now);
  };
  std::vector<std::int64_t> counts(scenario.n_epochs);
  for (std::uint32_t t = 0; t < scenario.n_epochs; ++t) {
    const Time time = scenario.clock.interval * (t + 1.0);
    while (const Change* next = parameters.next(time)) changed(next->from, [&] { parameters.start(); });
    changed(time, [&] { parameters.follow(time); });
    counts[t] = static_cast<std::int64_t>(times.size());
    times.clear();
  }
  return counts;
}

}  // namespace

std::vector<std::int64_t> arrival_counts(const Scenario& scenario, Replication replication) {
  if (scenario.clock.kind == Clock::Kind::arrivals)
    return std::vector<std::int64_t>(scenario.n_epochs, scenario.clock.count);
  return scenario.arrivals->batches() != nullptr ? batch_sizes(scenario, replication)
                                                 : numbers_come(scenario, replication);
}

double arrivals_of_epoch(const Scenario& scenario) {
  if (scenario.clock.kind == Clock::Kind::arrivals) return scenario.clock.count;
  if (const Batches* batches = scenario.arrivals->batches()) return batches->mean(scenario.start.arrivals);
  const Time horizon = scenario.clock.interval * scenario.n_epochs;
  return scenario.arrivals->process()->expected(0.0, horizon, scenario.start.arrivals) / scenario.n_epochs;
}

}  // namespace loopgate
