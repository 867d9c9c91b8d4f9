#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

/// What an intervention does at one time: `from`, each number takes its `start`. Where until > from it then moves in a
/// straight line to its `end`, looked at before every decision in [from, until); what it is from `until` on is a change
/// of its own.
struct Change {
  enum class Target : std::uint8_t {
    utility,     ///< index 0: of a success, 1: of a failure
    constraint,  ///< owner: which one; index among its parameters()
    dynamics,    ///< the same, of a rule
    shares,      ///< index: a group; the other groups keep their proportions
    score_mean,  ///< index: a group
    score_shift,
    success_shift,
    arrivals,         ///< index among their parameters()
    outcomes,         ///< index 0: the probability to be lost
    agent,            ///< owner: which of the scenario's; index among its parameters()
    stage_threshold,  ///< owner: which stage of the route; index: a group
    stage_capacity,   ///< the same; index 0. Whole at every decision: the nearest to where a ramp is, halves upwards
    stage_cost,       ///< the same
    stage_agent       ///< owner: a stage with an agent of its own; index among its parameters()
  };
  struct Value {
    std::string name;  ///< as the scenario spells what is set, and `:GROUP` where each group has its own
    std::uint32_t index;
    double start, end;

    double at(Time now, const Change& change) const noexcept {
      if (!(change.until > change.from)) return start;
      return start + (end - start) * ((now - change.from) / (change.until - change.from));
    }
  };

  std::uint32_t intervention;  ///< place in the scenario's list
  Target target;
  std::uint32_t owner;
  Time from, until;  ///< until >= from
  std::vector<Value> values;
};

}  // namespace loopgate
