#include "environments/dynamics/applicant_pool.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

class ApplicantPool final : public Dynamics {
 public:
  ApplicantPool(double rate, std::size_t group, std::optional<double> quota, std::size_t n_groups)
      : rate_(rate), group_(group), quota_(quota), n_groups_(n_groups) {}

  std::vector<StateEntry> moves() const override { return every(StateEntry::Kind::share, n_groups_); }

  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all{{"rate", rate_range, rate_, {}}};
    if (quota_) all.push_back({"quota", part_range, *quota_, {}});
    return all;
  }

  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    if (tally.arrived[group_] <= 0.0) return;
    double admitted = undefined;
    if (quota_) {
      admitted = parameters[1];
    } else {
      const double all = std::accumulate(tally.accepted.begin(), tally.accepted.end(), 0.0);
      if (all <= 0.0) return;
      admitted = tally.accepted[group_] / all;
    }
    const double applied = std::min(1.0, tally.arrived[group_] / tally.expected_arrivals);
    move(tally, parameters[0] * (admitted - applied), composition);
  }

 private:
  /// What the group gains the others lose, in the proportions they have; groups without arrivals keep theirs.
  void move(const EpochTally& tally, double gain, Composition& composition) const {
    PerGroup share(composition.shares().begin(), composition.shares().end());
    double kept = 0.0, others = 0.0;
    for (std::size_t g = 0; g < n_groups_; ++g) {
      if (g == group_) continue;
      (tally.arrived[g] > 0.0 ? others : kept) += share[g];
    }
    if (others <= 0.0) return;
    const double held = std::max(0.0, 1.0 - kept);
    share[group_] = std::clamp(share[group_] + gain, 0.0, held);
    for (std::size_t g = 0; g < n_groups_; ++g)
      if (g != group_ && tally.arrived[g] > 0.0) share[g] = std::min(1.0, (held - share[group_]) * (share[g] / others));
    composition.set_shares({share.data(), share.size()});
  }

  double rate_;
  std::size_t group_;
  std::optional<double> quota_;
  std::size_t n_groups_;
};

}  // namespace

Description describe_applicant_pool() {
  return {"applicant_pool",
          "a group applies more where it is a larger part of the admitted than of the applicants",
          {rate_key(), required("group", text(), "the group whose share moves; the others keep their proportions"),
           optional("quota", number(part_range),
                    "the group's part of the admitted where that is fixed from outside; default: as it comes")},
          "share' = share + rate (admitted - applied), within [0, 1]; admitted: the group's part of the accepted; "
          "applied: its applicants / the expected number of all",
          "Puranik, Madhow & Pedarsani 2022 (a dynamic decision-making framework for long-term fairness)",
          "With a quota a the mean share comes to rest at a: E share_t = a + (share_0 - a) (1 - rate)^t. In the paper "
          "a group's applicants are Poisson: arrivals {type: poisson}. Ours: more than two groups, `quota` as a key, "
          "and no move in epochs in which the group does not apply or nobody is admitted."};
}

std::unique_ptr<Dynamics> make_applicant_pool(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const auto g = std::ranges::find(law.groups(), settings.string("group")) - law.groups().begin();
  if (g == std::ssize(law.groups())) {
    diagnostics.error(settings.at("group"), "no such group" + did_you_mean(settings.string("group"), law.groups()));
    return nullptr;
  }
  std::optional<double> quota;
  if (settings.has("quota")) quota = settings.number("quota");
  return std::make_unique<ApplicantPool>(settings.number("rate"), static_cast<std::size_t>(g), quota,
                                         law.groups().size());
}

}  // namespace loopgate
