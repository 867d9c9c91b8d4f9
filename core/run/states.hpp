#pragma once

#include <span>

#include "core/model/dynamics.hpp"

namespace loopgate {

/// What entries name of a composition: out [entries.size()].
void state_values(std::span<const StateEntry> entries, const Composition& composition, std::span<double> out);

/// The other way. Shares, where entries has them, are those of all groups; populations without them are those who
/// apply too.
void set_states(std::span<const StateEntry> entries, std::span<const double> values, Composition& composition);

}  // namespace loopgate
