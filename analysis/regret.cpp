#include "analysis/regret.hpp"

#include <cmath>

namespace loopgate {

void RegretTally::add(double reward, std::span<const double> residual, double at_state, double on_path) noexcept {
  external_.add(at_state - reward);
  policy_.add(on_path - reward);
  const double lost = comparator_ - reward;
  gap_.add(lost);
  if (std::isnan(lost)) return;
  const double worst = std::fmax(lost, worst_residual(residual));
  safe_.add(worst);
  safe_positive_.add(std::fmax(worst, 0.0));
}

}  // namespace loopgate
