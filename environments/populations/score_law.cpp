#include "environments/populations/score_law.hpp"

#include <algorithm>
#include <array>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/quadrature/tanh_sinh.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <numbers>

#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

constexpr Interval no_mean{1.0, 0.0};

/// Gauss-Legendre, 20 nodes a panel; panels no wider than `widest`, at most 400 of them.
template <class Function>
double by_panels(const Function& f, double low, double high, double widest) {
  if (!(low < high)) return 0.0;
  const int n = static_cast<int>(std::clamp(std::ceil((high - low) / widest), 1.0, 400.0));
  const double width = (high - low) / n;
  double total = 0.0;
  for (int i = 0; i < n; ++i)
    total += boost::math::quadrature::gauss<double, 20>::integrate(f, low + width * i, low + width * (i + 1));
  return total;
}

class Uniform final : public ScoreLaw {
 public:
  Uniform(double low, double high) : low_(low), high_(high) {}
  Interval support() const noexcept override { return {low_, high_}; }
  double mean() const noexcept override { return undefined; }
  Interval mean_range() const noexcept override { return no_mean; }
  double quantile(double u, double) const noexcept override { return low_ + (high_ - low_) * u; }
  void quantile_each(double mean, std::span<double> u) const noexcept override {
    for (double& x : u) x = quantile(x, mean);
  }
  double tail(double s, double) const noexcept override { return std::clamp((high_ - s) / (high_ - low_), 0.0, 1.0); }
  double success_above(const SuccessRule& p, double from, double) const override {
    return by_panels(p, std::clamp(from, low_, high_), high_, 4.0 / p.steepness()) / (high_ - low_);
  }

 private:
  double low_, high_;
};

class Triangular final : public ScoreLaw {
 public:
  Triangular(double low, double mode, double high) : low_(low), mode_(mode), high_(high) {}
  Interval support() const noexcept override { return {low_, high_}; }
  double mean() const noexcept override { return undefined; }
  Interval mean_range() const noexcept override { return no_mean; }
  double quantile(double u, double) const noexcept override {
    const double width = high_ - low_;
    if (u * width < mode_ - low_) return low_ + std::sqrt(u * width * (mode_ - low_));
    return high_ - std::sqrt((1.0 - u) * width * (high_ - mode_));
  }
  void quantile_each(double mean, std::span<double> u) const noexcept override {
    for (double& x : u) x = quantile(x, mean);
  }
  double tail(double s, double) const noexcept override {
    if (s <= low_) return 1.0;
    if (s >= high_) return 0.0;
    const double width = high_ - low_;
    if (s < mode_) return 1.0 - (s - low_) * (s - low_) / (width * (mode_ - low_));
    return (high_ - s) * (high_ - s) / (width * (high_ - mode_));
  }
  double success_above(const SuccessRule& p, double from, double) const override {
    const double start = std::clamp(from, low_, high_);
    const double width = high_ - low_;
    const auto rising = [&](double s) { return p(s) * 2.0 * (s - low_) / (width * (mode_ - low_)); };
    const auto falling = [&](double s) { return p(s) * 2.0 * (high_ - s) / (width * (high_ - mode_)); };
    return by_panels(rising, start, mode_, 4.0 / p.steepness()) +
           by_panels(falling, std::max(start, mode_), high_, 4.0 / p.steepness());
  }

 private:
  double low_, mode_, high_;
};

class Beta final : public ScoreLaw {
 public:
  Beta(double mean, double precision) : mean_(mean), precision_(precision) {}
  Interval support() const noexcept override { return {0.0, 1.0}; }
  double mean() const noexcept override { return mean_; }
  Interval mean_range() const noexcept override { return {0.0, 1.0, true, true}; }
  double quantile(double u, double mean) const noexcept override {
    if (u <= 0.0) return 0.0;
    if (u >= 1.0) return 1.0;
    return boost::math::ibeta_inv(mean * precision_, (1.0 - mean) * precision_, u);
  }
  void quantile_each(double mean, std::span<double> u) const noexcept override {
    for (double& x : u) x = quantile(x, mean);
  }
  double tail(double s, double mean) const noexcept override {
    return boost::math::ibetac(mean * precision_, (1.0 - mean) * precision_, std::clamp(s, 0.0, 1.0));
  }
  double success_above(const SuccessRule& p, double from, double mean) const override {
    const double a = mean * precision_, b = (1.0 - mean) * precision_;
    if (from >= 1.0) return 0.0;
    const double low = std::max(from, 0.0);
    if (p.is_score) return mean * boost::math::ibetac(a + 1.0, b, low);
    // tanh-sinh copes with the poles that the density has at 0 and 1 for a < 1 or b < 1, if each is at the 0 of its
    // half: next to 1 doubles are too far apart.
    boost::math::quadrature::tanh_sinh<double> rule;
    const std::function<double(double)> lower = [&](double s) {
      return s <= 0.0 ? 0.0 : p(s) * boost::math::ibeta_derivative(a, b, s);
    };
    const std::function<double(double)> upper = [&](double u) {
      return u <= 0.0 ? 0.0 : p(1.0 - u) * boost::math::ibeta_derivative(b, a, u);
    };
    const double below = low < 0.5 ? rule.integrate(lower, low, 0.5, 1e-12) : 0.0;
    return below + rule.integrate(upper, 0.0, 1.0 - std::max(low, 0.5), 1e-12);
  }

