#pragma once

#include <boost/container/small_vector.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

// What rules share.

inline constexpr Interval rate_range{0.0, 1.0, true}, part_range{0.0, 1.0};

/// One number a group, on the stack for as many groups as scenarios mostly have.
using PerGroup = boost::container::small_vector<double, 16>;

/// The entries of one kind for all groups.
std::vector<StateEntry> every(StateEntry::Kind kind, std::size_t n_groups);

Key rate_key();  ///< `rate`, in (0, 1]: part of the way to a target that is gone per epoch

/// A number for all groups, or a mapping from each group to its own.
Schema per_group(Interval range);
/// [n_groups] what such a value says. Groups without a value and values without a group are problems.
std::vector<double> per_group_values(const Node& value, const std::vector<std::string>& groups,
                                     Diagnostics& diagnostics);
/// Appends a parameter for each group.
void add_per_group(std::vector<Parameter>& all, const std::string& name, Interval range, std::span<const double> value);

/// Problems unless some but not all of every group would succeed, and each outcome has its own law of scores.
void check_class_conditional(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics);

/// What the epoch tells of one group; NaN where there was nobody to tell.
double selection_rate(const EpochTally& tally, std::size_t g) noexcept;
double true_positive_rate(const EpochTally& tally, std::size_t g) noexcept;   ///< accepted of the qualified
double false_positive_rate(const EpochTally& tally, std::size_t g) noexcept;  ///< accepted of the unqualified

}  // namespace loopgate
