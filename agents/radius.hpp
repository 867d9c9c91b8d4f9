#pragma once

#include <cstdint>

#include "core/scenario/schema.hpp"

namespace loopgate {

/// A confidence radius by name.
struct RadiusRule {
  enum class Type : std::uint8_t { ucb1, hoeffding, hoeffding_anytime, empirical_bernstein };
  Type type = Type::ucb1;
  double scale = 1.0;
  double confidence = 0.05;
};

/// What is known of one stream of one arm.
struct StreamEvidence {
  double width;     ///< of the range of its values
  double count;     ///< observations; 0 gives an infinite radius
  double variance;  ///< biased; empirical_bernstein only
};

/// What is common to all streams.
struct RadiusContext {
  double rounds;     ///< completed rounds t
  double n_streams;  ///< arms x (1 + residuals)
  double horizon;    ///< rounds planned
};

/// Half-width of a confidence interval of a mean, in the stream's unit. With b = width, n = count, N = n_streams:
/// ucb1: scale b sqrt(ln t / n) (Auer, Cesa-Bianchi & Fischer 2002; scale sqrt 2 is UCB1);
/// hoeffding: scale b sqrt(ln(2 N T / confidence) / (2 n));
/// hoeffding_anytime: scale b sqrt(ln(pi^2 N n^2 / (3 confidence)) / (2 n));
/// empirical_bernstein: scale (sqrt(2 V ln(3/d) / n) + 3 b ln(3/d) / n) (Audibert, Munos & Szepesvari 2009), where
/// d = confidence / (N T) is our own union bound over streams and rounds.
double radius(const RadiusRule& rule, const StreamEvidence& evidence, const RadiusContext& context) noexcept;

double empirical_bernstein(double width, double count, double variance, double d) noexcept;  ///< without scale

Schema radius_schema();
extern const char* const default_radius;  ///< YAML, the same for every agent that builds on confidence radii
RadiusRule make_radius(const Node& settings);

}  // namespace loopgate