 private:
  double mean_, precision_;
};

struct IdentityLink {
  static double value(double x) noexcept { return x; }
  static double inverse(double s) noexcept { return s; }
  static Interval range() noexcept { return {}; }
};

struct LogitLink {
  static double value(double x) noexcept { return 1.0 / (1.0 + std::exp(-x)); }
  static double inverse(double s) noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (s <= 0.0) return -infinity;
    if (s >= 1.0) return infinity;
    return std::log(s / (1.0 - s));
  }
  static Interval range() noexcept { return {0.0, 1.0}; }
};

/// Standard normal z, seen through score = link(mean + sd z), link strictly increasing with slopes of at most 1.
template <class Link>
class NormalBased final : public ScoreLaw {
 public:
  NormalBased(double mean, double sd) : mean_(mean), sd_(sd) {
    for (std::size_t c = 0; c <= n_kept; ++c) kept_[c] = normal(static_cast<double>(c) / n_kept);
  }
  Interval support() const noexcept override { return Link::range(); }
  double mean() const noexcept override { return mean_; }
  Interval mean_range() const noexcept override { return {}; }
  double quantile(double u, double mean) const noexcept override { return Link::value(mean + sd_ * normal(u)); }
  void quantiles(double mean, std::span<double> out) const noexcept override {
    if (out.size() != kept_.size()) return ScoreLaw::quantiles(mean, out);
    for (std::size_t c = 0; c < out.size(); ++c) out[c] = Link::value(mean + sd_ * kept_[c]);
  }
  void quantile_each(double mean, std::span<double> u) const noexcept override {
    for (double& x : u) x = quantile(x, mean);
  }
  double tail(double s, double mean) const noexcept override { return normal_cdf((mean - Link::inverse(s)) / sd_); }
  double success_above(const SuccessRule& success, double from, double mean) const override {
    const double widest = std::min(4.0, 6.0 / (sd_ * success.steepness()));
    if (success.is_score) return above([&](double x) { return Link::value(x); }, from, mean, widest);
    return above([&](double x) { return success(Link::value(x)); }, from, mean, widest);
  }

 private:
  static constexpr std::size_t n_kept = 64;  ///< cells of tables that are made anew in each epoch

  static double normal(double u) noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return u <= 0.0 ? -infinity : u >= 1.0 ? infinity : normal_quantile(u);
  }
  template <class Success>
  double above(const Success& p, double from, double mean, double widest) const {
    constexpr double far = 9.0;  // P(|Z| > 9) = 2e-19
    const double low = std::clamp((Link::inverse(from) - mean) / sd_, -far, far);
    const auto weighted = [&](double z) {
      return p(mean + sd_ * z) * std::exp(-0.5 * z * z) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    };
    return by_panels(weighted, low, far, widest);
  }

  double mean_, sd_;
  std::array<double, n_kept + 1> kept_;  ///< normal quantiles
};

const Interval positive{0.0, std::numeric_limits<double>::infinity(), true};
const Interval inside_unit{0.0, 1.0, true, true};

}  // namespace

Schema score_law_schema() {
  return component(
      "law", {{"uniform",
               "constant density between low and high",
               {required("low", number(), "smallest score"), required("high", number(), "largest score, above low")}},
              {"triangular",
               "density rising from low to mode and falling to high",
               {required("low", number(), "smallest score"), required("mode", number(), "score of the highest density"),
                required("high", number(), "largest score, above low")}},
              {"beta",
               "Beta(mean precision, (1 - mean) precision)",
               {required("mean", number(inside_unit), "mean score"),
                required("precision", number(positive), "sum of the two shape parameters")}},
              {"normal",
               "normal law; needs `success: {law: logistic}`",
               {required("mean", number(), "mean score"), required("sd", number(positive), "standard deviation")}},
              {"logit_normal",
               "1 / (1 + exp(-x)) of a normal x",
               {required("mean", number(), "mean of x, on the logit scale"),
                required("sd", number(positive), "standard deviation of x")}}});
}

std::unique_ptr<ScoreLaw> make_score_law(const Node& settings, Diagnostics& diagnostics) {
  const std::string& law = settings.string("law");
  if (law == "beta") return std::make_unique<Beta>(settings.number("mean"), settings.number("precision"));
  if (law == "normal")
    return std::make_unique<NormalBased<IdentityLink>>(settings.number("mean"), settings.number("sd"));
  if (law == "logit_normal")
    return std::make_unique<NormalBased<LogitLink>>(settings.number("mean"), settings.number("sd"));
  const double low = settings.number("low"), high = settings.number("high");
  if (!(low < high)) {
    diagnostics.error(settings.at("high"), "is not above low = " + settings.string("low"));
    return nullptr;
  }
  if (law == "uniform") return std::make_unique<Uniform>(low, high);
  const double mode = settings.number("mode");
  if (mode < low || mode > high) {
    diagnostics.error(settings.at("mode"), "is not between low and high");
    return nullptr;
  }
  return std::make_unique<Triangular>(low, mode, high);
}

}  // namespace loopgate
