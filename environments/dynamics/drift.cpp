#include "environments/dynamics/drift.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/random/samplers.hpp"
#include "core/scenario/scalars.hpp"
#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

using Kind = StateEntry::Kind;

constexpr double infinity = std::numeric_limits<double>::infinity();
const Interval any_step{}, sd_range{0.0};

Kind kind_named(const std::string& word) {
  if (word == "score_mean") return Kind::score_mean;
  if (word == "score_shift") return Kind::score_shift;
  return word == "success_shift" ? Kind::success_shift : Kind::population;
}

class Drift final : public Dynamics {
 public:
  Drift(Kind what, Interval within, std::vector<double> step, std::vector<double> sd)
      : what_(what),
        within_(within),
        step_(std::move(step)),
        sd_(std::move(sd)),
        random_(std::ranges::any_of(sd_, [](double one) { return one > 0.0; })) {}

  std::vector<StateEntry> moves() const override { return every(what_, step_.size()); }
  Cause cause() const noexcept override { return random_ ? Cause::random : Cause::exogenous; }

  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all;
    add_per_group(all, "step", any_step, step_);
    if (random_) add_per_group(all, "sd", sd_range, sd_);
    return all;
  }

  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    const std::size_t n = step_.size();
    PerGroup people(composition.populations().begin(), composition.populations().end());
    for (std::size_t i = 0; i < n; ++i) {
      const auto g = static_cast<GroupId>(i);
      double by = parameters[i];
      if (random_) by += parameters[n + i] * sample_normal(*tally.rng);
      const auto moved = [&](double value) { return std::clamp(value + by, within_.low, within_.high); };
      if (what_ == Kind::score_mean) composition.set_score_mean(g, moved(composition.score_means()[i]));
      else if (what_ == Kind::score_shift) composition.set_score_shift(g, moved(composition.score_shifts()[i]));
      else if (what_ == Kind::success_shift) composition.set_success_shift(g, moved(composition.success_shifts()[i]));
      else people[i] = moved(people[i]);
    }
    if (what_ == Kind::population) composition.set_populations({people.data(), people.size()});
  }

 private:
  Kind what_;
  Interval within_;
  std::vector<double> step_, sd_;  ///< [n_groups]
  bool random_;
};

/// Values that what drifts may take at all.
Interval natural_range(Kind what) {
  if (what == Kind::success_shift) return {-1.0, 1.0};
  return what == Kind::population ? Interval{0.0, infinity} : Interval{};
}

void check_means(const Node& settings, const ApplicantLaw& law, const Interval& within, Diagnostics& diagnostics) {
  for (std::size_t g = 0; g < law.groups().size(); ++g) {
    const Interval range = law.score_mean_range(static_cast<GroupId>(g));
    const auto fits = [&range](double bound, double end) { return std::isinf(bound) || range.contains(end); };
    if (range.low > range.high)
      diagnostics.error(settings.at("what"), "the score law of group `" + law.groups()[g] + "` has no mean to move",
                        "beta, normal or logit_normal, or what: score_shift");
    else if (!fits(range.low, within.low) || !fits(range.high, within.high))
      diagnostics.error(settings.at(settings.has("within") ? "within" : "what"),
                        "takes the mean of group `" + law.groups()[g] + "` to where its score law does not exist",
                        "within: [low, high] in (" + format_number(range.low) + ", " + format_number(range.high) + ")");
  }
}

}  // namespace

Description describe_drift() {
  return {"drift",
          "the population changes with time, whatever is decided: in a straight line, or as a random walk",
          {required("what", choice({"score_mean", "score_shift", "success_shift", "population"}),
                    "score_mean: the mean of the group's score law; score_shift: added to every score; success_shift: "
                    "x > 0: a part x of those who would fail succeeds, x < 0: a part -x of those who would succeed "
                    "fails; population: people, in units of the whole at the start"),
           defaulted("step", per_group(any_step), "0", "change per epoch"),
           defaulted("sd", per_group(sd_range), "0",
                     "standard deviation of a normal change added to it, of each group "
                     "and epoch on its own"),
           optional("within", list_of(number(), 2), "[low, high]: the value stops there")},
          "value' = value + step + sd Z, within [low, high]",
          "",
          "Our own rule. Without bounds the value after t epochs has mean value_0 + t step and variance t sd^2. With "
          "sd > 0 needs fidelity individuals or counts: a random walk has no mean field. `population` needs arrivals "
          "that follow it (poisson)."};
}

std::unique_ptr<Dynamics> make_drift(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  const Kind what = kind_named(settings.string("what"));
  Interval within = natural_range(what);
  if (settings.has("within")) {
    const std::vector<double> ends = settings.at("within").numbers();
    const Interval natural = within;
    if (ends.size() != 2 || !(ends[0] <= ends[1]) || !natural.contains(ends[0]) || !natural.contains(ends[1]))
      diagnostics.error(
          settings.at("within"), "is no range of values that `" + settings.string("what") + "` can take",
          "[low, high], low <= high, in [" + format_number(natural.low) + ", " + format_number(natural.high) + "]");
    else within = {ends[0], ends[1]};
  }
  if (what == Kind::score_mean && diagnostics.count() == before) check_means(settings, law, within, diagnostics);
  std::vector<double> step = per_group_values(settings.at("step"), law.groups(), diagnostics);
  std::vector<double> sd = per_group_values(settings.at("sd"), law.groups(), diagnostics);
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<Drift>(what, within, std::move(step), std::move(sd));
}

}  // namespace loopgate
