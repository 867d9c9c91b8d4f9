#include "environments/dynamics/replicator.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

constexpr const char* keys[] = {"qualified_accepted", "qualified_rejected", "unqualified_accepted",
                                "unqualified_rejected"};
const Interval fitness_range{0.0, std::numeric_limits<double>::infinity(), true};

class Replicator final : public Dynamics {
 public:
  explicit Replicator(std::array<std::vector<double>, 4> fitness) : fitness_(std::move(fitness)) {}

  std::vector<StateEntry> moves() const override { return every(StateEntry::Kind::qualification, fitness_[0].size()); }

  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all;
    for (std::size_t i = 0; i < fitness_.size(); ++i) add_per_group(all, keys[i], fitness_range, fitness_[i]);
    return all;
  }

  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    const std::size_t n = fitness_[0].size();
    for (std::size_t g = 0; g < n; ++g) {
      const double tpr = true_positive_rate(tally, g), fpr = false_positive_rate(tally, g);
      if (std::isnan(tpr) || std::isnan(fpr)) continue;
      const double qualified = tpr * parameters[g] + (1.0 - tpr) * parameters[n + g],
                   unqualified = fpr * parameters[2 * n + g] + (1.0 - fpr) * parameters[3 * n + g];
      const double q = composition.qualifications()[g];
      const double next = q * qualified / (q * qualified + (1.0 - q) * unqualified);
      composition.set_qualification(static_cast<GroupId>(g), std::clamp(next, 0.0, 1.0));
    }
  }

 private:
  std::array<std::vector<double>, 4> fitness_;  ///< [n_groups] each, in the order of keys
};

}  // namespace

Description describe_replicator() {
  const auto key = [](const char* name, const std::string& whom) {
    return required(name, per_group(fitness_range), "fitness (payoff, above 0) of the " + whom);
  };
  return {"replicator",
          "within a group people imitate those who fare better: the qualified or the unqualified",
          {key(keys[0], "qualified who are accepted"), key(keys[1], "qualified who are rejected"),
           key(keys[2], "unqualified who are accepted"), key(keys[3], "unqualified who are rejected")},
          "q' = q W1 / (q W1 + (1 - q) W0); W1 = qualified_accepted TPR + qualified_rejected (1 - TPR), W0 the same "
          "of the unqualified with FPR",
          "Raab & Liu 2021, arXiv 2111.01201",
          "At constant rates the odds q / (1 - q) grow by W1 / W0 per epoch: rests at 0, at 1, or where W1 = W0. The "
          "paper writes q by the replicator equation; that each decision has a fixed payoff, in discrete time, is our "
          "own spelling of it. Needs class-conditional scores as `qualification` does: score_table or tabular. A group "
          "of which one class did not apply stays as it is."};
}

std::unique_ptr<Dynamics> make_replicator(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  check_class_conditional(settings, law, diagnostics);
  std::array<std::vector<double>, 4> fitness;
  for (std::size_t i = 0; i < fitness.size(); ++i)
    fitness[i] = per_group_values(settings.at(keys[i]), law.groups(), diagnostics);
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<Replicator>(std::move(fitness));
}

}  // namespace loopgate
