#include "environments/score_models/learner.hpp"

namespace loopgate {

Learner::Learner(LearnerStart start, Link link)
    : features_(std::move(start.features)),
      loss_(start.labels.loss),
      labeller_(start.labels, features_->n_types(), start.seed, start.replication, start.fidelity),
      link_(link),
      in_use_(features_->start) {}

ScoreFit Learner::deploy(std::vector<double> coefficient, ScoreFit fit, std::span<double> score) {
  fit.refitted = !coefficient.empty();
  if (fit.refitted) {
    in_use_ = std::move(coefficient);
    linear_scores(link_, *features_, in_use_, score);
  }
  fit.coefficient = in_use_;
  return fit;
}

}  // namespace loopgate
