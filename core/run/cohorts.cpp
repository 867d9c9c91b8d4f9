#include "core/run/cohorts.hpp"

#include <algorithm>
#include <numeric>

namespace loopgate {

namespace {

/// A running mean that keeps equal values as they are, to the bit.
void mix(double& mean, double before, double value, double weight) {
  if (before == 0.0) mean = value;
  else if (value != mean) mean += (value - mean) * (weight / (before + weight));
}

}  // namespace

std::uint32_t Cohorts::open(std::uint32_t stage, std::uint32_t epoch, Time now, std::span<const double> threshold) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(all_.size()));
    all_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  One& one = all_[place];
  one = {};
  one.stage = stage;
  one.epoch = epoch;
  one.decided = one.due = now;
  one.threshold.assign(threshold.begin(), threshold.end());
  one.now_accepted.assign(n_groups_, 0.0);
  one.now_succeeded.assign(n_groups_, 0.0);
  one.touched = true;
  touched_.push_back(place);
  return place;
}

void Cohorts::join(std::uint32_t cohort) noexcept {
  all_[cohort].n += 1.0;
  all_[cohort].under_way += 1.0;
}

void Cohorts::leave(std::uint32_t cohort, std::size_t group, bool accepted, bool success, double cost) {
  One& one = all_[cohort];
  one.under_way -= 1.0;
  one.cost += cost;
  if (accepted) {
    one.now_accepted[group] += 1.0;
    one.now_succeeded[group] += success ? 1.0 : 0.0;
  }
  if (one.touched) return;
  one.touched = true;
  touched_.push_back(cohort);
}

std::span<const std::uint32_t> Cohorts::settle(Time now, const Utility& utility, double lost,
                                               std::span<MaturityDraw> maturity_of_stage) {
  closed_.clear();
  for (const std::uint32_t place : touched_) {
    One& one = all_[place];
    one.touched = false;
    count(one, now, utility, maturity_of_stage[one.stage]);
    if (one.under_way > 0.0) continue;
    one.due = std::max(one.due, now);
    close(one, lost, maturity_of_stage[one.stage]);
    closed_.push_back(place);
  }
  touched_.clear();
  return closed_;
}

void Cohorts::count(One& one, Time now, const Utility& utility, MaturityDraw& maturity) {
  const double accepted = std::accumulate(one.now_accepted.begin(), one.now_accepted.end(), 0.0);
  if (accepted == 0.0) return;
  double succeeded = 0.0;
  for (std::size_t g = 0; g < n_groups_; ++g) {
    const double good = one.now_succeeded[g];
    one.value += good * utility.success + (one.now_accepted[g] - good) * utility.failure;
    succeeded += good;
    one.now_accepted[g] = one.now_succeeded[g] = 0.0;
  }
  mix(one.utility.success, one.accepted, utility.success, accepted);
  mix(one.utility.failure, one.accepted, utility.failure, accepted);
  one.accepted += accepted;
  one.succeeded += succeeded;
  if (outcomes_.delay != nullptr)
    one.due = std::max(one.due, now + maturity.last_known(one.epoch, one.n_parts, accepted));
  ++one.n_parts;
}

void Cohorts::close(One& one, double lost, MaturityDraw& maturity) const {
  if (one.n == 0.0) return;
  one.reward = (one.value - one.cost) / one.n;
  if (one.accepted > 0.0 && lost > 0.0)
    one.reward = maturity.known_reward(one.epoch, one.accepted, one.succeeded, one.n, one.utility, lost, one.by_type) -
                 one.cost / one.n;
}

}  // namespace loopgate
