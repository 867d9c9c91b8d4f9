#include "environments/score_models/logistic_regression.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random/rng.hpp"

namespace loopgate {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr int most_iterations = 100;

/// Rows of data with a leading 1, numeric features standardised by the training rows' mean and sd.
struct Design {
  std::vector<double> mean, scale;  ///< [n_features]; one-hot features: 0 and 1; constant ones: scale 0 drops them

  Design(const Dataset& data, const std::vector<std::size_t>& rows)
      : mean(data.n_features(), 0.0), scale(data.n_features(), 1.0) {
    const double n = static_cast<double>(rows.size());
    for (std::size_t j = 0; j < data.n_features(); ++j) {
      if (data.numeric[j] == 0) continue;
      double sum = 0.0, squares = 0.0;
      for (const std::size_t i : rows) sum += value(data, i, j);
      mean[j] = sum / n;
      for (const std::size_t i : rows) squares += std::pow(value(data, i, j) - mean[j], 2);
      scale[j] = squares > 0.0 ? 1.0 / std::sqrt(squares / n) : 0.0;
    }
  }
  static double value(const Dataset& data, std::size_t i, std::size_t j) {
    return data.features[i * data.n_features() + j];
  }

  Matrix rows(const Dataset& data, const std::vector<std::size_t>& chosen) const {
    Matrix x(static_cast<Eigen::Index>(chosen.size()), static_cast<Eigen::Index>(mean.size() + 1));
    for (std::size_t r = 0; r < chosen.size(); ++r) {
      x(static_cast<Eigen::Index>(r), 0) = 1.0;
      for (std::size_t j = 0; j < mean.size(); ++j)
        x(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(j + 1)) =
            (value(data, chosen[r], j) - mean[j]) * scale[j];
    }
    return x;
  }
};

Vector sigmoid(const Vector& x) { return (1.0 + (-x.array()).exp()).inverse().matrix(); }

double log_loss(const Vector& linear, const Vector& y) {  // sum ln(1 + e^x) - y x, without overflow
  return (linear.array().max(0.0) + (1.0 + (-linear.array().abs()).exp()).log() - y.array() * linear.array()).sum();
}

/// Newton steps, halved until the objective falls. False where they do not come to rest. Without a penalty, features
/// that separate the classes, wholly or in part, leave no best weights: the gradient fades while each step still moves
/// the log odds of some row by about 1. At an optimum a faint gradient gives a small step.
bool fit(const Matrix& x, const Vector& y, double l2, Vector& w) {
  Vector penalty = Vector::Constant(x.cols(), l2);
  penalty(0) = 0.0;
  w = Vector::Zero(x.cols());
  const auto objective = [&](const Vector& v) {
    return log_loss(x * v, y) + 0.5 * (penalty.array() * v.array().square()).sum();
  };
  double now = objective(w);
  for (int iteration = 0; iteration < most_iterations; ++iteration) {
    const Vector p = sigmoid(x * w);
    const Vector gradient = x.transpose() * (p - y) + penalty.cwiseProduct(w);
    Matrix hessian = x.transpose() * (p.array() * (1.0 - p.array())).matrix().asDiagonal() * x;
    hessian.diagonal() += penalty;
    const Vector step = hessian.ldlt().solve(gradient);
    if (!step.allFinite()) return false;
    const double slope = gradient.cwiseAbs().maxCoeff(), change = (x * step).cwiseAbs().maxCoeff();
    if (l2 == 0.0 && slope <= 1e-6 && change > 0.5) return false;
    if (slope <= 1e-8 * static_cast<double>(x.rows()) && change <= 1e-4) return true;
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

/// Mann-Whitney form of the area under the ROC curve; ties count half.
double area_under_curve(const std::vector<double>& score, const std::vector<std::uint8_t>& success) {
  std::vector<std::size_t> order(score.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&score](std::size_t a, std::size_t b) { return score[a] < score[b]; });
  double pairs = 0.0, failures = 0.0, successes = 0.0;
  for (std::size_t i = 0; i < order.size();) {
    double tied_failures = 0.0, tied_successes = 0.0;
    const double value = score[order[i]];
    for (; i < order.size() && score[order[i]] == value; ++i)
      (success[order[i]] != 0 ? tied_successes : tied_failures) += 1.0;
    pairs += tied_successes * (failures + 0.5 * tied_failures);
    failures += tied_failures;
    successes += tied_successes;
  }
  return failures * successes > 0.0 ? pairs / (failures * successes) : undefined;
}

class LogisticRegression final : public ScoreModel {
 public:
  LogisticRegression(const Node& settings)
      : settings_(settings),
        l2_(settings.number("l2")),
        train_fraction_(settings.number("train_fraction")),
        split_seed_(static_cast<Seed>(settings.integer("split_seed"))) {}
  bool keeps_own_scores() const noexcept override { return false; }

  ScoredRows score_rows(const Dataset& data, Diagnostics& diagnostics) const override {
    ScoredRows scored;
    std::vector<std::size_t> train = split(data, scored.row);
    Vector y(static_cast<Eigen::Index>(train.size()));
    for (std::size_t i = 0; i < train.size(); ++i) y(static_cast<Eigen::Index>(i)) = data.success[train[i]];
    if (train.empty() || scored.row.empty() || y.minCoeff() == y.maxCoeff() || data.n_features() == 0) {
      diagnostics.error(settings_, data.n_features() == 0                ? "there is no feature to learn from"
                                   : train.empty() || scored.row.empty() ? "the split leaves one half empty"
                                                                         : "the training half has one class only");
      return scored;
    }
    const Design design(data, train);
    Vector w;
    if (!fit(design.rows(data, train), y, l2_, w)) {
      diagnostics.error(
          settings_,
          "the regression does not converge" +
              std::string(
                  l2_ == 0.0
                      ? ": with l2 = 0 features that separate the classes or repeat each other have no best weights"
                      : ""),
          "a larger l2");
      return scored;
    }
    const Vector p = sigmoid(design.rows(data, scored.row) * w);
    scored.score.assign(p.begin(), p.end());
    scored.range = {0.0, 1.0};
    report(data, w, scored);
    return scored;
  }

 private:
  /// A random part of the rows for training; the others, in the file's order, are the population.
  std::vector<std::size_t> split(const Dataset& data, std::vector<std::size_t>& rest) const {
    std::vector<std::size_t> order(data.n_rows());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng rng(split_seed_, Replication{0}, Stream::split());
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[rng.below(static_cast<std::uint32_t>(i))]);
    const auto n = static_cast<std::ptrdiff_t>(std::lround(train_fraction_ * static_cast<double>(order.size())));
    rest.assign(order.begin() + n, order.end());
    std::ranges::sort(rest);
    order.resize(static_cast<std::size_t>(n));
    return order;
  }

  static void report(const Dataset& data, const Vector& w, ScoredRows& scored) {
    ScoreModelReport& out = scored.report;
    out.term = data.feature_names;
    out.term.insert(out.term.begin(), "(intercept)");
    out.coefficient.assign(w.begin(), w.end());
    std::vector<std::uint8_t> success;
    std::vector<double> n(data.groups.size(), 0.0);
    out.calibration_score.assign(n.size(), 0.0);
    out.calibration_rate.assign(n.size(), 0.0);
    for (std::size_t i = 0; i < scored.row.size(); ++i) {
      const std::size_t row = scored.row[i], g = data.group[row];
      success.push_back(data.success[row]);
      n[g] += 1.0;
      out.calibration_score[g] += scored.score[i];
      out.calibration_rate[g] += data.success[row];
    }
    for (std::size_t g = 0; g < n.size(); ++g) {
      out.calibration_score[g] = n[g] > 0.0 ? out.calibration_score[g] / n[g] : undefined;
      out.calibration_rate[g] = n[g] > 0.0 ? out.calibration_rate[g] / n[g] : undefined;
    }
    out.auc = area_under_curve(scored.score, success);
  }

  Node settings_;
  double l2_, train_fraction_;
  Seed split_seed_;
};

}  // namespace

Description describe_logistic_regression() {
  return {"logistic_regression",
          "P(success) learnt from a part of the rows; the held-out rows are the population",
          {defaulted("l2", number({0.0}), "1", "weight of the ridge penalty; the intercept is free"),
           defaulted("train_fraction", number({0.0, 1.0, true, true}), "0.5", "share of the rows that train the model"),
           defaulted("split_seed", integer(0), "0", "key of the random split")},
          "minimise sum of log losses + l2 / 2 |w|^2 by Newton steps",
          "",
          "Numeric features are standardised, categorical ones one-hot. Coefficients, AUC and calibration per group "
          "are in the trace."};
}

std::unique_ptr<ScoreModel> make_logistic_regression(const Node& settings, Diagnostics&) {
  return std::make_unique<LogisticRegression>(settings);
}

}  // namespace loopgate
