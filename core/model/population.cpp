#include "core/model/population.hpp"

namespace loopgate {

TypeScores Population::type_scores(const ScoreModel&, const ScoreModel&, const Node& stage,
                                   Diagnostics& diagnostics) const {
  diagnostics.error(stage.at("type"), "scores rows of a table, and this population has none",
                    "identity or noisy, or a population of type tabular");
  return {};
}

}  // namespace loopgate
