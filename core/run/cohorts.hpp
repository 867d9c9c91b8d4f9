#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/agent.hpp"
#include "core/run/maturity.hpp"

namespace loopgate {

/// What became of those whom one stage of a route decided in one epoch, until its agent is told: the utility of those
/// accepted for good at the end, less what that stage and later ones cost, per decided applicant. It is told when the
/// last of them has left the route and the last outcome is known.
class Cohorts {
 public:
  struct One {
    std::uint32_t stage = 0, epoch = 0;
    Time decided = 0.0;
    std::vector<double> threshold;  ///< [n_groups] as played
    double n = 0.0, under_way = 0.0;
    double value = 0.0, cost = 0.0;
    double accepted = 0.0, succeeded = 0.0;           ///< for good
    Utility utility;                                  ///< mean of those that counted when they were accepted
    Time due = 0.0;                                   ///< when the last outcome so far is known
    std::uint32_t n_parts = 0;                        ///< epochs in which some of them were accepted for good
    double reward = undefined;                        ///< to be told; NaN: nothing is known of it
    std::vector<double> now_accepted, now_succeeded;  ///< [n_groups] in the epoch at hand
    bool touched = false;
    TypeTally* by_type = nullptr;  ///< of those accepted for good, where a score model learns from them; else null
  };
  /// outcomes outlives it. maturities: one a stage that learns.
  Cohorts(const Outcomes& outcomes, std::size_t n_groups) : outcomes_(outcomes), n_groups_(n_groups) {}

  std::uint32_t open(std::uint32_t stage, std::uint32_t epoch, Time now, std::span<const double> threshold);
  /// What a score model will be told of a cohort, from which the outcomes that get lost are taken. It outlives the
  /// cohort.
  void count_by_type(std::uint32_t cohort, TypeTally& tally) noexcept { all_[cohort].by_type = &tally; }
  void join(std::uint32_t cohort) noexcept;
  /// One of them has left the route in the epoch at hand. cost: of stages from the cohort's on.
  void leave(std::uint32_t cohort, std::size_t group, bool accepted, bool success, double cost);
  /// At the end of an epoch: counts the worth of those who were accepted for good in it, draws when their outcomes are
  /// known by the stage's maturity, and gives the cohorts of which nobody is under way any more, in order of opening.
  std::span<const std::uint32_t> settle(Time now, const Utility& utility, double lost,
                                        std::span<MaturityDraw> maturity_of_stage);
  const One& at(std::uint32_t cohort) const { return all_[cohort]; }
  void drop(std::uint32_t cohort) { free_.push_back(cohort); }

 private:
  void count(One& one, Time now, const Utility& utility, MaturityDraw& maturity);
  void close(One& one, double lost, MaturityDraw& maturity) const;

  const Outcomes& outcomes_;
  std::size_t n_groups_;
  std::vector<One> all_;
  std::vector<std::uint32_t> free_, touched_, closed_;
};

}  // namespace loopgate
