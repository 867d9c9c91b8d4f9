#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "core/error.hpp"
#include "core/events/scheduler.hpp"
#include "core/random/rng.hpp"

using namespace loopgate;

TEST_SUITE_BEGIN("unit");

TEST_CASE("events at one time come by kind and then in the order of scheduling") {
  Scheduler scheduler;
  scheduler.schedule(1.0, EventKind::decision_epoch, 1);
  scheduler.schedule(1.0, EventKind::composition_update, 2);
  scheduler.schedule(1.0, EventKind::decision_epoch, 3);
  scheduler.schedule(0.5, EventKind::checkpoint, 4);
  std::vector<std::uint32_t> order;
  while (const auto event = scheduler.pop_until(2.0)) order.push_back(event->payload);
  CHECK(order == std::vector<std::uint32_t>{4, 2, 1, 3});
  CHECK(scheduler.now() == 1.0);
}

TEST_CASE("the horizon itself is excluded and the past is a contract violation") {
  Scheduler scheduler;
  scheduler.schedule(3.0, EventKind::decision_epoch);
  CHECK_FALSE(scheduler.pop_until(3.0).has_value());
  CHECK(scheduler.pop_until(3.5).has_value());
  CHECK_THROWS_AS(scheduler.schedule(2.0, EventKind::decision_epoch), ContractViolation);
  CHECK_THROWS_AS(scheduler.schedule(NAN, EventKind::decision_epoch), ContractViolation);
  scheduler.schedule(4.0, EventKind::decision_epoch);
  CHECK_THROWS_AS(scheduler.replace_top(4.0, EventKind::decision_epoch), ContractViolation);
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

namespace {

/// Schedules, pops and cancels at random, in step with a std::set. Pending events hover around `target`.
class QueueAndOracle {
 public:
  explicit QueueAndOracle(std::size_t target) : target_(target) {}

  void step() {
    const std::uint32_t choice = rng_.below(20);
    const bool grow = scheduler_.pending() < target_ ? choice < 13 : choice < 7;
    if (grow) schedule();
    else if (choice < 19 || made_.empty()) pop();
    else cancel();
    REQUIRE(scheduler_.pending() == oracle_.size());
  }

  void drain() {
    while (!oracle_.empty()) pop();
    pop();
  }

 private:
  using Key = std::tuple<double, int, std::uint64_t>;
  struct Expected {
    EventId id;
    std::uint32_t payload;
    auto operator<=>(const Expected&) const = default;
  };

  void schedule() {
    const double at = scheduler_.now() + (rng_.below(2) == 0 ? rng_.below(8) * 0.25 : 4.0 * rng_.uniform());
    const auto kind = static_cast<EventKind>(rng_.below(6));
    const std::uint32_t payload = rng_.word();
    const EventId id = popped_last_ && rng_.below(2) == 0 ? scheduler_.replace_top(at, kind, payload)
                                                          : scheduler_.schedule(at, kind, payload);
    const Key key{at, static_cast<int>(kind), made_.size()};
    oracle_.insert({key, {id, payload}});
    made_.push_back({key, {id, payload}});
    popped_last_ = false;
  }

  void pop() {
    const auto event = scheduler_.pop_until(1e18);
    REQUIRE(event.has_value() == !oracle_.empty());
    popped_last_ = event.has_value();
    if (!event) return;
    const auto& [key, expected] = *oracle_.begin();
    REQUIRE(event->time == std::get<0>(key));
    REQUIRE(static_cast<int>(event->kind) == std::get<1>(key));
    REQUIRE(event->payload == expected.payload);
    oracle_.erase(oracle_.begin());
  }

  void cancel() {  // often one that has happened
    const std::uint32_t recent = static_cast<std::uint32_t>(std::min(made_.size(), 2 * target_ + 1));
    const auto& made = made_[made_.size() - 1 - rng_.below(recent)];
    REQUIRE(scheduler_.cancel(made.second.id) == (oracle_.erase(made) == 1));
    popped_last_ = false;
  }

  std::size_t target_;
  Rng rng_{Seed{3}, Replication{0}, Stream{9}};
  Scheduler scheduler_;
  std::set<std::pair<Key, Expected>> oracle_;
  std::vector<std::pair<Key, Expected>> made_;
  bool popped_last_ = false;
};

}  // namespace

TEST_CASE("the queue does what a std::set does") {
  for (const std::size_t target : {0, 1, 2, 5, 20, 100, 5000}) {
    CAPTURE(target);
    QueueAndOracle both(target);
    for (int step = 0; step < 60000; ++step) both.step();
    both.drain();
  }
}

TEST_SUITE_END();
