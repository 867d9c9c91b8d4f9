#include <benchmark/benchmark.h>

#include <array>

#include "core/events/scheduler.hpp"
#include "core/random/samplers.hpp"

namespace {

using namespace loopgate;

/// The hold model: the earliest event happens and schedules itself again after an exponential time. The delays were
/// drawn beforehand.
class Hold {
 public:
  explicit Hold(std::size_t pending) {
    Rng rng(Seed{1}, Replication{0}, Stream{9});
    for (double& delay : delays_) delay = sample_exponential(rng);
    for (std::size_t i = 0; i < pending; ++i)
      scheduler_.schedule(next(), EventKind::decision_epoch, static_cast<std::uint32_t>(i));
  }
  double next() noexcept { return delays_[drawn_++ % delays_.size()]; }
  Scheduler& scheduler() noexcept { return scheduler_; }

 private:
  Scheduler scheduler_;
  std::array<double, 65536> delays_;
  std::size_t drawn_ = 0;
};

void hold_replace_top(benchmark::State& state) {
  Hold hold(static_cast<std::size_t>(state.range(0)));
  Scheduler& scheduler = hold.scheduler();
  for (auto _ : state) {
    const auto event = scheduler.pop_until(1e300);
    scheduler.replace_top(event->time + hold.next(), event->kind, event->payload);
  }
}

void hold_schedule(benchmark::State& state) {
  Hold hold(static_cast<std::size_t>(state.range(0)));
  Scheduler& scheduler = hold.scheduler();
  for (auto _ : state) {
    const auto event = scheduler.pop_until(1e300);
    scheduler.schedule(event->time + hold.next(), event->kind, event->payload);
  }
}

/// Two events at each whole time, as the loop of a scenario with dynamics has them.
void lock_step(benchmark::State& state) {
  Scheduler scheduler;
  scheduler.schedule(0.0, EventKind::decision_epoch);
  for (auto _ : state) {
    for (auto event = scheduler.pop_until(1e300); event->kind != EventKind::decision_epoch;)
      event = scheduler.pop_until(1e300);
    scheduler.replace_top(scheduler.now() + 1.0, EventKind::decision_epoch);
    scheduler.schedule(scheduler.now() + 1.0, EventKind::composition_update);
  }
}

BENCHMARK(hold_replace_top)->Arg(100)->Arg(10000)->Arg(1000000);
BENCHMARK(hold_schedule)->Arg(100)->Arg(10000);
BENCHMARK(lock_step);

}  // namespace
