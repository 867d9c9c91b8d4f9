#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

// Inequality of amounts x >= 0, of which there are `weight` each (counts, >= 0; empty: one each). NaN where there are
// none or their mean is 0.

/// Gini coefficient, in [0, 1): sum (2i - n - 1) x_(i) / (n^2 mean) for unit weights.
double gini(std::span<const double> x, std::span<const double> weight = {});

/// Ordinates of the Lorenz curve at 0, 1/n, ..., 1: shares of the total held by the poorest. [n + 1]; empty where NaN.
std::vector<double> lorenz_curve(std::span<const double> x);

/// Generalised entropy (Shorrocks 1980, doi:10.2307/1913126) mean[(x/m)^a - 1] / (a (a - 1)); a = 0: -mean ln(x/m),
/// infinite with an x of 0; a = 1: mean (x/m) ln(x/m).
double generalised_entropy(std::span<const double> x, double a, std::span<const double> weight = {});

/// The same, split: what is left if every group gave all its members the same (between), and the rest (within).
struct EntropySplit {
  double within = undefined, between = undefined;
  double total() const noexcept { return within + between; }
};
EntropySplit generalised_entropy_split(std::span<const double> x, std::span<const std::uint32_t> group, double a,
                                       std::span<const double> weight = {});

/// Atkinson index of aversion 1: 1 - geometric mean / mean, in [0, 1].
double atkinson(std::span<const double> x);

}  // namespace loopgate
