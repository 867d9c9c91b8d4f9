#include "environments/score_models/logistic_regression.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random/rng.hpp"
#include "environments/score_models/logistic_fit.hpp"

namespace loopgate {

namespace {

class LogisticRegression final : public ScoreModel {
 public:
  LogisticRegression(const Node& settings)
      : settings_(settings),
        l2_(settings.number("l2")),
        train_fraction_(settings.number("train_fraction")),
        split_seed_(static_cast<Seed>(settings.at("split_seed").whole())) {}
  bool keeps_own_scores() const noexcept override { return false; }

  ScoredRows score_rows(const Dataset& data, Diagnostics& diagnostics) const override {
    ScoredRows scored;
    std::vector<std::size_t> train = split(data, scored.row);
    std::vector<double> y;
    for (const std::size_t i : train) y.push_back(data.success[i]);
    const auto n_successes = std::ranges::count(y, 1.0);
    if (train.empty() || scored.row.empty() || n_successes == 0 || n_successes == std::ssize(y) ||
        data.n_features() == 0) {
      diagnostics.error(settings_, data.n_features() == 0                ? "there is no feature to learn from"
                                   : train.empty() || scored.row.empty() ? "the split leaves one half empty"
                                                                         : "the training half has one class only");
      return scored;
    }
    const Design design(data, train);
    std::vector<double> w(data.n_features() + 1, 0.0);
    if (!fit_logistic(design.rows(data, train), std::vector<double>(y.size(), 1.0), y, l2_, w)) {
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
    scored.score = logistic_scores(design.rows(data, scored.row), w);
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

  static void report(const Dataset& data, const std::vector<double>& w, ScoredRows& scored) {
    ScoreModelReport& out = scored.report;
    out.term = data.feature_names;
    out.term.insert(out.term.begin(), "(intercept)");
    out.coefficient = w;
    std::vector<double> success, failure;
    std::vector<double> n(data.groups.size(), 0.0);
    out.calibration_score.assign(n.size(), 0.0);
    out.calibration_rate.assign(n.size(), 0.0);
    for (std::size_t i = 0; i < scored.row.size(); ++i) {
      const std::size_t row = scored.row[i], g = data.group[row];
      success.push_back(data.success[row]);
      failure.push_back(1.0 - success.back());
      n[g] += 1.0;
      out.calibration_score[g] += scored.score[i];
      out.calibration_rate[g] += data.success[row];
    }
    for (std::size_t g = 0; g < n.size(); ++g) {
      out.calibration_score[g] = n[g] > 0.0 ? out.calibration_score[g] / n[g] : undefined;
      out.calibration_rate[g] = n[g] > 0.0 ? out.calibration_rate[g] / n[g] : undefined;
    }
    out.auc = area_under_curve(scored.score, success, failure);
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
           defaulted("split_seed", whole_64(), "0", "key of the random split")},
          "minimise sum of log losses + l2 / 2 |w|^2 by Newton steps",
          "",
          "Numeric features are standardised, categorical ones one-hot. Coefficients, AUC and calibration per group "
          "are in the trace."};
}

std::unique_ptr<ScoreModel> make_logistic_regression(const Node& settings, Diagnostics&) {
  return std::make_unique<LogisticRegression>(settings);
}

}  // namespace loopgate
