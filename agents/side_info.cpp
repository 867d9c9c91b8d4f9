#include "agents/side_info.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace loopgate {

namespace {

double sum(std::span<const double> x) { return std::accumulate(x.begin(), x.end(), 0.0); }

}  // namespace

SideInfo::SideInfo(const ArmGrid& arms, const Problem& problem)
    : arms_(arms),
      width_(arms.grid().size()),
      arrived_(problem.n_groups()),
      above_(problem.n_groups() * width_),
      accepted_(problem.n_groups()),
      succeeded_(problem.n_groups()),
      failed_(problem.n_groups()) {
  for (const double x : arms.grid()) least_.push_back(least_accepted(x, problem.score_tolerance));
}

void SideInfo::read(const Feedback& told) {
  LOOPGATE_EXPECT(told.rules != nullptr);
  told_ = &told;
  std::ranges::fill(arrived_, 0.0);
  std::ranges::fill(above_, Above{});
  for (std::size_t i = 0; i < told.group.size(); ++i) {
    const std::size_t g = told.group[i];
    arrived_[g] += 1.0;
    const auto n_met = static_cast<std::size_t>(std::ranges::upper_bound(least_, told.score[i]) - least_.begin());
    if (n_met == 0) continue;
    Above& highest = above_[g * width_ + n_met - 1];
    highest.all += 1.0;
    if (std::isnan(told.success[i])) continue;
    (told.success[i] == 1.0 ? highest.succeeded : highest.failed) += 1.0;
  }
  for (std::size_t g = 0; g < arrived_.size(); ++g) {
    for (std::size_t k = width_ - 1; k-- > 0;) {
      Above& here = above_[g * width_ + k];
      const Above& next = above_[g * width_ + k + 1];
      here = {here.all + next.all, here.succeeded + next.succeeded, here.failed + next.failed};
    }
  }
}

double SideInfo::reward(std::size_t k) {
  for (std::size_t g = 0; g < arrived_.size(); ++g) {
    if (arms_.grid()[arms_.place(k, g)] < told_->threshold[g]) return undefined;
    const Above& of_group = above(k, g);
    accepted_[g] = of_group.all;
    succeeded_[g] = of_group.succeeded;
    failed_[g] = of_group.failed;
  }
  return told_->rules->reward(sum(arrived_), accepted_, succeeded_, failed_);
}

void SideInfo::residuals(std::size_t k, std::span<double> out) {
  for (std::size_t g = 0; g < arrived_.size(); ++g) accepted_[g] = above(k, g).all;
  told_->rules->residuals(arrived_, accepted_, out);
}

}  // namespace loopgate
