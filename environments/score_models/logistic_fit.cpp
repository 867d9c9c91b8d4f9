#include "environments/score_models/logistic_fit.hpp"

#include <Eigen/Dense>
#include <cmath>

#include "core/error.hpp"

namespace loopgate {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr int most_iterations = 100;

Eigen::Map<const Vector> vector(std::span<const double> values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

Matrix matrix(std::span<const double> values, std::size_t n_columns) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  LOOPGATE_EXPECT(n_columns > 0 && values.size() % n_columns == 0);
  return Eigen::Map<const RowMajor>(values.data(), static_cast<Eigen::Index>(values.size() / n_columns),
                                    static_cast<Eigen::Index>(n_columns));
}

Vector sigmoid(const Vector& x) { return (1.0 + (-x.array()).exp()).inverse().matrix(); }

double log_loss(const Vector& linear, const Eigen::Map<const Vector>& total, const Eigen::Map<const Vector>& positive) {
  // ln(1 + e^z) without overflow
  const auto softplus = linear.array().max(0.0) + (1.0 + (-linear.array().abs()).exp()).log();
  return (total.array() * softplus - positive.array() * linear.array()).sum();
}

double value(const Dataset& data, std::size_t i, std::size_t j) { return data.features[i * data.n_features() + j]; }

}  // namespace

Design::Design(const Dataset& data, const std::vector<std::size_t>& standard_rows)
    : mean_(data.n_features(), 0.0), scale_(data.n_features(), 1.0) {
  const double n = static_cast<double>(standard_rows.size());
  for (std::size_t j = 0; j < data.n_features(); ++j) {
    if (data.numeric[j] == 0) continue;
    double sum = 0.0, squares = 0.0;
    for (const std::size_t i : standard_rows) sum += value(data, i, j);
    mean_[j] = sum / n;
    for (const std::size_t i : standard_rows) squares += std::pow(value(data, i, j) - mean_[j], 2);
    scale_[j] = squares > 0.0 ? 1.0 / std::sqrt(squares / n) : 0.0;
  }
}

std::vector<double> Design::rows(const Dataset& data, const std::vector<std::size_t>& chosen) const {
  std::vector<double> x;
  x.reserve(chosen.size() * (mean_.size() + 1));
  for (const std::size_t i : chosen) {
    x.push_back(1.0);
    for (std::size_t j = 0; j < mean_.size(); ++j) x.push_back((value(data, i, j) - mean_[j]) * scale_[j]);
  }
  return x;
}

/// Without a penalty, features that separate the classes, wholly or in part, leave no best weights: the gradient fades
/// while each step still moves the log odds of some row by about 1. At an optimum a faint gradient gives a small step.
bool fit_logistic(std::span<const double> rows, std::span<const double> totals, std::span<const double> positives,
                  double l2, std::span<double> weights) {
  const Matrix x = matrix(rows, weights.size());
  const auto total = vector(totals), positive = vector(positives);
  LOOPGATE_EXPECT(total.size() == x.rows() && positive.size() == x.rows());
  Eigen::Map<Vector> w(weights.data(), x.cols());
  Vector penalty = Vector::Constant(x.cols(), l2);
  penalty(0) = 0.0;
  const auto objective = [&](const Vector& v) {
    return log_loss(x * v, total, positive) + 0.5 * (penalty.array() * v.array().square()).sum();
  };
  const double n = total.sum();
  double now = objective(w);
  for (int iteration = 0; iteration < most_iterations; ++iteration) {
    const Vector p = sigmoid(x * w);
    const Vector gradient =
        x.transpose() * (total.array() * p.array() - positive.array()).matrix() + penalty.cwiseProduct(w);
    Matrix hessian = x.transpose() * (total.array() * (p.array() * (1.0 - p.array()))).matrix().asDiagonal() * x;
    hessian.diagonal() += penalty;
    const Vector step = hessian.ldlt().solve(gradient);
    if (!step.allFinite()) return false;
    const double slope = gradient.cwiseAbs().maxCoeff(), change = (x * step).cwiseAbs().maxCoeff();
    if (l2 == 0.0 && slope <= 1e-6 && change > 0.5) return false;
    if (slope <= 1e-8 * n && change <= 1e-4) return true;
    double length = 1.0, next = objective(w - step);
    while (!(next <= now) && length > 1e-10) {
      length *= 0.5;
      next = objective(w - length * step);
    }
    w -= length * step;
    now = next;
  }
  return false;
}

std::vector<double> logistic_scores(std::span<const double> x, std::span<const double> w) {
  const Vector p = sigmoid(matrix(x, w.size()) * vector(w));
  return {p.begin(), p.end()};
}

}  // namespace loopgate
