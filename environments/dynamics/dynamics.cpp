#include "environments/dynamics/dynamics.hpp"

#include <algorithm>
#include <cmath>

#include "core/scenario/scalars.hpp"
#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

const Interval gain_range{-50.0, 50.0};

/// Moves the shares of the groups that had arrivals at `rate` towards `weight` (>= 0, in proportion), within what these
/// groups hold together; a group without arrivals keeps its share. No move where all weights are zero.
void move_shares(const EpochTally& tally, const PerGroup& weight, double rate, Composition& composition) {
  PerGroup share(composition.shares().begin(), composition.shares().end());
  double kept = 0.0, total_weight = 0.0;
  for (std::size_t g = 0; g < share.size(); ++g) {
    if (tally.arrived[g] > 0.0) total_weight += weight[g];
    else kept += share[g];
  }
  if (total_weight <= 0.0) return;
  const double held = std::max(0.0, 1.0 - kept);  // not their sum, so that rounding does not build up over epochs
  for (std::size_t g = 0; g < share.size(); ++g)
    if (tally.arrived[g] > 0.0)
      share[g] = std::min(1.0, (1.0 - rate) * share[g] + rate * held * (weight[g] / total_weight));
  composition.set_shares({share.data(), share.size()});
}

class AcceptanceShare final : public Dynamics {
 public:
  AcceptanceShare(double rate, double gain, std::span<const double> base)
      : rate_(rate), gain_(gain), base_(base.begin(), base.end()) {}
  std::vector<StateEntry> moves() const override { return every(StateEntry::Kind::share, base_.size()); }
  std::vector<Parameter> parameters() const override {
    return {{"rate", rate_range, rate_, {}}, {"gain", gain_range, gain_, {}}};
  }
  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    const double rate = parameters[0], gain = parameters[1];
    PerGroup weight(base_.size(), 0.0);
    for (std::size_t g = 0; g < weight.size(); ++g)
      if (tally.arrived[g] > 0.0) weight[g] = base_[g] * std::exp(gain * tally.accepted[g] / tally.arrived[g]);
    move_shares(tally, weight, rate, composition);
  }

 private:
  double rate_, gain_;
  std::vector<double> base_;
};

class AcceptanceRatio final : public Dynamics {
 public:
  AcceptanceRatio(double rate, std::size_t n_groups) : rate_(rate), n_groups_(n_groups) {}
  std::vector<StateEntry> moves() const override { return every(StateEntry::Kind::share, n_groups_); }
  std::vector<Parameter> parameters() const override { return {{"rate", rate_range, rate_, {}}}; }
  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    PerGroup weight(n_groups_, 0.0);
    for (std::size_t g = 0; g < n_groups_; ++g)
      if (tally.arrived[g] > 0.0) weight[g] = tally.accepted[g] / tally.arrived[g];
    move_shares(tally, weight, parameters[0], composition);
  }

 private:
  double rate_;
  std::size_t n_groups_;
};

class ScoreMean final : public Dynamics {
 public:
  /// gains: those that keep every mean where its law exists.
  ScoreMean(double rate, double gain, Interval gains, std::span<const double> base)
      : rate_(rate), gain_(gain), gains_(gains), base_(base.begin(), base.end()) {}
  std::vector<StateEntry> moves() const override { return every(StateEntry::Kind::score_mean, base_.size()); }
  std::vector<Parameter> parameters() const override {
    return {{"rate", rate_range, rate_, {}}, {"gain", gains_, gain_, {}}};
  }
  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    const double rate = parameters[0], gain = parameters[1];
    for (std::size_t g = 0; g < base_.size(); ++g) {
      if (tally.arrived[g] <= 0.0) continue;
      const double target = base_[g] + gain * tally.accepted[g] / tally.arrived[g];
      composition.set_score_mean(static_cast<GroupId>(g), (1.0 - rate) * composition.score_means()[g] + rate * target);
    }
  }

 private:
  double rate_, gain_;
  Interval gains_;
  std::vector<double> base_;
};

}  // namespace

Description describe_acceptance_share() {
  return {"acceptance_share",
          "groups that are accepted more apply more",
          {rate_key(), required("gain", number(gain_range), "log of the pull between acceptance rates 0 and 1")},
          "share' = (1 - rate) share + rate target, target proportional to base_share exp(gain acceptance_rate)",
          "",
          "Our own rule: a contraction that keeps an inflow of every group. base_share is the share at the start."};
}

std::unique_ptr<Dynamics> make_acceptance_share(const Node& settings, const ApplicantLaw& law, Diagnostics&) {
  return std::make_unique<AcceptanceShare>(settings.number("rate"), settings.number("gain"), law.start().shares());
}

Description describe_acceptance_ratio() {
  return {"acceptance_ratio",
          "shares follow the groups' acceptance rates",
          {rate_key()},
          "share' = (1 - rate) share + rate acceptance_rate / (sum of acceptance rates); no move where all are zero"};
}

std::unique_ptr<Dynamics> make_acceptance_ratio(const Node& settings, const ApplicantLaw& law, Diagnostics&) {
  return std::make_unique<AcceptanceRatio>(settings.number("rate"), law.groups().size());
}

Description describe_score_mean() {
  return {"score_mean",
          "a group's scores rise or fall with its acceptance rate, so that the parity gap itself drifts",
          {rate_key(),
           required("gain", number(), "shift of the mean between acceptance rates 0 and 1, in the law's own unit")},
          "mean' = (1 - rate) mean + rate (base_mean + gain acceptance_rate)",
          "",
          "Our own rule. Every group's law needs a mean: beta, normal, logit_normal (there on the logit scale)."};
}

std::unique_ptr<Dynamics> make_score_mean(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  const Composition start = law.start();
  const double gain = settings.number("gain");
  Interval gains;
  for (std::size_t g = 0; g < law.groups().size(); ++g) {
    const Interval range = law.score_mean_range(static_cast<GroupId>(g));
    const double base = start.score_means()[g];
    if (range.low > range.high)
      diagnostics.error(settings.at("type"), "the score law of group `" + law.groups()[g] + "` has no mean to move",
                        "beta, normal or logit_normal");
    else if (!range.contains(base) || !range.contains(base + gain))
      diagnostics.error(settings.at("gain"),
                        "takes the mean of group `" + law.groups()[g] + "` to " + format_number(base + gain) +
                            ", where its score law does not exist",
                        "base mean + gain in (" + format_number(range.low) + ", " + format_number(range.high) + ")");
    if (range.low - base > gains.low) gains = {range.low - base, gains.high, range.low_open, gains.high_open};
    if (range.high - base < gains.high) gains = {gains.low, range.high - base, gains.low_open, range.high_open};
  }
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<ScoreMean>(settings.number("rate"), gain, gains, start.score_means());
}

}  // namespace loopgate
