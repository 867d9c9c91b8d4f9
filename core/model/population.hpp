#pragma once

#include <memory>

#include "core/model/applicant_law.hpp"
#include "core/model/score_model.hpp"
#include "core/scenario/diagnostics.hpp"

namespace loopgate {

/// Who is out there, before anyone scores them: rows of a data set, or laws by formula.
class Population {
 public:
  virtual ~Population() = default;
  /// Scores everyone once. Adds to report what the model tells of itself. Null after a problem, which is in
  /// diagnostics.
  virtual std::shared_ptr<const ApplicantLaw> applicant_law(const ScoreModel& model, ScoreModelReport& report,
                                                            Diagnostics& diagnostics) const = 0;
};

}  // namespace loopgate
