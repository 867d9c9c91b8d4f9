#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/model/applicant_law.hpp"

namespace loopgate {

/// Probability with which a random choice of thresholds, one for all groups or one for each, accepts a score: the
/// probability of the thresholds at or below it.
class AcceptPropensity {
 public:
  /// Of all groups. threshold [n] increasing, probability [n] with sum 1; tolerance: of the scores.
  void set(std::span<const double> threshold, std::span<const double> probability, double tolerance) {
    laws_.resize(1);
    set(0, threshold, probability, tolerance);
  }
  /// Of groups 0, 1, ... in order: group 0 starts anew.
  void set_group(std::size_t g, std::span<const double> threshold, std::span<const double> probability,
                 double tolerance) {
    laws_.resize(g + 1);
    set(g, threshold, probability, tolerance);
  }
  double operator()(std::size_t group, double score) const noexcept {
    const Law& law = laws_[laws_.size() == 1 ? 0 : group];
    return law.below[static_cast<std::size_t>(std::ranges::upper_bound(law.least, score) - law.least.begin())];
  }

 private:
  struct Law {
    std::vector<double> least, below;
  };
  void set(std::size_t i, std::span<const double> threshold, std::span<const double> probability, double tolerance) {
    laws_[i].least.clear();
    for (const double x : threshold) laws_[i].least.push_back(least_accepted(x, tolerance));
    laws_[i].below.assign(1, 0.0);
    for (const double p : probability) laws_[i].below.push_back(std::min(1.0, laws_[i].below.back() + p));
  }

  std::vector<Law> laws_;
};

/// Some applicants of one epoch, in order of arrival. All spans [n], read during the call only.
struct ApplicantRows {
  std::span<const std::uint8_t> group;
  std::span<const std::uint32_t> type;  ///< finite populations: index among the trace's types; else empty
  /// Continuous populations; finite ones while they are shifted, and with a route; else empty.
  std::span<const double> score;
  std::span<const std::uint8_t> accepted;
  std::span<const std::uint8_t> success;  ///< the potential outcome
  std::span<const double> arrived_at{};   ///< in continuous time or with a route: when she came (to the stage)
  std::span<const std::uint8_t> stage{};  ///< with a route: where she was decided; else empty
  std::span<const double> decided_at{};   ///< with a route: time of the decision; else empty
  std::span<const double> type_score{};   ///< [n_types] now, where a score model learns; else empty

  std::size_t size() const noexcept { return group.size(); }
};

/// The score by which applicant i was decided. types: of the law.
inline double score_of(const ApplicantRows& rows, std::size_t i, std::span<const ApplicantType> types) noexcept {
  if (!rows.score.empty()) return rows.score[i];
  return rows.type_score.empty() ? types[rows.type[i]].score : rows.type_score[rows.type[i]];
}

/// Takes every applicant of one replication of one agent, in order.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// propensity: of the decisions that follow; null where no random choice made them. It stays until the next call.
  /// With a route it is called for every stage anew.
  virtual void begin_epoch(const AcceptPropensity* propensity) = 0;
  /// Whether it takes the applicants of the epoch at hand: of others they need not be worked out.
  virtual bool wants_rows() const noexcept { return true; }
  virtual void append(const ApplicantRows& rows) = 0;
};

}  // namespace loopgate
