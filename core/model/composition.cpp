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
      success_shifts_(shares.size(), 0.0) {
  LOOPGATE_EXPECT(shares.size() == score_means_.size() && !shares.empty());
  set_shares(shares);
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
