#pragma once

#include <memory>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/model/score_model.hpp"
#include "core/scenario/diagnostics.hpp"

namespace loopgate {

/// Scores of a law's types, in its order.
struct TypeScores {
  std::vector<double> score;  ///< [n_types]; empty after a problem
  Interval range;             ///< of the scores the model can give
};

/// Who is out there, before anyone scores them: rows of a data set, or laws by formula.
class Population {
 public:
  virtual ~Population() = default;
  /// Scores everyone once. Adds to report what the model tells of itself. Null after a problem, which is in
  /// diagnostics.
  virtual std::shared_ptr<const ApplicantLaw> applicant_law(const ScoreModel& model, ScoreModelReport& report,
                                                            Diagnostics& diagnostics) const = 0;
  /// What another model, of a stage, gives the types of the law that applicant_law makes with `model`. stage: the
  /// stage model's settings, for messages. Only rows of a table can be scored twice; problems go to diagnostics.
  virtual TypeScores type_scores(const ScoreModel& model, const ScoreModel& other, const Node& stage,
                                 Diagnostics& diagnostics) const;
};

}  // namespace loopgate
