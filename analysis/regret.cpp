#include "analysis/regret.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/types.hpp"

namespace loopgate {

double cumulative_regret(std::span<const double> comparator, std::span<const double> reward) {
  LOOPGATE_EXPECT(comparator.size() == reward.size());
  double sum = undefined;
  for (std::size_t t = 0; t < reward.size(); ++t) {
    const double lost = comparator[t] - reward[t];
    if (!std::isnan(lost)) sum = std::isnan(sum) ? lost : sum + lost;
  }
  return sum;
}

double safe_regret(double comparator, std::span<const double> reward, std::span<const double> residual, SafePart part) {
  LOOPGATE_EXPECT(reward.empty() ? residual.empty() : residual.size() % reward.size() == 0);
  const std::size_t n_residuals = reward.empty() ? 0 : residual.size() / reward.size();
  double sum = undefined;
  for (std::size_t t = 0; t < reward.size(); ++t) {
    double worst = comparator - reward[t];
    if (std::isnan(worst)) continue;
    for (const double g : residual.subspan(t * n_residuals, n_residuals)) worst = std::fmax(worst, g);
    if (part == SafePart::positive) worst = std::fmax(worst, 0.0);
    sum = std::isnan(sum) ? worst : sum + worst;
  }
  return sum;
}

double steady_state_gap(double comparator, std::span<const double> reward, std::size_t begin) {
  LOOPGATE_EXPECT(begin <= reward.size());
  double sum = 0.0, n = 0.0;
  for (const double r : reward.subspan(begin)) {
    if (std::isnan(r)) continue;
    sum += r;
    n += 1.0;
  }
  return n > 0.0 ? comparator - sum / n : undefined;
}

}  // namespace loopgate
