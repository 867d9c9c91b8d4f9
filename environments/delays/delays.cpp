#include "environments/delays/delays.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

const Interval positive{0.0, std::numeric_limits<double>::infinity(), true}, not_negative{0.0};

class Fixed final : public Delay {
 public:
  explicit Fixed(double time) : time_(time) {}
  double exceeded_with(double) const noexcept override { return time_; }

 private:
  double time_;
};

class LogNormal final : public Delay {
 public:
  LogNormal(double median, double sigma) : median_(median), sigma_(sigma) {}
  double exceeded_with(double q) const noexcept override { return median_ * std::exp(-sigma_ * normal_quantile(q)); }

 private:
  double median_, sigma_;
};

/// With shape 1 the exponential law.
class Weibull final : public Delay {
 public:
  Weibull(double scale, double shape) : scale_(scale), power_(1.0 / shape) {}
  double exceeded_with(double q) const noexcept override {
    const double x = -std::log(q);
    return scale_ * (power_ == 1.0 ? x : std::pow(x, power_));
  }

 private:
  double scale_, power_;
};

class Table final : public Delay {
 public:
  /// times increasing, weights > 0, both [n].
  Table(std::vector<double> times, const std::vector<double>& weights) : times_(std::move(times)) {
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    longer_.resize(times_.size(), 0.0);
    for (std::size_t k = times_.size() - 1; k-- > 0;) longer_[k] = longer_[k + 1] + weights[k + 1] / total;
  }
  /// The first time that is exceeded with probability q or less.
  double exceeded_with(double q) const noexcept override {
    const auto first = std::ranges::partition_point(longer_, [q](double longer) { return longer > q; });
    return times_[static_cast<std::size_t>(first - longer_.begin())];
  }

 private:
  std::vector<double> times_, longer_;  ///< [n] P(delay > time)
};

}  // namespace

Description describe_fixed_delay() {
  return {"fixed", "always the same time", {required("time", number(not_negative), "how long it takes")}};
}

std::unique_ptr<Delay> make_fixed_delay(const Node& settings, Diagnostics&) {
  return std::make_unique<Fixed>(settings.number("time"));
}

Description describe_exponential_delay() {
  return {"exponential",
          "the same chance to be over at every moment",
          {required("mean", number(positive), "mean time")},
          "P(delay > t) = exp(-t / mean)"};
}

std::unique_ptr<Delay> make_exponential_delay(const Node& settings, Diagnostics&) {
  return std::make_unique<Weibull>(settings.number("mean"), 1.0);
}

Description describe_lognormal_delay() {
  return {"lognormal",
          "the logarithm is normal: most are near the median, a few take very long",
          {required("median", number(positive), "time that half of them take at most"),
           required("sigma", number(positive), "standard deviation of the natural logarithm")},
          "delay = median exp(sigma z), z standard normal"};
}

std::unique_ptr<Delay> make_lognormal_delay(const Node& settings, Diagnostics&) {
  return std::make_unique<LogNormal>(settings.number("median"), settings.number("sigma"));
}

Description describe_weibull_delay() {
  return {"weibull",
          "the chance to be over at a moment rises (shape > 1) or falls (shape < 1) with the time that has passed",
          {required("scale", number(positive), "time that all but 37 % take at most"),
           required("shape", number(positive), "1: exponential; large: nearly fixed")},
          "P(delay > t) = exp(-(t / scale)^shape)"};
}

std::unique_ptr<Delay> make_weibull_delay(const Node& settings, Diagnostics&) {
  return std::make_unique<Weibull>(settings.number("scale"), settings.number("shape"));
}

Description describe_table_delay() {
  return {"table",
          "one of some times, each with its weight",
          {required("times", list_of(number(not_negative), 1), "increasing"),
           required("weights", list_of(number(positive), 1), "of each time: divided by their sum")}};
}

std::unique_ptr<Delay> make_table_delay(const Node& settings, Diagnostics& diagnostics) {
  const Node &times = settings.at("times"), &weights = settings.at("weights");
  const std::size_t before = diagnostics.count();
  if (weights.items.size() != times.items.size())
    diagnostics.error(weights, "has " + std::to_string(weights.items.size()) + " values",
                      "one for each of the " + std::to_string(times.items.size()) + " times");
  for (std::size_t k = 1; k < times.items.size(); ++k)
    if (!(times.items[k].number() > times.items[k - 1].number()))
      diagnostics.error(times.items[k], "is not above the time before it", "times in increasing order");
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<Table>(times.numbers(), weights.numbers());
}

}  // namespace loopgate
