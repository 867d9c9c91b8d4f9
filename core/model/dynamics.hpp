#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/composition.hpp"
#include "core/model/parameter.hpp"
#include "core/random/rng.hpp"

namespace loopgate {

/// What came of one decision epoch, per group: all [n_groups], counts (fractional in mean_field).
struct EpochTally {
  std::span<const double> arrived;
  std::span<const double> accepted;
  std::span<const double> succeeded;     ///< accepted and successful
  std::span<const double> qualified;     ///< arrived and successful if accepted
  std::span<const double> threshold{};   ///< as played
  double expected_arrivals = undefined;  ///< mean number of applicants of the epoch, all groups
  /// [n_types] of a finite law, in its order; empty unless a rule needs_types().
  std::span<const double> type_accepted{}, type_succeeded{};
  Rng* rng = nullptr;  ///< of a rule: draws of this rule and epoch alone; null where no rule may draw
};

/// One entry of the state that a rule or an intervention moves: named in the trace.
struct StateEntry {
  enum class Kind : std::uint8_t {
    share,
    score_mean,
    score_shift,
    success_shift,
    population,
    volume,  ///< of all groups together: group 0
    qualification,
    aim,
    aim_reach,
    type_mass
  };
  Kind kind;
  GroupId group;
  std::uint32_t type = 0;  ///< type_mass: index among the law's types

  friend bool operator==(const StateEntry&, const StateEntry&) = default;
};

/// A rule by which the population moves. Rules apply in the scenario's order after each epoch's decisions.
class Dynamics {
 public:
  virtual ~Dynamics() = default;
  virtual std::vector<StateEntry> moves() const = 0;
  virtual std::vector<Parameter> parameters() const { return {}; }
  /// Why these parameters, each in its range, cannot stand together; empty where they can.
  virtual std::string conflict(std::span<const double> /*parameters*/) const { return {}; }
  /// endogenous: decisions move it; a group without arrivals in the epoch changes nothing and is not changed.
  /// exogenous: time moves it, whoever comes. random: the same, by draws of its own.
  enum class Cause : std::uint8_t { endogenous, exogenous, random };
  virtual Cause cause() const noexcept { return Cause::endogenous; }
  virtual bool needs_types() const noexcept { return false; }  ///< wants the tally's counts by type
  /// parameters: the current value of each of parameters().
  virtual void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const = 0;
};

/// All rules in order, after an epoch. The tally's rng, put to the epoch, gives rule i its draw i. parameters: of each.
void evolve_all(std::span<const std::unique_ptr<Dynamics>> rules, const EpochTally& tally,
                std::span<const std::vector<double>> parameters, Composition& composition);

}  // namespace loopgate
