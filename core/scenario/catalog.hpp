#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/model/agent.hpp"
#include "core/model/arrivals.hpp"
#include "core/model/constraint.hpp"
#include "core/model/delay.hpp"
#include "core/model/dynamics.hpp"
#include "core/model/population.hpp"
#include "core/scenario/data_files.hpp"
#include "core/scenario/registry.hpp"

namespace loopgate {

/// Everything that a scenario can name.
struct Catalog {
  Registry<Population, const DataFiles&> populations;
  Registry<ScoreModel> score_models;
  Registry<Arrivals, const DataFiles&, const std::vector<std::string>&> arrivals;  ///< context: the groups' names
  Registry<Delay> delays;
  Registry<Dynamics, const ApplicantLaw&> dynamics;
  Registry<Constraint, const std::vector<std::string>&> constraints;  ///< context: the groups' names
  Registry<AgentFactory, const Problem&> agents;

  /// The law of finitely many types, as a trace keeps it: group names, start shares, types, range of the scores.
  std::function<std::shared_ptr<const ApplicantLaw>(std::vector<std::string>, std::vector<double>,
                                                    std::vector<ApplicantType>, Interval)>
      finite_law;
  /// Arrivals at given times [n], of given groups [n] or, where empty, of random ones, as a trace keeps them.
  std::function<std::unique_ptr<Arrivals>(std::vector<Time>, std::vector<std::uint32_t>)> given_times;

  /// Descriptions by the name of their kind, as `loopgate list` and `loopgate describe` take it.
  std::vector<std::pair<std::string, std::vector<Description>>> kinds() const {
    return {{"agents", agents.descriptions()},
            {"populations", populations.descriptions()},
            {"score_models", score_models.descriptions()},
            {"arrivals", arrivals.descriptions()},
            {"delays", delays.descriptions()},
            {"dynamics", dynamics.descriptions()},
            {"constraints", constraints.descriptions()}};
  }
};

}  // namespace loopgate
