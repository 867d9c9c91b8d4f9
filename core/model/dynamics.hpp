#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/model/composition.hpp"
#include "core/model/parameter.hpp"

namespace loopgate {

/// What came of one decision epoch, per group: all [n_groups], counts (fractional in mean_field).
struct EpochTally {
  std::span<const double> arrived;
  std::span<const double> accepted;
  std::span<const double> succeeded;  ///< accepted and successful
  std::span<const double> qualified;  ///< arrived and successful if accepted
};

/// One entry of the state that a rule or an intervention moves: named in the trace.
struct StateEntry {
  enum class Kind : std::uint8_t { share, score_mean, score_shift, success_shift };
  Kind kind;
  GroupId group;

  friend bool operator==(const StateEntry&, const StateEntry&) = default;
};

/// A rule by which decisions move the population. Rules apply in the scenario's order after each epoch's decisions. A
/// group without arrivals in the epoch changes nothing and is not changed.
class Dynamics {
 public:
  virtual ~Dynamics() = default;
  virtual std::vector<StateEntry> moves() const = 0;
  virtual std::vector<Parameter> parameters() const { return {}; }
  /// parameters: the current value of each of parameters().
  virtual void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const = 0;
};

}  // namespace loopgate
