#pragma once

#include <string>
#include <vector>

#include "analysis/trace_metrics.hpp"

namespace loopgate {

/// What the replications say on a limit that is to be kept.
/// no_value: what is limited never had a value, so that nothing was kept and nothing broken.
enum class Finding : unsigned char { too_few, undecided, met, violated, no_value };

struct LimitVerdict {
  std::string limit;  ///< a residual, `worst residual`, or `four-fifths rule`
  double bound = 0.0;
  Estimate estimate;  ///< of what is held against the bound, with its 95 % t interval
  Finding finding = Finding::undecided;
  bool violated_among_all = false;  ///< violated at level 0.025 / n of the n constraints, so that "one of them is
                                    ///< violated" is wrong with probability <= 0.025; alone in its kind: violated
  std::string highest, lowest;      ///< four-fifths rule: the pair of groups; empty where nobody is accepted
  std::string reason;               ///< of too_few and no_value; else in how many epochs it is undefined, or empty
};

/// A ratio of selection rates is judged only where each group would have so many accepted in a replication's tail if it
/// were selected at the rate of all. Our own choice: the ratio of two observed rates lies above the ratio of the true
/// ones by a share of about (1 - rate) / (arrived rate), here at most 1/30, small beside the fifth in question; and a
/// difference "based on small numbers" is no adverse impact (29 CFR 1607.4 D, which names no number).
inline constexpr double minimum_expected_accepted = 30.0;

/// Verdicts over the tail, on each constraint's mean residual of that basis (bound 0, met below), on the mean of each
/// epoch's worst one, and on the four-fifths rule over all pairs of groups (bound 0.8, met above; estimate and names
/// are of its worst pair, see FourFifths).
///
/// met, or violated, where the whole interval is on that side of the bound, moved by limit_tolerance: with replications
/// of one law, each is wrong with probability <= 0.025 at the bound, for itself. That the worst residual is met says
/// that all are, jointly. A residual is judged by the epochs in which it is defined, the worst one by those in which
/// all are. too_few below minimum_replications, or minimum_expected_accepted. [constraints + 1 (0 without any) + 1]
std::vector<LimitVerdict> limit_verdicts(const AgentMetrics& agent, const char* basis = "expected");

}  // namespace loopgate
