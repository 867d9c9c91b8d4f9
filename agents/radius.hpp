#pragma once

#include <cstdint>
#include <limits>

#include "core/scenario/schema.hpp"

namespace loopgate {

/// A confidence radius by name.
struct RadiusRule {
  enum class Type : std::uint8_t { ucb1, hoeffding, hoeffding_anytime, empirical_bernstein };
  Type type = Type::ucb1;
  double scale = 1.0;
  double confidence = 0.05;
};

/// Half-width of a confidence interval of a mean, in the stream's unit: level(t) unit(b, n, V), so that all that
/// depends on the round is common to every arm and stream. With t completed rounds, b = width of the range of the
/// values, n = count, V = biased variance, N = n_streams, T = horizon: ucb1: scale b sqrt(ln t / n) (Auer, Cesa-Bianchi
/// & Fischer 2002; scale sqrt 2 is UCB1); hoeffding: scale b sqrt(ln(2 N T / confidence) / (2 n)); hoeffding_anytime:
/// scale b sqrt(ln(pi^2 N n^2 / (3 confidence)) / (2 n)), n at least 1 in the logarithm; empirical_bernstein: scale
/// (sqrt(2 V ln(3/d) / n) + 3 b ln(3/d) / n) (Audibert, Munos & Szepesvari 2009), where d = confidence / (N T) is our
/// own union bound over streams and rounds.
class Radius {
 public:
  /// n_streams: arms x (1 + residuals); horizon: rounds planned.
  Radius(const RadiusRule& rule, double n_streams, double horizon) noexcept;

  double level(double rounds) const noexcept;  ///< [0, inf)
  /// count 0: infinite. variance is read by empirical_bernstein alone.
  double unit(double width, double count, double variance) const noexcept;

  bool needs_variance() const noexcept { return type_ == RadiusRule::Type::empirical_bernstein; }
  /// True where unit(b, c n, V) = unit(b, n, V) / sqrt(c).
  bool falls_as_root() const noexcept {
    return type_ == RadiusRule::Type::ucb1 || type_ == RadiusRule::Type::hoeffding;
  }

 private:
  RadiusRule::Type type_;
  double scale_;      ///< of roots: with all but width and count
  double log_ = 0.0;  ///< the part of the logarithm that never changes
};

inline constexpr Interval radius_scales{0.0, std::numeric_limits<double>::infinity(), true};
Schema radius_schema();
extern const char* const default_radius;  ///< YAML, the same for every agent that builds on confidence radii
RadiusRule make_radius(const Node& settings);

}  // namespace loopgate
