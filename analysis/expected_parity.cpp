#include "analysis/expected_parity.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/types.hpp"

namespace loopgate {

namespace {

const std::string parity = "demographic_parity:";

/// From the first parity residual on, two a difference.
double gap_of(std::span<const double> residuals, bool pooled) {
  double high = 0.0, low = 0.0;  // two groups: either sign of a difference counts; a group is 0 above itself
  for (std::size_t m = 0; m < residuals.size(); m += 2) {
    const double difference = (residuals[m] - residuals[m + 1]) / 2.0;
    if (std::isnan(difference)) return undefined;
    high = pooled && m == 0 ? difference : std::max(high, difference);
    low = pooled && m == 0 ? difference : std::min(low, difference);
  }
  return pooled ? high - low : std::max(high, -low);
}

}  // namespace

std::vector<double> expected_parity_gaps(std::span<const std::string> groups, std::span<const std::string> residuals,
                                         std::span<const double> expected_residual) {
  const auto of_parity = [](const std::string& name) { return name.starts_with(parity); };
  const auto first = std::ranges::find_if(residuals, of_parity);
  const auto n = static_cast<std::size_t>(std::ranges::count_if(residuals, of_parity));
  if (n == 0) return {};
  LOOPGATE_EXPECT(n % 2 == 0 && expected_residual.size() % residuals.size() == 0);
  const bool pooled = *first == parity + groups[0] + "-overall";
  std::vector<double> gaps;
  for (auto at = static_cast<std::size_t>(first - residuals.begin()); at < expected_residual.size();
       at += residuals.size())
    gaps.push_back(gap_of(expected_residual.subspan(at, n), pooled));
  return gaps;
}

}  // namespace loopgate
