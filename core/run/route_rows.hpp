#pragma once

#include <cstdint>
#include <vector>

#include "core/model/agent.hpp"
#include "core/model/applicant_law.hpp"
#include "core/trace/applicant_rows.hpp"

namespace loopgate {

/// One application under way on a route.
struct RouteApplicant {
  std::uint32_t epoch, number;  ///< as whom she first came
  std::uint32_t application;    ///< how many she made before
  std::uint32_t type;           ///< 0 for continuous laws
  std::uint8_t group, success;
  double own_score, score;  ///< score: as the stage sees it at which she is
  Time came = 0.0, begins = undefined, patient_until = 0.0;
  double cost = 0.0;  ///< of the stages of this application so far
  std::uint32_t n_cohorts = 0;
};

/// Keeps an epoch's newcomers, drawn by an EpochDraw, until they enter.
class Newcomers final : public RowSink {
 public:
  explicit Newcomers(std::vector<ApplicantType> types) : types_(std::move(types)) {}
  void begin_epoch(const AcceptPropensity*) override {}
  void append(const ApplicantRows& rows) override;

  std::vector<RouteApplicant> all;  ///< came: NaN where the draw does not tell

 private:
  std::vector<ApplicantType> types_;
};

/// A stage's decisions on their way to the trace.
class DecisionRows {
 public:
  /// finite: the law has types.
  DecisionRows(RowSink& sink, bool finite, std::size_t n_groups) : sink_(sink), finite_(finite), n_groups_(n_groups) {}

  void add(const RouteApplicant& one, bool accepted, std::uint8_t stage, Time now);
  /// Those of a stage, with the propensities of its agent; null: the threshold is fixed.
  void send(const Agent* agent, double score_tolerance);

 private:
  RowSink& sink_;
  bool finite_;
  std::size_t n_groups_;
  std::vector<std::uint8_t> group_, accepted_, success_, stage_;
  std::vector<std::uint32_t> type_;
  std::vector<double> score_, came_, decided_;
  AcceptPropensity propensity_;
};

}  // namespace loopgate
