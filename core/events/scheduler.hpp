#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

/// In tie order: at one time, events happen in this order.
enum class EventKind : std::uint8_t {
  intervention,
  outcome_due,
  score_update,
  composition_update,
  decision_epoch,
  checkpoint
};

enum class EventId : std::uint64_t {};  ///< names a scheduled event, for cancel

/// A plain value: what is to happen is told by kind and payload alone, so a queue can be stored and compared.
struct Event {
  Time time;
  EventKind kind;
  std::uint32_t payload;  ///< meaning is the kind's own: an index, never a pointer
};

/// The pending events, in the total order (time, kind, order of scheduling).
class Scheduler {
 public:
  /// EXPECTs a finite time, at >= now().
  EventId schedule(Time at, EventKind kind, std::uint32_t payload = 0);
  /// True if the event was pending and now is not.
  bool cancel(EventId id);
  /// The next event with time < horizon, and now() becomes its time; nothing when there is none.
  std::optional<Event> pop_until(Time horizon);
  /// Same as pop_until, then schedule, at the price of one: schedules `at` in the place of the event just popped.
  /// To be called at most once after a pop, before any other schedule or pop; EXPECTs that.
  EventId replace_top(Time at, EventKind kind, std::uint32_t payload = 0);

  Time now() const noexcept { return now_; }
  std::size_t pending() const noexcept;

 private:
  Time now_ = 0.0;
};

}  // namespace loopgate
