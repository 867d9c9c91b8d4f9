#pragma once

#include "core/model/agent.hpp"
#include "core/model/change.hpp"
#include "core/model/composition.hpp"
#include "core/model/parameter.hpp"

namespace loopgate {

/// What changes write to in one replication. agent: whose parameters a change sets, the scenario's or a stage's; null
/// where the one that runs is not the change's own.
struct Changeable {
  ParameterValues& parameters;
  Composition& composition;
  Agent* agent;
};

/// Puts the values of a change at a time from <= now in place.
void apply(const Change& change, Time now, const Changeable& to);

}  // namespace loopgate
