#pragma once

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// Whether the clock, the arrivals and the fidelity of a scenario go together; warns of epochs in which nobody can
/// come.
void check_clock(const Node& root, const Scenario& scenario, Diagnostics& diagnostics);

/// Whether what moves the groups' shares goes together with given groups, and with drawing the applicants again.
void check_shares(const Node& root, const Scenario& scenario, Diagnostics& diagnostics);

/// The first change of the groups' shares, in continuous time, at a time at which no decision falls for sure; or null.
/// Applicants of the epoch around it have different laws, of which a trace keeps only the mean.
const Change* change_between_decisions(const Scenario& scenario) noexcept;

/// Such a change where a trace of epochs does not tell the shares around it, since a rule moves the world by counts by
/// type, which it does not keep; or null.
const Change* untold_change(const Scenario& scenario) noexcept;

}  // namespace loopgate
