#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/random/rng.hpp"

namespace loopgate {

/// A normal law.
struct NormalLaw {
  double mean, sd;  ///< sd > 0

  double draw(Rng& rng) const noexcept;
};

/// A beta law, a, b >= 1.
struct BetaLaw {
  BetaLaw(double first, double second);
  double draw(Rng& rng) const noexcept;

  double a, b;
  double log_constant;  ///< of the density: - ln B(a, b)
};

/// Probability that an independent draw of laws[k] exceeds one of each other law [n]: the integral of its density times
/// the product of the others' distribution functions, by Gauss-Legendre panels as wide as the narrowest law that still
/// changes there. Absolute error below 1e-6 for up to 1,000 laws.
double probability_largest(std::span<const NormalLaw> laws, std::size_t k);
double probability_largest(std::span<const BetaLaw> laws, std::size_t k);

/// The same of every law at once, in a time that grows with their number and not with its square; overwrites
/// probability [n]. Sums of any of them are off by less than 1e-5 for up to 65,536 laws.
void probabilities_largest(std::span<const NormalLaw> laws, std::vector<double>& probability);
void probabilities_largest(std::span<const BetaLaw> laws, std::vector<double>& probability);

}  // namespace loopgate
