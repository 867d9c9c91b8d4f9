#include <doctest/doctest.h>

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

TEST_CASE("the queue does what a std::set does") {
  using Key = std::tuple<double, int, std::uint64_t>;
  Rng rng(Seed{3}, Replication{0}, Stream{9});
  Scheduler scheduler;
  std::set<std::pair<Key, EventId>> oracle;
  std::vector<std::pair<EventId, Key>> made;
  std::uint64_t sequence = 0;
  bool popped_last = false;
  for (int step = 0; step < 200000; ++step) {
    const std::uint32_t choice = rng.below(10);
    if (choice < 5) {
      const double at = scheduler.now() + rng.below(8) * 0.25;
      const int kind = static_cast<int>(rng.below(6));
      const bool replace = popped_last && choice == 0;
      const EventId id = replace ? scheduler.replace_top(at, static_cast<EventKind>(kind))
                                 : scheduler.schedule(at, static_cast<EventKind>(kind));
      oracle.insert({{at, kind, sequence}, id});
      made.push_back({id, {at, kind, sequence++}});
      popped_last = false;
    } else if (choice < 9) {
      const auto event = scheduler.pop_until(1e18);
      REQUIRE(event.has_value() == !oracle.empty());
      if (event) {
        REQUIRE(event->time == std::get<0>(oracle.begin()->first));
        REQUIRE(static_cast<int>(event->kind) == std::get<1>(oracle.begin()->first));
        oracle.erase(oracle.begin());
      }
      popped_last = event.has_value();
    } else if (!made.empty()) {
      const auto& [id, key] = made[rng.below(static_cast<std::uint32_t>(made.size()))];
      REQUIRE(scheduler.cancel(id) == (oracle.erase({key, id}) == 1));
      popped_last = false;
    }
    REQUIRE(scheduler.pending() == oracle.size());
  }
}

TEST_SUITE_END();
