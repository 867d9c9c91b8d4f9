#include "agents/radius.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace loopgate {

double empirical_bernstein(double width, double count, double variance, double d) noexcept {
  const double log_term = std::log(3.0 / d);
  return std::sqrt(2.0 * variance * log_term / count) + 3.0 * width * log_term / count;
}

double radius(const RadiusRule& rule, const StreamEvidence& evidence, const RadiusContext& context) noexcept {
  const double b = evidence.width, n = evidence.count;
  if (n <= 0.0) return std::numeric_limits<double>::infinity();
  switch (rule.type) {
    case RadiusRule::Type::ucb1: {
      const double log_rounds = context.rounds > 1.0 ? std::log(context.rounds) : 0.0;
      return rule.scale * b * std::sqrt(log_rounds / n);
    }
    case RadiusRule::Type::hoeffding:
      return rule.scale * b *
             std::sqrt(std::log(2.0 * context.n_streams * context.horizon / rule.confidence) / (2.0 * n));
    case RadiusRule::Type::hoeffding_anytime: {
      constexpr double square = std::numbers::pi * std::numbers::pi;
      const double budget = std::log(square * context.n_streams * std::fmax(n * n, 1.0) / (3.0 * rule.confidence));
      return rule.scale * b * std::sqrt(budget / (2.0 * n));
    }
    case RadiusRule::Type::empirical_bernstein:
      return rule.scale *
             empirical_bernstein(b, n, evidence.variance, rule.confidence / (context.n_streams * context.horizon));
  }
  return std::numeric_limits<double>::infinity();
}

const char* const default_radius = "{type: ucb1}";

Schema radius_schema() {
  const Interval positive{0.0, std::numeric_limits<double>::infinity(), true};
  const Interval probability{0.0, 1.0, true, true};
  const Key scale = defaulted("scale", number(positive), "1", "factor on the radius");
  const Key confidence = defaulted("confidence", number(probability), "0.05", "chance that any interval ever fails");
  return component(
      "type",
      {{"ucb1",
        "scale width sqrt(ln t / n)",
        {defaulted("scale", number(positive), "0.05", "factor on the radius; sqrt 2 is UCB1 of Auer et al. 2002")}},
       {"hoeffding", "valid for all arms, streams and rounds at once", {scale, confidence}},
       {"hoeffding_anytime", "the same without knowing the horizon", {scale, confidence}},
       {"empirical_bernstein", "narrow where the observed variance is small", {scale, confidence}}});
}

RadiusRule make_radius(const Node& settings) {
  RadiusRule rule;
  const std::string& type = settings.string("type");
  rule.type = type == "hoeffding"             ? RadiusRule::Type::hoeffding
              : type == "hoeffding_anytime"   ? RadiusRule::Type::hoeffding_anytime
              : type == "empirical_bernstein" ? RadiusRule::Type::empirical_bernstein
                                              : RadiusRule::Type::ucb1;
  rule.scale = settings.number("scale");
  if (settings.has("confidence")) rule.confidence = settings.number("confidence");
  return rule;
}

}  // namespace loopgate
