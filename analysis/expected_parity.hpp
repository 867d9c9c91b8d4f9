#pragma once

#include <span>
#include <string>
#include <vector>

namespace loopgate {

/// The gap of expected selection rates, largest minus smallest, of each epoch: [epochs] in [0, 1], from the expected
/// residuals of a parity constraint, [epochs x residuals]. Those come as d - tolerance and -d - tolerance of a signed
/// difference d, of two groups or of a group and everyone, so that the tolerance cancels, also where it changes. Empty
/// without such a constraint: a trace holds no expected selection rates. NaN in an epoch in which a rate is undefined,
/// as with a route.
/// groups, residuals: their names.
std::vector<double> expected_parity_gaps(std::span<const std::string> groups, std::span<const std::string> residuals,
                                         std::span<const double> expected_residual);

}  // namespace loopgate
