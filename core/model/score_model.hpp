#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model/dataset.hpp"
#include "core/model/score_learning.hpp"
#include "core/scenario/diagnostics.hpp"
#include "core/types.hpp"

namespace loopgate {

/// What a fitted model tells about itself; written to the trace. Empty vectors where a model does not fit anything.
struct ScoreModelReport {
  std::vector<std::string> term;          ///< [n_terms] "(intercept)" first, then the features
  std::vector<double> coefficient;        ///< [n_terms] on standardised numeric features
  double auc = undefined;                 ///< area under the ROC curve on the population's rows; NaN: one class only
  std::vector<double> calibration_score;  ///< [n_groups] mean score of the population's rows
  std::vector<double> calibration_rate;   ///< [n_groups] their share of successes
  std::shared_ptr<const TypeFeatures> features;  ///< of the law's types, where the model goes on learning; else null
};

/// The population's rows with their scores.
struct ScoredRows {
  std::vector<std::size_t> row;  ///< indices into the Dataset: rows held out from training
  std::vector<double> score;     ///< [row.size()], each within range
  Interval range;                ///< of the scores the model can give
  /// Models that go on learning: features of these rows; else empty.
  TypeFeatures features;
  ScoreModelReport report;
};

/// Gives every applicant one number; who has more is the better bet.
class ScoreModel {
 public:
  virtual ~ScoreModel() = default;
  /// True: the population's own scores are used as they are (laws by formula, score tables), score_rows is not called.
  virtual bool keeps_own_scores() const noexcept = 0;
  virtual bool reads_features() const noexcept { return true; }  ///< of a data set, to learn from them
  /// Scores the rows of a data set, learning from a part of them if the model learns. Problems (no convergence, one
  /// class only, an unknown column) go to diagnostics; then the result must not be used.
  virtual ScoredRows score_rows(const Dataset& data, Diagnostics& diagnostics) const = 0;
  /// How the model goes on learning from the types that its rows became; null: its scores stay. Settings that suit no
  /// run of this fidelity go to diagnostics.
  virtual std::shared_ptr<const ScoreLearning> learning(std::shared_ptr<const TypeFeatures>, Fidelity,
                                                        Diagnostics&) const {
    return nullptr;
  }
};

}  // namespace loopgate
