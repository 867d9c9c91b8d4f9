#include "verify/state_path.hpp"

#include <atomic>
#include <cmath>

#include "core/run/simulation.hpp"

namespace loopgate {

namespace {

class Keeper final : public EpochSink {
 public:
  StatePath path;
  void record(const EpochRecord& now) override {
    path.state.emplace_back(now.state.begin(), now.state.end());
    path.arrived.emplace_back(now.arrived.begin(), now.arrived.end());
    if (!std::isnan(now.reward)) path.gain += now.reward;
  }
  void finish(double) override {}
};

}  // namespace

StatePath state_path(const Scenario& scenario, std::uint32_t replication) {
  Keeper keeper;
  const std::atomic<bool> never{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, 0, static_cast<Replication>(replication), keeper).run(never, progress);
  return std::move(keeper.path);
}

}  // namespace loopgate
