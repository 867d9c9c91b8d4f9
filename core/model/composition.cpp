#include "core/model/composition.hpp"

#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace loopgate {

Composition::Composition(std::vector<double> shares, std::vector<double> score_means)
    : shares_(shares.size()), score_means_(std::move(score_means)) {
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

}  // namespace loopgate
