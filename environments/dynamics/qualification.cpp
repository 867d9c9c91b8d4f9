#include "environments/dynamics/qualification.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

constexpr const char* keys[] = {"qualified_accepted", "qualified_rejected", "unqualified_accepted",
                                "unqualified_rejected"};

class Qualification final : public Dynamics {
 public:
  explicit Qualification(std::array<std::vector<double>, 4> transition) : transition_(std::move(transition)) {}

  std::vector<StateEntry> moves() const override {
    return every(StateEntry::Kind::qualification, transition_[0].size());
  }

  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all;
    for (std::size_t i = 0; i < transition_.size(); ++i) add_per_group(all, keys[i], part_range, transition_[i]);
    return all;
  }

  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    const std::size_t n = transition_[0].size();
    for (std::size_t g = 0; g < n; ++g) {
      if (tally.arrived[g] <= 0.0) continue;
      const auto next = [&](std::size_t first, double accepted, double now) {
        return std::isnan(accepted)
                   ? now
                   : accepted * parameters[first * n + g] + (1.0 - accepted) * parameters[(first + 1) * n + g];
      };
      const double of_qualified = next(0, true_positive_rate(tally, g), 1.0),
                   of_unqualified = next(2, false_positive_rate(tally, g), 0.0);
      const double q = composition.qualifications()[g];
      composition.set_qualification(static_cast<GroupId>(g),
                                    std::clamp((1.0 - q) * of_unqualified + q * of_qualified, 0.0, 1.0));
    }
  }

 private:
  std::array<std::vector<double>, 4> transition_;  ///< [n_groups] each, in the order of keys
};

}  // namespace

Description describe_qualification() {
  const auto key = [](const char* name, const std::string& whom) {
    return required(name, per_group(part_range), "P(qualified in the next epoch | " + whom + ")");
  };
  return {"qualification",
          "who qualifies in the next epoch depends on who does in this one and on the decision",
          {key(keys[0], "qualified and accepted"), key(keys[1], "qualified and rejected"),
           key(keys[2], "unqualified and accepted"), key(keys[3], "unqualified and rejected")},
          "q' = (1 - q) g0 + q g1; g1 = qualified_accepted TPR + qualified_rejected (1 - TPR), g0 the same of the "
          "unqualified with FPR",
          "Zhang, Tu, Liu, Liu, Kjellstrom, Zhang & Zhang 2020 (how do fair decisions fare in long-term "
          "qualification?)",
          "At constant rates q rests at g0 / (1 - g1 + g0), approached by the factor g1 - g0. The qualified and the "
          "unqualified each keep their law of scores (class-conditional scores), so the population must be finite: "
          "score_table or tabular. TPR and FPR are the epoch's own; a class that did not apply stays as it is."};
}

std::unique_ptr<Dynamics> make_qualification(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  check_class_conditional(settings, law, diagnostics);
  std::array<std::vector<double>, 4> transition;
  for (std::size_t i = 0; i < transition.size(); ++i)
    transition[i] = per_group_values(settings.at(keys[i]), law.groups(), diagnostics);
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<Qualification>(std::move(transition));
}

}  // namespace loopgate
