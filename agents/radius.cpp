#include "agents/radius.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace loopgate {

Radius::Radius(const RadiusRule& rule, double n_streams, double horizon) noexcept
    : type_(rule.type), scale_(rule.scale) {
  switch (type_) {
    case RadiusRule::Type::ucb1:
      break;
    case RadiusRule::Type::hoeffding:
      scale_ *= std::sqrt(0.5 * std::log(2.0 * n_streams * horizon / rule.confidence));
      break;
    case RadiusRule::Type::hoeffding_anytime:
      log_ = std::log(std::numbers::pi * std::numbers::pi * n_streams / (3.0 * rule.confidence));
      break;
    case RadiusRule::Type::empirical_bernstein:
      log_ = std::log(3.0 * n_streams * horizon / rule.confidence);
      break;
  }
}

double Radius::level(double rounds) const noexcept {
  if (type_ != RadiusRule::Type::ucb1) return 1.0;
  return rounds > 1.0 ? std::sqrt(std::log(rounds)) : 0.0;
}

double Radius::unit(double width, double count, double variance) const noexcept {
  if (count <= 0.0) return std::numeric_limits<double>::infinity();
  switch (type_) {
    case RadiusRule::Type::ucb1:
    case RadiusRule::Type::hoeffding:
      return scale_ * width / std::sqrt(count);
    case RadiusRule::Type::hoeffding_anytime:
      return scale_ * width * std::sqrt((log_ + 2.0 * std::log(std::fmax(count, 1.0))) / (2.0 * count));
    case RadiusRule::Type::empirical_bernstein:
      return scale_ * (std::sqrt(2.0 * variance * log_ / count) + 3.0 * width * log_ / count);
  }
  return std::numeric_limits<double>::infinity();
}

const char* const default_radius = "{type: ucb1}";

Schema radius_schema() {
  const Interval probability{0.0, 1.0, true, true};
  const Key scale = defaulted("scale", number(radius_scales), "1", "factor on the radius");
  const Key confidence = defaulted("confidence", number(probability), "0.05", "chance that any interval ever fails");
  return component("type",
                   {{"ucb1",
                     "scale width sqrt(ln t / n)",
                     {defaulted("scale", number(radius_scales), "0.05",
                                "factor on the radius; sqrt 2 is UCB1 of Auer et al. 2002")}},
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
