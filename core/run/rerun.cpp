#include "core/run/rerun.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>

#include "core/run/recorded_run.hpp"
#include "core/run/simulation.hpp"
#include "core/scenario/scalars.hpp"
#include "core/trace/continuity.hpp"

namespace loopgate {

namespace {

constexpr std::uint32_t piece = 4096;  // epochs held at once
constexpr const char* compared[] = {"threshold", "arrived", "accepted", "succeeded"};

Scenario rebuild(const TraceReader& trace, const Catalog& catalog) {
  check_results_version(trace, "does not tell how its applicants are drawn again", "the program that wrote it");
  Scenario scenario = required_scenario(trace, catalog);
  if (scenario.fidelity != Fidelity::individuals)
    throw TraceError(trace.path +
                     ": the trace is of a fidelity that draws no applicants (expected fidelity: individuals)");
  scenario.arms_every = 0;  // nobody asks what learners hold
  return scenario;
}

/// Takes a replication as it is made again: passes on the applicants of some epochs, holds every epoch against the
/// trace, and stops the run behind the last of them.
class Witness final : public EpochSink, public RowSink {
 public:
  struct Range {
    std::uint32_t begin, end;
  };

  Witness(const TraceReader& trace, const Scenario& scenario, std::size_t agent, std::uint32_t replication,
          Range epochs, RowSink& next, std::mutex& library)
      : trace_(trace),
        label_(scenario.agents.at(agent).label),
        groups_(scenario.problem.groups),
        replication_(replication),
        epochs_(epochs),
        next_(next),
        library_(library) {}

  std::atomic<bool>& stop() noexcept { return stop_; }

  RowSink* rows() override { return this; }
  bool wants_rows() const noexcept override { return epoch_ >= epochs_.begin; }
  void begin_epoch(const AcceptPropensity* propensity) override {
    if (wants_rows()) next_.begin_epoch(propensity);
  }
  void append(const ApplicantRows& rows) override {
    if (wants_rows()) next_.append(rows);
  }

  void record(const EpochRecord& record) override {
    if (epoch_ % piece == 0) read();
    const std::span<const double> columns[] = {record.threshold, record.arrived, record.accepted, record.succeeded};
    for (std::size_t c = 0; c < std::size(compared); ++c) check(c, columns[c]);
    if (++epoch_ == epochs_.end) stop_ = true;
  }
  void finish(double) override {}

 private:
  void read() {
    const std::unique_lock lock(library_);
    for (std::size_t c = 0; c < std::size(compared); ++c)
      known_[c] = trace_.read(label_, compared[c], replication_, epoch_, std::min(epochs_.end, epoch_ + piece));
  }

  void check(std::size_t c, std::span<const double> found) const {
    const auto known = std::span(known_[c]).subspan((epoch_ % piece) * groups_.size(), groups_.size());
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      if (std::bit_cast<std::uint64_t>(found[g]) == std::bit_cast<std::uint64_t>(known[g])) continue;
      if (std::isnan(found[g]) && std::isnan(known[g])) continue;
      throw TraceError(trace_.path + ": agent " + label_ + ", replication " + std::to_string(replication_) +
                       ", epoch " + std::to_string(epoch_) + ": " + compared[c] + " of group " + groups_[g] + " is " +
                       format_number(known[g]) + " in the trace and comes out as " + format_number(found[g]) +
                       ", so it was changed, or written on another kind of machine");
    }
  }

  const TraceReader& trace_;
  const std::string& label_;
  const std::vector<std::string>& groups_;
  std::uint32_t replication_;
  Range epochs_;
  RowSink& next_;
  std::mutex& library_;
  std::uint32_t epoch_ = 0;
  std::vector<double> known_[std::size(compared)];  ///< [epochs of the piece x n_groups]
  std::atomic<bool> stop_{false};
};

}  // namespace

Rerun::Rerun(const TraceReader& trace, const Catalog& catalog) : trace_(trace), scenario_(rebuild(trace, catalog)) {}

std::vector<std::int64_t> Rerun::n_rows(std::size_t agent, std::uint32_t replication, std::uint32_t begin,
                                        std::uint32_t end) const {
  const std::string& label = scenario_.agents.at(agent).label;
  const auto read = [&](const char* column) { return trace_.read(label, column, replication, begin, end); };
  const bool route = !scenario_.route.stages.empty();
  const std::vector<double> came = read(route ? "stage_arrived" : "arrived");
  const std::vector<double> left = route ? read("stage_left") : std::vector<double>(came.size(), 0.0);
  const std::size_t width = scenario_.problem.n_groups() * (route ? scenario_.route.stages.size() : 1);
  std::vector<std::int64_t> rows(end - begin, 0);
  for (std::size_t i = 0; i < came.size(); ++i) rows[i / width] += static_cast<std::int64_t>(came[i] - left[i]);
  return rows;
}

void Rerun::rows(std::size_t agent, std::uint32_t replication, std::uint32_t begin, std::uint32_t end, RowSink& rows,
                 std::mutex& library) const {
  if (begin >= end) return;
  Witness witness(trace_, scenario_, agent, replication, {begin, end}, rows, library);
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario_, agent, static_cast<Replication>(replication), witness).run(witness.stop(), progress);
}

}  // namespace loopgate
