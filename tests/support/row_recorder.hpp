#pragma once

#include "tests/support/runs.hpp"

namespace loopgate::test {

/// Keeps every applicant of a run beside its epochs.
class RowRecorder final : public Recorder, public RowSink {
 public:
  struct Row {
    std::size_t epoch;
    std::uint32_t group, type;
    double score;
    bool accepted, success;
    double propensity;
  };
  std::vector<Row> kept;
  RowRecorder() = default;
  /// types: the law's, for propensities of people without scores of their own.
  explicit RowRecorder(std::vector<ApplicantType> types) : types_(std::move(types)) {}
  RowSink* rows() override { return this; }
  void begin_epoch(const AcceptPropensity* propensity) override { propensity_ = propensity; }
  void append(const ApplicantRows& rows) override {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double score = rows.score.empty() ? undefined : rows.score[i];
      kept.push_back({threshold.size(), rows.group[i], rows.type.empty() ? 0 : rows.type[i], score,
                      rows.accepted[i] == 1, rows.success[i] == 1,
                      propensity_ == nullptr || (rows.score.empty() && types_.empty())
                          ? undefined
                          : (*propensity_)(rows.group[i], score_of(rows, i, types_))});
    }
  }

 private:
  std::vector<ApplicantType> types_;
  const AcceptPropensity* propensity_ = nullptr;
};

inline RowRecorder run_rows(const Scenario& scenario, std::uint32_t replication, RowRecorder recorder = RowRecorder()) {
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, 0, static_cast<Replication>(replication), recorder).run(stop, progress);
  return recorder;
}

}  // namespace loopgate::test
