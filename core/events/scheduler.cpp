#include "core/events/scheduler.hpp"

#include <bit>
#include <cmath>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr unsigned kind_shift = 56;

}  // namespace

Scheduler::Entry Scheduler::make_entry(Time at, EventKind kind, std::uint32_t payload) {
  LOOPGATE_EXPECT(std::isfinite(at) && at >= now_);
  const std::uint64_t order = (static_cast<std::uint64_t>(kind) << kind_shift) | sequence_++;
  return {std::bit_cast<std::uint64_t>(at + 0.0), order, payload};  // + 0.0 turns -0.0 into 0.0
}

EventId Scheduler::schedule(Time at, EventKind kind, std::uint32_t payload) {
  const Entry entry = make_entry(at, kind, payload);
  fill_hole();
  heap_.push_back(entry);
  sift_up(heap_.size() - 1);
  return static_cast<EventId>(entry.order);
}

EventId Scheduler::replace_top(Time at, EventKind kind, std::uint32_t payload) {
  LOOPGATE_EXPECT(hole_);
  const Entry entry = make_entry(at, kind, payload);
  hole_ = false;
  heap_[0] = entry;
  sift_down(0);
  return static_cast<EventId>(entry.order);
}

bool Scheduler::cancel(EventId id) {
  fill_hole();
  for (std::size_t i = 0; i < heap_.size(); ++i) {
    if (heap_[i].order != static_cast<std::uint64_t>(id)) continue;
    heap_[i] = heap_.back();
    heap_.pop_back();
    if (i < heap_.size()) {
      sift_up(i);
      sift_down(i);
    }
    return true;
  }
  return false;
}

std::optional<Event> Scheduler::pop_until(Time horizon) {
  fill_hole();
  if (heap_.empty()) return std::nullopt;
  const Entry& top = heap_.front();
  const Time time = std::bit_cast<Time>(top.time);
  if (!(time < horizon)) return std::nullopt;
  now_ = time;
  hole_ = true;
  return Event{time, static_cast<EventKind>(top.order >> kind_shift), top.payload};
}

void Scheduler::fill_hole() {
  if (!hole_) return;
  hole_ = false;
  heap_.front() = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) sift_down(0);
}

void Scheduler::sift_up(std::size_t i) noexcept {
  const Entry entry = heap_[i];
  while (i > 0) {
    const std::size_t parent = (i - 1) / 2;
    if (!entry.before(heap_[parent])) break;
    heap_[i] = heap_[parent];
    i = parent;
  }
  heap_[i] = entry;
}

void Scheduler::sift_down(std::size_t i) noexcept {
  const Entry entry = heap_[i];
  const std::size_t n = heap_.size();
  for (;;) {
    std::size_t child = 2 * i + 1;
    if (child >= n) break;
    if (child + 1 < n && heap_[child + 1].before(heap_[child])) ++child;
    if (!heap_[child].before(entry)) break;
    heap_[i] = heap_[child];
    i = child;
  }
  heap_[i] = entry;
}

}  // namespace loopgate
