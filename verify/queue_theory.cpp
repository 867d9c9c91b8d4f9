#include "verify/queue_theory.hpp"

#include <atomic>
#include <numeric>
#include <vector>

#include "core/run/simulation.hpp"

namespace loopgate {

namespace {

class Counter final : public EpochSink {
 public:
  explicit Counter(std::uint32_t from_epoch) : before_(from_epoch) {}
  StageUse use;

  void record(const EpochRecord& now) override {
    if (before_ > 0) {
      --before_;
      return;
    }
    for (std::size_t g = 0; g < now.arrived.size(); ++g) {
      const double left = now.stage_left[g], decided = now.stage_arrived[g] - left;
      use.left += left;
      if (decided == 0.0) continue;
      use.decided += decided;
      use.wait += decided * now.stage_wait[g];
      if (now.stage_wait[g] > 0.0) use.waited += decided;
    }
  }
  void finish(double) override {}

 private:
  std::uint32_t before_;
};

}  // namespace

double erlang_c(double load, int servers) {
  double b = 1.0;
  for (int k = 1; k <= servers; ++k) b = load * b / (k + load * b);
  return b / (1.0 - load / servers * (1.0 - b));
}

double erlang_a_abandoned(double arrivals, int servers, double impatience) {
  constexpr int most = 400;  // in the system; more are rarer than rounding at the loads of use
  std::vector<double> p{1.0};
  for (int n = 1; n <= most; ++n)
    p.push_back(p.back() * arrivals / (n <= servers ? n : servers + (n - servers) * impatience));
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  double rate = 0.0;
  for (int n = servers + 1; n <= most; ++n) rate += p[static_cast<std::size_t>(n)] / total * (n - servers) * impatience;
  return rate / arrivals;
}

StageUse stage_use(const Scenario& scenario, std::uint32_t replication, std::uint32_t from_epoch) {
  Counter counter(from_epoch);
  const std::atomic<bool> never{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, 0, static_cast<Replication>(replication), counter).run(never, progress);
  return counter.use;
}

}  // namespace loopgate
