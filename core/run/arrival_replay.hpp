#pragma once

#include <vector>

#include "core/run/arrival_log.hpp"
#include "core/run/interventions.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate {

/// Who came in continuous time in a run that has been recorded, in parts of the same shares: needed where interventions
/// change shares between decisions, since a trace keeps only the mean. Follows the world from the start, decision by
/// decision, by the recorded counts of each. Not for rules that need counts by type.
class ArrivalReplay {
 public:
  /// scenario outlives it, with arrivals in continuous time and fidelity: individuals.
  ArrivalReplay(const Scenario& scenario, Replication replication);

  /// Those who came since the last decision until the next one, at `now`. Valid until decided().
  std::span<const ArrivalPart> come(Time now);
  /// [n_groups] the mean shares of these, as the trace keeps them.
  std::span<const double> shares() const noexcept { return came_.shares(); }
  /// What that decision made of the world. tally: as recorded; expected_arrivals and rng are filled in here.
  void decided(std::uint32_t epoch, EpochTally tally);

 private:
  void put_in_place(const Change& change, Time now);

  const Scenario& scenario_;
  ParameterValues parameters_;
  Composition world_;
  ArrivalLog came_;
  Rng dynamics_rng_;
  std::size_t next_ = 0;               ///< of scenario.changes
  std::vector<const Change*> moving_;  ///< ramps
};

}  // namespace loopgate
