#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/model/agent.hpp"
#include "core/model/delay.hpp"
#include "core/types.hpp"

namespace loopgate {

/// Where applicants go on from a stage: to another stage with a probability, after a delay; the others end here. Who
/// comes to the same or an earlier stage begins a new application there, of the same person; at once, she is decided at
/// the next epoch.
struct Passage {
  static constexpr std::size_t end = static_cast<std::size_t>(-1);

  std::size_t to = end;                ///< index of a stage, or end
  double probability = 1.0;            ///< of going on (0, 1]
  std::shared_ptr<const Delay> delay;  ///< null: at once
};

/// One decision of several. Who comes waits for a free server (where there are servers), is served, and is then decided
/// at the next decision epoch; who has waited longer than her patience leaves.
struct Stage {
  std::string name;
  std::shared_ptr<const AgentFactory> agent;  ///< null and no threshold: the agent under comparison decides
  std::vector<double> threshold;              ///< [n_groups] where it is fixed; else empty
  double noise = 0.0;                         ///< standard deviation of what is added to the logit of the score, >= 0
  std::vector<double> type_score;             ///< [n_types] by a score model of the stage; empty: the applicants' own
  Interval score_range;                       ///< of the stage's scores
  double score_tolerance = 0.0;               ///< of these: see threshold.hpp
  Interval reward_range;                      ///< of the reward that its agent is told: costs from here on taken off
  std::uint32_t capacity = 0;                 ///< most that are accepted in an epoch, the best first; 0: no limit
  bool queue = true;                         ///< at or above the threshold and beyond capacity: waits; else is rejected
  std::uint32_t n_servers = 0;               ///< 0: nobody has to be served
  std::shared_ptr<const Delay> service;      ///< how long one is served; null: no time at all
  std::shared_ptr<const Delay> patience;     ///< longest wait for a server or a decision; null: for ever
  double cost = 0.0;                         ///< of each decision, in the unit of utility, >= 0
  Passage on_accept, on_reject, on_abandon;  ///< the end of on_accept is being accepted for good

  bool decided_by_compared() const noexcept { return agent == nullptr && threshold.empty(); }
};

/// The stages of a decision, in the order in which they decide within an epoch. Every passage but those that begin a
/// new application leads to a later stage, so one application meets a stage at most once.
struct Route {
  std::vector<Stage> stages;  ///< [n_stages]
  std::size_t entry = 0;      ///< where applicants come in
};

/// Whether a route is one decision of everyone who comes by their own scores, all at once: then an epoch's expected
/// outcome is what the thresholds alone say.
inline bool decides_at_once(const Route& route) noexcept {
  if (route.stages.size() != 1) return false;
  const Stage& one = route.stages[0];
  return one.noise == 0.0 && one.type_score.empty() && one.capacity == 0 && one.n_servers == 0 &&
         one.patience == nullptr && one.on_accept.to == Passage::end && one.on_reject.to == Passage::end;
}

}  // namespace loopgate
