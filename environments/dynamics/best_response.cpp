#include "environments/dynamics/best_response.hpp"

#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

const Interval cost_range{1e-9}, gain_range{0.0, 1e9};

class BestResponse final : public Dynamics {
 public:
  BestResponse(double gain, std::vector<double> cost, double highest)
      : gain_(gain), cost_(std::move(cost)), highest_(highest) {}

  std::vector<StateEntry> moves() const override {
    std::vector<StateEntry> all = every(StateEntry::Kind::aim, cost_.size());
    for (const StateEntry& one : every(StateEntry::Kind::aim_reach, cost_.size())) all.push_back(one);
    return all;
  }

  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all{{"gain", gain_range, gain_, {}}};
    add_per_group(all, "cost", cost_range, cost_);
    return all;
  }

  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    for (std::size_t g = 0; g < cost_.size(); ++g) {
      if (tally.arrived[g] <= 0.0) continue;
      const double threshold = tally.threshold[g];
      const double reach = parameters[0] / parameters[1 + g];
      composition.set_aim(static_cast<GroupId>(g), {threshold, threshold <= highest_ ? reach : 0.0});
    }
  }

 private:
  double gain_;
  std::vector<double> cost_;  ///< [n_groups]
  double highest_;            ///< score that anyone can have
};

}  // namespace

Description describe_best_response() {
  return {"best_response",
          "applicants who are just below the last threshold pay to reach it",
          {required("cost", per_group(cost_range), "of raising the own score by one unit"),
           defaulted("gain", number(gain_range), "1", "what being accepted is worth to an applicant")},
          "score becomes threshold where threshold - reach <= score < threshold, reach = gain / cost",
          "strategic classification: Hardt, Megiddo, Papadimitriou & Wootters 2016, arXiv 1506.06980; costs of each "
          "group's own: Milli, Miller, Dragan & Hardt 2019, Hu, Immorlica & Vaughan 2019",
          "Who would succeed stays the same: the score is raised, not the person. A held threshold accepts "
          "P(score >= threshold - reach) from the second epoch on. Ours: people answer the last threshold played on "
          "their group, since nobody knows today's (in the papers, and in ml-fairness-gym's college_admission, it is "
          "announced first), and nobody answers one above every score of the population. State `aim` (where to) and "
          "`aim_reach` (how far), both 0 before the first decision."};
}

std::unique_ptr<Dynamics> make_best_response(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  std::vector<double> cost = per_group_values(settings.at("cost"), law.groups(), diagnostics);
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<BestResponse>(settings.number("gain"), std::move(cost), law.score_range().high);
}

}  // namespace loopgate
