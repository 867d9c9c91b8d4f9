#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/paired.hpp"
#include "analysis/replication_values.hpp"

namespace loopgate {

/// One agent to be ranked.
struct Contestant {
  std::vector<double> values;  ///< one a replication, finite, at least one
  std::size_t paired_set = 0;  ///< agents of one number are paired: value i of each is of the same replication
};

/// Where an agent came in.
struct Standing {
  std::size_t contestant = 0;
  Estimate t, bca;                        ///< mean with Student's t and with the BCa bootstrap interval
  Estimate difference;                    ///< agent - best, t interval of paired differences, else Welch's; NaN: best
  bool paired = false;                    ///< with the best
  double p = undefined;                   ///< agent against best: sign flips where paired, else Welch; NaN: best
  double p_adjusted = undefined;          ///< Holm over all pairs of agents, since which one is best was seen first
  double largest_share = undefined;       ///< of the squared deviations of the paired differences, what one replication
                                          ///< carries (1/n, 1]; NaN: not paired, or they do not vary
  double variance_reduction = undefined;  ///< what pairing with the best gained; NaN where not paired
  double probability_best = undefined;    ///< share of bootstrap draws; NaN below minimum_replications
  /// different: p_adjusted <= 1 - level, and the interval of the difference excludes 0, where paired both t's and
  /// Hall's, which halves the error of sign flips where differences are skewed. too_few below `needed`, and where its
  /// least possible p-value, adjusted, is above 1 - level: then nothing could have told it from the best.
  Verdict against_best = Verdict::undecided;
  std::size_t needed = 0;  ///< replications for a verdict: minimum_replications, more where many agents are compared
};

/// "too few replications for 8 agents: at least 11", of standings with a verdict of too_few; else empty.
std::string too_few_text(std::span<const Standing> standings);

/// "random: one of 12 replications carries 61 % of the squared deviations of its differences from the best": the agents
/// of whose verdict that is true, with more than half; names: [n_contestants].
std::vector<std::string> lone_replication_texts(std::span<const Standing> standings,
                                                std::span<const std::string> names);

/// Agents from best to worst mean. Bootstrap (10,000 draws, the same replications for all agents of a paired set) and
/// random sign flips (10,000, and 100 for each pair of agents) depend on the seed alone. level: of each interval, for
/// itself.
std::vector<Standing> rank_agents(std::span<const Contestant> contestants, Better better, double level, Seed seed);

/// Share of n_resamples bootstrap draws of replications in which each has the best mean; agents at a tie share the
/// draw. Paired sets are drawn apart. [n_contestants], NaN where any has fewer than two values.
std::vector<double> probability_best(std::span<const Contestant> contestants, Better better, std::size_t n_resamples,
                                     Seed seed);

}  // namespace loopgate
