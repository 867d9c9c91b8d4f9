#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "core/model/score_learning.hpp"
#include "core/run/seen_applicants.hpp"
#include "core/trace/applicant_rows.hpp"
#include "core/trace/trace_layout.hpp"

namespace loopgate {

/// The score model of one replication of one agent, while it learns: takes each epoch's applicants by type once their
/// outcomes are known, and at each update gives the composition new scores and the trace a record.
class LiveScores {
 public:
  /// law, features and sink outlive it. The law's types are those of the features.
  LiveScores(const ScoreLearning& learning, const ApplicantLaw& law, Seed seed, Replication replication,
             Fidelity fidelity, EpochSink& sink);

  struct Decision {
    std::uint32_t epoch;
    const AcceptPropensity& propensity;  ///< of acceptance; read where needs_propensity()
    const Composition& composition;
    double known;  ///< probability that an outcome is not lost
  };

  std::uint32_t every() const noexcept { return every_; }
  bool needs_propensity() const noexcept { return needs_propensity_; }
  double version() const noexcept { return static_cast<double>(version_); }  ///< updates so far

  /// This epoch's applicants by type, for a draw to fill. Put to 0 by each of the next three.
  TypeTally& tally() noexcept { return now_.tally; }
  /// Takes the known outcomes of this epoch from what an agent sees of all of them.
  void recount(const SeenApplicants& seen);
  /// After a decision: its outcomes are known at once.
  void observe(const Decision& decision);
  /// The same, and its outcomes will be known when observe_held is called with this place, which is free.
  void hold(const Decision& decision, std::uint32_t place);
  /// Its outcomes will never be known.
  void drop() noexcept { now_.tally.clear(); }
  void observe_held(std::uint32_t place);
  /// What is held at a place, for a route to fill until it is observed or cleared. The reference stays good.
  TypeTally& held(std::uint32_t place) { return held_[place].tally; }

  /// Scores of all types as decisions meet them now [n_types], until the next call of any function here.
  std::span<const double> scores_now(const Composition& composition);

  /// Counts applicants by type and hands them on to next, which may be null.
  RowSink& counter(RowSink* next);

  /// Records the model that is in use at the start.
  void start(const Composition& composition);
  /// Before the decision of an epoch.
  void update(std::uint32_t epoch, Composition& composition);

 private:
  class Counter;
  /// What a learner is told of an epoch.
  struct Labels {
    TypeTally tally;
    std::vector<double> score;       ///< [n_types] at the decision
    std::vector<double> propensity;  ///< [n_types], or empty
    std::uint32_t epoch = 0;
  };

  void close(const Decision& decision);
  void tell(Labels& labels);
  void record(const ScoreFit& fit, const Composition& composition);

  std::uint32_t every_;
  bool needs_propensity_;
  EpochSink& sink_;
  const ApplicantLaw& law_;
  std::vector<ApplicantType> types_;
  std::vector<double> mass_, moved_score_, success_;  ///< [n_types] scratch: at a composition's state
  std::size_t n_groups_;
  std::vector<double> score_;  ///< [n_types] in use
  std::unique_ptr<ScoreLearner> learner_;
  std::vector<double> start_coefficient_;
  Labels now_;
  std::deque<Labels> held_;  ///< by place
  std::unique_ptr<RowSink> counter_;
  std::uint32_t version_ = 0;
};

}  // namespace loopgate
