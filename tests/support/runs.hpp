#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "core/run/simulation.hpp"
#include "tests/support/worlds.hpp"

namespace loopgate::test {

/// Keeps what a simulation records of each epoch, in memory.
class Recorder : public EpochSink {
 public:
  std::vector<std::vector<double>> threshold, arrived, accepted, succeeded, qualified, composition, state;
  std::vector<std::vector<double>> residual, expected_residual;
  std::vector<double> reward, expected_reward;

  void record(const EpochRecord& r) override {
    const auto copy = [](std::span<const double> x) { return std::vector<double>(x.begin(), x.end()); };
    threshold.push_back(copy(r.threshold));
    arrived.push_back(copy(r.arrived));
    accepted.push_back(copy(r.accepted));
    succeeded.push_back(copy(r.succeeded));
    qualified.push_back(copy(r.qualified));
    composition.push_back(copy(r.composition));
    state.push_back(copy(r.state));
    residual.push_back(copy(r.residual));
    expected_residual.push_back(copy(r.expected_residual));
    reward.push_back(r.reward);
    expected_reward.push_back(r.expected_reward);
  }
  void finish(double) override {}
};

/// Runs agent 0 of a scenario in one replication.
inline Recorder simulate(const Scenario& scenario, std::uint32_t replication = 0) {
  Recorder recorder;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, 0, static_cast<Replication>(replication), recorder).run(stop, progress);
  return recorder;
}

/// Builds a scenario that must be valid.
inline Scenario build_valid(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  Diagnostics diagnostics;
  Scenario scenario = build(yaml, diagnostics, overrides);
  diagnostics.throw_if_any();
  return scenario;
}

/// The one problem of a scenario of world UT with these agents.
inline std::string only_error(const std::string& agents, const std::vector<std::string>& overrides = {}) {
  Diagnostics diagnostics;
  build(ut_world(agents), diagnostics, overrides);
  REQUIRE(diagnostics.count() == 1);
  return diagnostics.errors()[0];
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace loopgate::test
