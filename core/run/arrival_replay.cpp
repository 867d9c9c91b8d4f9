#include "core/run/arrival_replay.hpp"

namespace loopgate {

ArrivalReplay::ArrivalReplay(const Scenario& scenario, Replication replication)
    : scenario_(scenario),
      parameters_(scenario.start),
      world_(scenario.law->start()),
      came_(*scenario.arrivals->process(), scenario.clock, Fidelity::individuals, scenario.seed, replication,
            scenario.start.arrivals, world_.shares()),
      dynamics_rng_(scenario.seed, replication, Stream::dynamics()) {}

/// In the order of a simulation: interventions by time, then what ramps are at the decision.
std::span<const ArrivalPart> ArrivalReplay::come(Time now) {
  const std::vector<Change>& changes = scenario_.changes;
  for (; next_ < changes.size() && changes[next_].from <= now; ++next_) {
    put_in_place(changes[next_], changes[next_].from);
    if (changes[next_].until > changes[next_].from) moving_.push_back(&changes[next_]);
  }
  std::erase_if(moving_, [now](const Change* one) { return !(now < one->until); });
  for (const Change* one : moving_) put_in_place(*one, now);
  came_.advance(now, world_.shares(), parameters_.arrivals);
  return came_.parts();
}

void ArrivalReplay::put_in_place(const Change& change, Time now) {
  const bool on_arrivals = change.target == Change::Target::arrivals;
  if (on_arrivals || change.target == Change::Target::shares) came_.advance(now, world_.shares(), parameters_.arrivals);
  const std::vector<double> before = parameters_.arrivals;
  apply(change, now, {parameters_, world_, nullptr});
  if (on_arrivals) came_.change(now, before, parameters_.arrivals);
}

void ArrivalReplay::decided(std::uint32_t epoch, EpochTally tally) {
  tally.expected_arrivals = came_.expected();
  dynamics_rng_.begin_epoch(epoch);
  tally.rng = &dynamics_rng_;
  evolve_all(scenario_.dynamics, tally, parameters_.dynamics, world_);
  came_.clear(epoch);
}

}  // namespace loopgate
