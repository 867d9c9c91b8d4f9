#include "analysis/sequences.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace loopgate {

namespace {

bool is_level(double alpha) { return alpha > 0.0 && alpha < 1.0; }

Estimate within(Interval range, double sum, double radius, std::size_t n) {
  if (n == 0) return {};
  const double m = sum / static_cast<double>(n), half = radius / static_cast<double>(n);
  return {m, std::max(range.low, m - half), std::min(range.high, m + half), n};
}

}  // namespace

double normal_mixture_rho(double v_opt, double alpha) {
  LOOPGATE_EXPECT(v_opt > 0.0 && is_level(alpha));
  const double level = 2.0 * std::log(1.0 / alpha);
  return v_opt / (level + std::log(1.0 + level));
}

double normal_mixture_boundary(double v, double rho, double alpha) {
  LOOPGATE_EXPECT(v >= 0.0 && rho > 0.0 && is_level(alpha));
  return std::sqrt((v + rho) * (std::log(1.0 + v / rho) + 2.0 * std::log(1.0 / alpha)));
}

double stitched_boundary(double v, double v_min, double scale, double alpha) {
  LOOPGATE_EXPECT(v >= 0.0 && v_min > 0.0 && scale >= 0.0 && is_level(alpha));
  constexpr double s = 1.4, eta = 2.0, zeta = 3.1055472779775810;  // Riemann's zeta(1.4)
  const double time = std::max(v, v_min);
  const double k1 = (std::pow(eta, 0.25) + std::pow(eta, -0.25)) / std::sqrt(2.0), k2 = (std::sqrt(eta) + 1.0) / 2.0;
  const double l =
      s * std::log(std::log(eta * time / v_min)) + std::log(zeta / std::pow(std::log(eta), s)) + std::log(1.0 / alpha);
  return std::sqrt(k1 * k1 * time * l + k2 * k2 * scale * scale * l * l) + k2 * scale * l;
}

MixtureSequence::MixtureSequence(Interval range, double alpha, std::size_t n_opt)
    : range_(range),
      alpha_(alpha),
      rho_(normal_mixture_rho(static_cast<double>(n_opt) * range.width() * range.width() / 4.0, alpha)) {}

void MixtureSequence::add(double value) {
  LOOPGATE_EXPECT(range_.contains(value));
  sum_ += value;
  ++n_;
}

Estimate MixtureSequence::estimate() const {
  const double v = static_cast<double>(n_) * range_.width() * range_.width() / 4.0;
  return within(range_, sum_, normal_mixture_boundary(v, rho_, alpha_), n_);
}

BernsteinSequence::BernsteinSequence(Interval range, double alpha) : range_(range), alpha_(alpha) {
  LOOPGATE_EXPECT(range.width() > 0.0 && std::isfinite(range.width()) && is_level(alpha));
}

void BernsteinSequence::add(double value) {
  LOOPGATE_EXPECT(range_.contains(value));
  const double predicted = n_ > 0 ? sum_ / static_cast<double>(n_) : 0.5 * (range_.low + range_.high);
  squares_ += (value - predicted) * (value - predicted);
  sum_ += value;
  ++n_;
}

Estimate BernsteinSequence::estimate() const {
  const double width = range_.width();
  return within(range_, sum_, stitched_boundary(squares_, width * width, width, alpha_ / 2.0), n_);
}

double predictable_mixture_lower(std::span<const double> x, double alpha, double start_mean) {
  LOOPGATE_EXPECT(is_level(alpha) && start_mean >= 0.0 && start_mean <= 1.0);
  const double evidence = std::log(1.0 / alpha);
  double weights = 0.0, weighted = 0.0, cost = 0.0, sum = 0.0, squares = 0.25, predicted = start_mean;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double n = static_cast<double>(i + 1), variance = squares / n;
    const double lambda = std::min(0.5, std::sqrt(2.0 * evidence / (n * std::log(1.0 + n) * variance)));
    const double error = x[i] - predicted;
    weights += lambda;
    weighted += lambda * x[i];
    cost += error * error * (-std::log1p(-lambda) - lambda);
    sum += x[i];
    predicted = sum / n;
    squares += (x[i] - predicted) * (x[i] - predicted);
  }
  return x.empty() ? 0.0 : std::max(0.0, (weighted - evidence - cost) / weights);
}

double e_value(std::span<const double> d, std::span<const double> lambda) {
  LOOPGATE_EXPECT(d.size() == lambda.size());
  double product = 1.0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    LOOPGATE_EXPECT(d[i] >= -1.0 && d[i] <= 1.0 && lambda[i] >= 0.0 && lambda[i] <= 0.5);
    product *= 1.0 + lambda[i] * d[i];
  }
  return product;
}

}  // namespace loopgate
