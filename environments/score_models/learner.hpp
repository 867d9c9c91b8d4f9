#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "core/model/score_learning.hpp"
#include "environments/score_models/score_learners.hpp"

namespace loopgate {

/// What every learner of `retrained` has: labels, and the model in use.
class Learner : public ScoreLearner {
 public:
  Learner(LearnerStart start, Link link);

 protected:
  const TypeFeatures& features() const noexcept { return *features_; }
  LabelLoss loss() const noexcept { return loss_; }
  Labeller& labeller() noexcept { return labeller_; }
  /// Coefficients of the model in use [n_terms]; NaN where its scores are not made of features.
  std::span<const double> in_use() const noexcept { return in_use_; }
  bool in_use_is_known() const noexcept { return std::isfinite(in_use_[0]); }

  /// Puts a new model to use: gives fit, which knows the labels, its coefficients, and types their scores. coefficient:
  /// the new model's, or empty where there is none.
  ScoreFit deploy(std::vector<double> coefficient, ScoreFit fit, std::span<double> score);

 private:
  std::shared_ptr<const TypeFeatures> features_;
  LabelLoss loss_;
  Labeller labeller_;
  Link link_;
  std::vector<double> in_use_;
};

}  // namespace loopgate
