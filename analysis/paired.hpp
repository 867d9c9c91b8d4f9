#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/intervals.hpp"

namespace loopgate {

// Comparisons of agents that decided on the same applicants (common random numbers): differences are taken replication
// by replication, which removes what the applicants had in common.

/// x - y, replication by replication: [n], where both have n values.
std::vector<double> paired_differences(std::span<const double> x, std::span<const double> y);

/// How many times more replications independent runs would take for the same precision:
/// (var x + var y) / var(x - y). Below 1 the pairing did harm; NaN for fewer than two values, or where it is 0 / 0.
double variance_reduction_factor(std::span<const double> x, std::span<const double> y);

/// Two-sided p-value of the hypothesis that the differences d are symmetric about 0, by flipping their signs: the
/// share of sign patterns whose |sum| is at least that of d. Exact for n <= 40 (sums of both halves, sorted, are
/// counted against each other in O(2^(n/2))); beyond, (b + 1) / (n_random + 1) with random patterns, of which b reach
/// it. NaN for none. Fisher 1935; Phipson & Smyth 2010, doi:10.2202/1544-6115.1585.
double sign_flip_p_value(std::span<const double> d, std::size_t n_random, Rng& rng);

/// The least p-value that sign_flip_p_value can give for n values: 2^(1 - n), or 1 / (n_random + 1) for more than 40.
double least_sign_flip_p_value(std::size_t n, std::size_t n_random) noexcept;

/// Values that n_tests exact sign-flip tests need each, so that Holm's adjustment of the least p-value that they can
/// have, n_tests 2^(1 - n), is at most alpha in (0, 1). For all pairs of 2, 3, 4, 5, 8, 12, 28, 100 agents at 0.05: 6,
/// 7, 8, 9, 11, 12, 14, 18.
std::size_t least_replications(std::size_t n_tests, double alpha);

/// Adjusted p-values that keep the probability of any false rejection below alpha, whatever their dependence: sorted,
/// the i-th (from 0) of m times m - i, made monotone. p: [m] in [0, 1]; the result is in p's order. Holm 1979.
std::vector<double> holm(std::span<const double> p);
/// The same for the expected share of false rejections among all; needs independent or positively dependent tests.
/// Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
std::vector<double> benjamini_hochberg(std::span<const double> p);

/// Two independent samples: difference of means and its interval (Welch 1947, doi:10.1093/biomet/34.1-2.28), and the
/// two-sided p-value. NaN with fewer than two values in either; p is 1 or 0 where neither varies.
struct WelchComparison {
  Estimate difference;  ///< n: of the smaller sample
  double p = undefined;
};
WelchComparison welch(std::span<const double> x, std::span<const double> y, double level);

/// Below so many replications no agent is called better than another, however few agents there are.
inline constexpr std::size_t minimum_replications = 10;

enum class Verdict : unsigned char { too_few, undecided, different };
/// too_few below minimum_replications, however small p is; different iff p <= alpha. p NaN: undecided.
Verdict verdict(std::size_t n_replications, double p, double alpha) noexcept;

}  // namespace loopgate
