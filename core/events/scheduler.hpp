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

/// The pending events, in the total order (time, kind, order of scheduling): a heap of four children a node, whose root
/// may be a hole, so that a pop and the event that follows it sift once. Keys are 16 bytes, a node's children 64;
/// payloads lie apart.
class Scheduler {
 public:
  /// EXPECTs a finite time, at >= now().
  EventId schedule(Time at, EventKind kind, std::uint32_t payload = 0);
  /// True if the event was pending and now is not. O(pending).
  bool cancel(EventId id);
  /// The next event with time < horizon, and now() becomes its time; nothing when there is none.
  std::optional<Event> pop_until(Time horizon);
  /// The same as schedule, for an event that follows the one just popped. EXPECTs that a pop came last and nothing was
  /// scheduled or cancelled since.
  EventId replace_top(Time at, EventKind kind, std::uint32_t payload = 0);

  Time now() const noexcept { return now_; }
  std::size_t pending() const noexcept { return keys_.size() - (hole_ ? 1 : 0); }

 private:
  struct Key {
    std::uint64_t order;  ///< kind in the upper 8 bits, sequence below
    std::uint64_t time;   ///< the bits of a time >= 0, which order as the times do

    bool before(const Key& other) const noexcept { return wide() < other.wide(); }  // no branch on either word

   private:
    __extension__ using Wide = unsigned __int128;
    Wide wide() const noexcept { return (static_cast<Wide>(time) << 64) | order; }
  };

  Key make_key(Time at, EventKind kind);
  void fill_hole() noexcept;
  void sift_up(std::size_t i, Key key, std::uint32_t payload) noexcept;
  void sift_down(std::size_t i, Key key, std::uint32_t payload) noexcept;

  std::vector<Key> keys_;  ///< the children of i are 4 i + 1 .. 4 i + 4
  std::vector<std::uint32_t> payloads_;
  bool hole_ = false;  ///< the root was popped and waits to be replaced
  std::uint64_t sequence_ = 0;
  Time now_ = 0.0;
};

}  // namespace loopgate
