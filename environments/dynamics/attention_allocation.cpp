#include "environments/dynamics/attention_allocation.hpp"

#include <algorithm>

#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

const Interval attention_range{0.0};

class AttentionAllocation final : public Dynamics {
 public:
  AttentionAllocation(double rate, std::size_t n_groups) : rate_(rate), n_groups_(n_groups) {}

  std::vector<StateEntry> moves() const override { return every(StateEntry::Kind::population, n_groups_); }
  std::vector<Parameter> parameters() const override { return {{"rate", attention_range, rate_, {}}}; }
  Cause cause() const noexcept override { return Cause::exogenous; }

  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    if (composition.volume() > 0.0) scale(tally, parameters[0], composition);
  }

 private:
  void scale(const EpochTally& tally, double rate, Composition& composition) const {
    const double incident = composition.volume() / tally.expected_arrivals;  // one expected incident as a population
    PerGroup place(composition.populations().begin(), composition.populations().end());
    for (std::size_t g = 0; g < n_groups_; ++g) {
      const double attention = tally.accepted[g];
      place[g] = attention > 0.0 ? std::max(0.0, place[g] - rate * attention * incident) : place[g] + rate * incident;
    }
    composition.set_populations({place.data(), place.size()});
  }

  double rate_;
  std::size_t n_groups_;
};

}  // namespace

Description describe_attention_allocation() {
  return {"attention_allocation",
          "places where incidents are attended to have fewer of them later, neglected places more",
          {required("rate", number(attention_range),
                    "change of a place's expected incidents per epoch and unit of "
                    "attention")},
          "incidents' = max(0, incidents - rate attended) where any was attended to, else incidents + rate",
          "attention_allocation of ml-fairness-gym (D'Amour et al. 2020, doi:10.1145/3351095.3372878)",
          "Groups are places, applicants are incidents, accepting one is a unit of attention. Needs arrivals that "
          "follow the population (poisson); expected incidents of a place are its population times the mean number of "
          "arrivals. Time moves it: a place without incidents that day is neglected too. No rest: attended at a "
          "constant part a, incidents fall by the factor 1 - rate a. Ours: attention goes by a threshold on a score, "
          "without a budget of units."};
}

std::unique_ptr<Dynamics> make_attention_allocation(const Node& settings, const ApplicantLaw& law, Diagnostics&) {
  return std::make_unique<AttentionAllocation>(settings.number("rate"), law.groups().size());
}

}  // namespace loopgate
