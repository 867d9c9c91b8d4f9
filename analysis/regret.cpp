#include "analysis/regret.hpp"

#include <cmath>

namespace loopgate {

void RegretTally::add(double reward, std::span<const double> residual, double at_state, double on_path) noexcept {
  external_.add(at_state - reward);
  policy_.add(on_path - reward);
  const double lost = comparator_ - reward;
  gap_.add(lost);
  if (std::isnan(lost)) return;
  const double worst = residual.empty() ? lost : worst_residual(residual);
  if (std::isnan(worst)) return;
  safe_.add(std::fmax(lost, worst));
  safe_positive_.add(std::fmax(std::fmax(lost, worst), 0.0));
}

}  // namespace loopgate
