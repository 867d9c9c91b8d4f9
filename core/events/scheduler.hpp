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

/// Names a scheduled event, for cancel. Never used twice.
enum class EventId : std::uint64_t {};

/// A plain value: what is to happen is told by kind and payload alone, so a queue can be stored and compared.
struct Event {
  Time time;
  EventKind kind;
  std::uint32_t payload;  ///< meaning is the kind's own: an index, never a pointer
};

/// The pending events, in the total order (time, kind, order of scheduling): a binary heap whose root may be a hole, so
/// that a pop followed by a replace_top sifts once.
class Scheduler {
 public:
  /// EXPECTs a finite time, at >= now().
  EventId schedule(Time at, EventKind kind, std::uint32_t payload = 0);
  /// True if the event was pending and now is not. O(pending).
  bool cancel(EventId id);
  /// The next event with time < horizon, and now() becomes its time; nothing when there is none.
  std::optional<Event> pop_until(Time horizon);
  /// The same as schedule, cheaper: the new event takes the place of the one just popped. EXPECTs that a pop came
  /// last and nothing was scheduled or cancelled since.
  EventId replace_top(Time at, EventKind kind, std::uint32_t payload = 0);

  Time now() const noexcept { return now_; }
  std::size_t pending() const noexcept { return heap_.size() - (hole_ ? 1 : 0); }

 private:
  struct Entry {
    std::uint64_t time;   ///< the bits of a time >= 0, which order as the times do
    std::uint64_t order;  ///< kind in the upper 8 bits, sequence below
    std::uint32_t payload;

    bool before(const Entry& other) const noexcept {
      return time != other.time ? time < other.time : order < other.order;
    }
  };

  Entry make_entry(Time at, EventKind kind, std::uint32_t payload);
  void fill_hole();
  void sift_up(std::size_t i) noexcept;
  void sift_down(std::size_t i) noexcept;

  std::vector<Entry> heap_;
  bool hole_ = false;  ///< heap_[0] was popped and waits to be replaced
  std::uint64_t sequence_ = 0;
  Time now_ = 0.0;
};

}  // namespace loopgate
