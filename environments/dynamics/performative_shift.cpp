#include "environments/dynamics/performative_shift.hpp"

#include <cmath>

#include "core/scenario/scalars.hpp"
#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

enum class Deployed : std::uint8_t { threshold, retrained_mean };

const Interval any_sensitivity{};

/// Sensitivities at which retraining comes to rest: mean' - rest = (1 - rate (1 - sensitivity)) (mean - rest), whose
/// factor is inside (-1, 1). rate: in (0, 1].
Interval stable_sensitivity(double rate) noexcept { return {1.0 - 2.0 / rate, 1.0, true, true}; }

class PerformativeShift final : public Dynamics {
 public:
  /// base [n_groups] score means at the start; empty: score shifts move.
  PerformativeShift(double rate, double sensitivity, Deployed deployed, std::vector<double> base, std::size_t n_groups)
      : rate_(rate), sensitivity_(sensitivity), deployed_(deployed), base_(std::move(base)), n_groups_(n_groups) {}

  std::vector<StateEntry> moves() const override {
    return every(base_.empty() ? StateEntry::Kind::score_shift : StateEntry::Kind::score_mean, n_groups_);
  }

  std::vector<Parameter> parameters() const override {
    return {{"rate", rate_range, rate_, {}}, {"sensitivity", any_sensitivity, sensitivity_, {}}};
  }

  std::string conflict(std::span<const double> parameters) const override {
    return deployed_ == Deployed::retrained_mean ? runaway(parameters[0], parameters[1]) : "";
  }

  /// Why repeated retraining does not come to rest; empty where it does.
  static std::string runaway(double rate, double sensitivity) {
    if (stable_sensitivity(rate).contains(sensitivity)) return {};
    return "leaves retraining without a point of rest: each epoch multiplies the distance to it by " +
           format_rounded(1.0 - rate * (1.0 - sensitivity));
  }

  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    const double rate = parameters[0], sensitivity = parameters[1];
    for (std::size_t i = 0; i < n_groups_; ++i) {
      if (tally.arrived[i] <= 0.0) continue;
      const auto g = static_cast<GroupId>(i);
      if (base_.empty()) {
        const double shift = composition.score_shifts()[i];
        composition.set_score_shift(g, (1.0 - rate) * shift + rate * sensitivity * tally.threshold[i]);
        continue;
      }
      const double mean = composition.score_means()[i];
      const double deployed = deployed_ == Deployed::threshold ? tally.threshold[i] : mean;
      composition.set_score_mean(g, (1.0 - rate) * mean + rate * (base_[i] + sensitivity * deployed));
    }
  }

 private:
  double rate_, sensitivity_;
  Deployed deployed_;
  std::vector<double> base_;
  std::size_t n_groups_;
};

}  // namespace

Description describe_performative_shift() {
  return {"performative_shift",
          "the scores of those who apply follow the threshold or the model that is in use",
          {required("sensitivity", number(any_sensitivity),
                    "shift per unit of what is deployed; with retrained_mean above 1 - 2 / rate and below 1"),
           defaulted("rate", number(rate_range), "1", "part of the way to the shifted law that is gone per epoch"),
           defaulted("deployed", choice({"threshold", "retrained_mean"}), "threshold",
                     "what people respond to: the threshold played on them, or a model that is fitted anew to each "
                     "epoch's scores by their mean"),
           defaulted("moves", choice({"score_mean", "score_shift"}), "score_mean",
                     "score_mean: the mean of the group's law, and success follows the score; score_shift: everyone's "
                     "score, and who would succeed stays the same")},
          "mean' = (1 - rate) mean + rate (base_mean + sensitivity deployed); score_shift: the same with base 0",
          "Perdomo, Zrnic, Mendler-Dunner & Hardt 2020, arXiv 2002.06673 (mean estimation under repeated retraining)",
          "retrained_mean rests at base_mean / (1 - sensitivity), the performatively stable point, approached by the "
          "factor 1 - rate (1 - sensitivity), which must lie in (-1, 1). score_mean needs a law whose mean has no "
          "bounds: normal or logit_normal "
          "(there on the logit scale); score_shift goes with any population. The threshold as what is deployed, `rate` "
          "and score_shift are our own; retraining is on the law's mean, without sampling error."};
}

std::unique_ptr<Dynamics> make_performative_shift(const Node& settings, const ApplicantLaw& law,
                                                  Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  const bool means = settings.string("moves") == "score_mean";
  const Deployed deployed = settings.string("deployed") == "threshold" ? Deployed::threshold : Deployed::retrained_mean;
  if (deployed == Deployed::retrained_mean) {
    if (!means)
      diagnostics.error(settings.at("moves"), "retrained_mean is the mean of a score law, which then does not move",
                        "moves: score_mean, or deployed: threshold");
    const double rate = settings.number("rate");
    const std::string problem = PerformativeShift::runaway(rate, settings.number("sensitivity"));
    if (!problem.empty())
      diagnostics.error(settings.at("sensitivity"), problem,
                        describe(number(stable_sensitivity(rate))) + " at rate " + format_number(rate));
  }
  for (std::size_t g = 0; means && g < law.groups().size(); ++g) {
    const Interval range = law.score_mean_range(static_cast<GroupId>(g));
    if (range.low > range.high || std::isfinite(range.low) || std::isfinite(range.high))
      diagnostics.error(settings.at("type"),
                        "the score law of group `" + law.groups()[g] + "` has no mean that can move without bounds",
                        "normal or logit_normal, or moves: score_shift");
  }
  if (diagnostics.count() > before) return nullptr;
  const Composition start = law.start();
  std::vector<double> base;
  if (means) base.assign(start.score_means().begin(), start.score_means().end());
  return std::make_unique<PerformativeShift>(settings.number("rate"), settings.number("sensitivity"), deployed,
                                             std::move(base), law.groups().size());
}

}  // namespace loopgate
