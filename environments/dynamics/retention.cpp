#include "environments/dynamics/retention.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

enum class Loss : std::uint8_t { rejection, false_negative, error };

constexpr std::array loss_words{"rejection", "false_negative", "error"};  // in the order of Loss
const Interval slope_range{0.0}, inflow_range{0.0};

Loss loss_named(const std::string& word) {
  return static_cast<Loss>(std::ranges::find(loss_words, word) - loss_words.begin());
}

/// NaN where the epoch does not tell.
double loss_of(const EpochTally& tally, std::size_t g, Loss loss) {
  switch (loss) {
    case Loss::rejection:
      return 1.0 - selection_rate(tally, g);
    case Loss::false_negative:
      return 1.0 - true_positive_rate(tally, g);
    case Loss::error:
      break;
  }
  const double wrong = tally.accepted[g] + tally.qualified[g] - 2.0 * tally.succeeded[g];
  return tally.arrived[g] > 0.0 ? wrong / tally.arrived[g] : undefined;
}

class Retention final : public Dynamics {
 public:
  Retention(std::vector<double> retained, std::vector<double> slope, std::vector<double> inflow, std::vector<Loss> loss)
      : retained_(std::move(retained)), slope_(std::move(slope)), inflow_(std::move(inflow)), loss_(std::move(loss)) {}

  std::vector<StateEntry> moves() const override { return every(StateEntry::Kind::population, loss_.size()); }

  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all;
    add_per_group(all, "retained", part_range, retained_);
    add_per_group(all, "slope", slope_range, slope_);
    add_per_group(all, "inflow", inflow_range, inflow_);
    return all;
  }

  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    const std::size_t n = loss_.size();
    PerGroup people(composition.populations().begin(), composition.populations().end());
    for (std::size_t g = 0; g < n; ++g) {
      if (tally.arrived[g] <= 0.0) continue;
      const double slope = parameters[n + g];
      const double loss = slope > 0.0 ? loss_of(tally, g, loss_[g]) : 0.0;
      if (std::isnan(loss)) continue;
      people[g] = people[g] * std::clamp(parameters[g] - slope * loss, 0.0, 1.0) + parameters[2 * n + g];
    }
    composition.set_populations({people.data(), people.size()});
  }

 private:
  std::vector<double> retained_, slope_, inflow_;  ///< [n_groups]
  std::vector<Loss> loss_;                         ///< [n_groups]
};

std::vector<Loss> read_losses(const Node& given, const std::vector<std::string>& groups, Diagnostics& diagnostics) {
  std::vector<Loss> all(groups.size(), Loss::rejection);
  if (given.kind == Node::Kind::scalar) {
    std::ranges::fill(all, loss_named(given.text));
    return all;
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (const Node* one = given.find(groups[g])) all[g] = loss_named(one->text);
    else diagnostics.error(given.mark, given.path, "has no loss for group `" + groups[g] + "`");
  }
  for (const auto& [name, one] : given.entries)
    if (std::ranges::find(groups, name) == groups.end())
      diagnostics.error(one, "no such group" + did_you_mean(name, groups));
  return all;
}

}  // namespace

Description describe_retention() {
  const Schema words = choice({loss_words.begin(), loss_words.end()});
  return {"retention",
          "people of a group that is served badly stop applying",
          {required("retained", per_group(part_range), "part that stays per epoch at loss 0"),
           defaulted("slope", per_group(slope_range), "0", "by how much that part falls from loss 0 to loss 1"),
           required("inflow", per_group(inflow_range),
                    "people who join per epoch, in units of the whole population at the start"),
           defaulted("loss", one_of({words, dictionary_of(words)}), "rejection",
                     "what a group suffers in an epoch: rejection: rejected / arrived; false_negative: rejected / "
                     "arrived among the qualified; error: wrongly rejected and wrongly accepted / arrived")},
          "population' = population nu + inflow, nu = retained - slope loss within [0, 1]; expected arrivals are "
          "proportional to the populations",
          "Hashimoto et al. 2018, arXiv 1806.08010; a loss of each group's own: Zhang et al. 2019",
          "At constant loss: rests at inflow / (1 - nu), approached by the factor nu per epoch. Needs arrivals that "
          "follow the population (poisson). nu linear in the loss, and the losses offered, are our own choice; the "
          "papers let nu be any falling function. Populations are in the trace's state as `population:GROUP`, the "
          "applicants' shares in `composition`. A group without arrivals (false_negative: without qualified ones) "
          "stays as it is."};
}

std::unique_ptr<Dynamics> make_retention(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  const auto numbers = [&](const char* key) { return per_group_values(settings.at(key), law.groups(), diagnostics); };
  auto retained = numbers("retained"), slope = numbers("slope"), inflow = numbers("inflow");
  auto losses = read_losses(settings.at("loss"), law.groups(), diagnostics);
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<Retention>(std::move(retained), std::move(slope), std::move(inflow), std::move(losses));
}

}  // namespace loopgate
