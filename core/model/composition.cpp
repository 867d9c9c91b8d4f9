#include "core/model/composition.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace loopgate {

Composition::Composition(std::vector<double> shares, std::vector<double> score_means)
    : shares_(shares.size()),
      score_means_(std::move(score_means)),
      score_shifts_(shares.size(), 0.0),
      success_shifts_(shares.size(), 0.0),
      qualifications_(shares.size(), undefined),
      aims_(shares.size()) {
  LOOPGATE_EXPECT(shares.size() == score_means_.size() && !shares.empty());
  set_shares(shares);
  populations_ = shares_;
  applying_.assign(shares_.size(), 1.0);
  who_applies_moved_ = false;
}

void Composition::set_shares(std::span<const double> shares) {
  LOOPGATE_EXPECT(shares.size() == shares_.size());
  double total = 0.0;
  for (std::size_t g = 0; g < shares.size(); ++g) {
    LOOPGATE_EXPECT(shares[g] >= 0.0 && shares[g] <= 1.0);
    total += shares[g];
    shares_[g] = shares[g];
  }
  LOOPGATE_EXPECT(std::abs(total - 1.0) <= 1e-9);
  who_applies_moved_ = true;
}

void Composition::set_populations(std::span<const double> populations) {
  LOOPGATE_EXPECT(populations.size() == populations_.size());
  if (who_applies_moved_) {
    for (std::size_t g = 0; g < populations_.size(); ++g)
      if (populations_[g] > 0.0) applying_[g] = volume_ * shares_[g] / populations_[g];
    who_applies_moved_ = false;
  }
  double total = 0.0;
  for (std::size_t g = 0; g < populations.size(); ++g) {
    LOOPGATE_EXPECT(populations[g] >= 0.0 && std::isfinite(populations[g]));
    populations_[g] = populations[g];
    total += populations[g] * applying_[g];
  }
  volume_ = total;
  if (total <= 0.0) return;
  for (std::size_t g = 0; g < shares_.size(); ++g) shares_[g] = populations_[g] * applying_[g] / total;
}

void Composition::set_volume(double volume) {
  LOOPGATE_EXPECT(volume >= 0.0 && std::isfinite(volume));
  volume_ = volume;
  who_applies_moved_ = true;
}

void Composition::set_qualification(GroupId g, double rate) {
  LOOPGATE_EXPECT(index(g) < qualifications_.size() && rate >= 0.0 && rate <= 1.0);
  if (qualifications_[index(g)] == rate) return;
  qualifications_[index(g)] = rate;
  ++law_version_;
}

void Composition::start_type_masses(std::vector<double> masses) { type_masses_ = std::move(masses); }

void Composition::set_type_masses(std::span<const double> masses) {
  LOOPGATE_EXPECT(masses.size() == type_masses_.size());
  LOOPGATE_EXPECT(std::ranges::all_of(masses, [](double m) { return m >= 0.0 && m <= 1.0 + 1e-9; }));
  std::ranges::copy(masses, type_masses_.begin());
  type_masses_are_moved_ = true;
  ++law_version_;
}

void Composition::set_score_mean(GroupId g, double mean) {
  LOOPGATE_EXPECT(index(g) < score_means_.size() && std::isfinite(mean) && std::isfinite(score_means_[index(g)]));
  if (score_means_[index(g)] == mean) return;
  score_means_[index(g)] = mean;
  ++law_version_;
}

void Composition::set_score_shift(GroupId g, double shift) {
  LOOPGATE_EXPECT(index(g) < score_shifts_.size() && std::isfinite(shift));
  if (score_shifts_[index(g)] == shift) return;
  score_shifts_[index(g)] = shift;
  ++law_version_;
}

void Composition::set_success_shift(GroupId g, double shift) {
  LOOPGATE_EXPECT(index(g) < success_shifts_.size() && shift >= -1.0 && shift <= 1.0);
  if (success_shifts_[index(g)] == shift) return;
  success_shifts_[index(g)] = shift;
  ++law_version_;
}

void Composition::set_type_scores(std::span<const double> scores) {
  type_scores_.assign(scores.begin(), scores.end());
  ++law_version_;
}

void Composition::set_aim(GroupId g, Aim aim) {
  LOOPGATE_EXPECT(index(g) < aims_.size() && std::isfinite(aim.to) && std::isfinite(aim.reach) && aim.reach >= 0.0);
  if (aims_[index(g)] == aim) return;
  aims_[index(g)] = aim;
  ++law_version_;
}

bool Composition::scores_are_moved() const noexcept {
  return std::ranges::any_of(score_shifts_, [](double shift) { return shift != 0.0; }) ||
         std::ranges::any_of(aims_, [](const Aim& aim) { return aim.reach > 0.0; });
}

std::vector<double> shares_with(std::span<const double> shares, std::span<const std::pair<GroupId, double>> some) {
  std::vector<double> out(shares.begin(), shares.end());
  double given = 0.0;
  for (const auto& [g, share] : some) {
    LOOPGATE_EXPECT(share >= 0.0 && share <= 1.0);
    given += share;
    out[index(g)] = undefined;
  }
  double others = 0.0, n_others = 0.0;
  for (const double share : out) {
    if (std::isnan(share)) continue;
    others += share;
    n_others += 1.0;
  }
  LOOPGATE_EXPECT(given <= 1.0 + 1e-9 && (n_others > 0.0 || given >= 1.0 - 1e-9));
  const double left = std::max(0.0, 1.0 - given);
  for (double& share : out) share = others > 0.0 ? share * (left / others) : left / n_others;  // NaN stays
  for (const auto& [g, share] : some) out[index(g)] = share;
  return out;
}

}  // namespace loopgate
