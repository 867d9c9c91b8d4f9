#pragma once

#include <cstdint>
#include <span>

#include "core/random/rng.hpp"

namespace loopgate {

// Samplers of our own, since those of the standard library differ between implementations. Each takes all its
// randomness from the Rng handed to it.

/// Quantile of the standard normal law; u in (0, 1). Wichura 1988 (algorithm AS 241, PPND16, doi:10.2307/2347330),
/// relative error about 1e-16. Monotone to rounding.
double normal_quantile(double u) noexcept;
double normal_cdf(double x) noexcept;

double sample_normal(Rng& rng) noexcept;                           ///< mean 0, sd 1, by inverse CDF: one uniform
double sample_exponential(Rng& rng) noexcept;                      ///< mean 1, by inverse CDF: one uniform
double sample_gamma(double shape, Rng& rng) noexcept;              ///< scale 1; shape > 0. Marsaglia & Tsang 2000
double sample_beta(double alpha, double beta, Rng& rng) noexcept;  ///< alpha, beta > 0; two gammas
/// mean in [0, most_poisson_mean]. Logarithms of probabilities are exact to 1e-7 up to there, and so are those of
/// sample_binomial.
std::uint64_t sample_poisson(double mean, Rng& rng) noexcept;
inline constexpr double most_poisson_mean = 1e15;
std::uint64_t sample_binomial(std::uint64_t n, double p, Rng& rng) noexcept;  ///< p in [0, 1]; n at most 2^53
/// counts [k] of n trials with probabilities p [k], each >= 0, sum > 0 (normalised here): a chain of binomials.
void sample_multinomial(std::uint64_t n, std::span<const double> p, std::span<std::uint64_t> counts, Rng& rng) noexcept;

}  // namespace loopgate
