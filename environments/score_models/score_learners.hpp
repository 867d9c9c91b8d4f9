#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/model/score_learning.hpp"
#include "environments/score_models/labeller.hpp"

namespace loopgate {

/// What every learner of `retrained` starts from.
struct LearnerStart {
  std::shared_ptr<const TypeFeatures> features;
  LabelSettings labels;
  Seed seed;
  Replication replication;
  Fidelity fidelity;
};

/// Regression to its optimum on all labels of the window at each update.
struct LogisticSettings {
  double l2 = 1.0;                      ///< as in the score model `logistic_regression`
  std::uint32_t every = 1;              ///< epochs from one update to the next
  std::optional<std::uint32_t> window;  ///< epochs that count at an update; none: all
  bool warm_start = true;               ///< Newton's method starts from the coefficients in use, else from 0
};
std::unique_ptr<ScoreLearner> make_logistic_learner(const LogisticSettings& settings, LearnerStart start);

/// Least squares with a ridge penalty: (sum w x x' + l2 I)^-1 sum w y x, the intercept free. Only sums of weights by
/// type are kept, no row, so labels are forgotten by weight, not by date.
struct RidgeSettings {
  double l2 = 1.0;          ///< > 0
  double discount = 1.0;    ///< weight at an update of labels that could have been in the one before [0, 1]
  std::uint32_t every = 1;  ///< epochs from one update to the next
};
std::unique_ptr<ScoreLearner> make_ridge_learner(const RidgeSettings& settings, LearnerStart start);

}  // namespace loopgate
