#include "core/events/scheduler.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr unsigned kind_shift = 56;
constexpr std::size_t arity = 4;

}  // namespace

Scheduler::Key Scheduler::make_key(Time at, EventKind kind) {
  LOOPGATE_EXPECT(std::isfinite(at) && at >= now_);
  const std::uint64_t order = (static_cast<std::uint64_t>(kind) << kind_shift) | sequence_++;
  return {order, std::bit_cast<std::uint64_t>(at + 0.0)};  // + 0.0 turns -0.0 into 0.0
}

EventId Scheduler::schedule(Time at, EventKind kind, std::uint32_t payload) {
  const Key key = make_key(at, kind);
  if (hole_) {
    hole_ = false;
    sift_down(0, key, payload);
  } else {
    keys_.push_back(key);
    payloads_.push_back(payload);
    sift_up(keys_.size() - 1, key, payload);
  }
  return static_cast<EventId>(key.order);
}

EventId Scheduler::replace_top(Time at, EventKind kind, std::uint32_t payload) {
  LOOPGATE_EXPECT(hole_);
  return schedule(at, kind, payload);
}

bool Scheduler::cancel(EventId id) {
  fill_hole();
  const auto found = std::ranges::find(keys_, static_cast<std::uint64_t>(id), &Key::order);
  if (found == keys_.end()) return false;
  const auto i = static_cast<std::size_t>(found - keys_.begin());
  const Key last = keys_.back();
  const std::uint32_t payload = payloads_.back();
  keys_.pop_back();
  payloads_.pop_back();
  if (i == keys_.size()) return true;
  if (i > 0 && last.before(keys_[(i - 1) / arity])) sift_up(i, last, payload);
  else sift_down(i, last, payload);
  return true;
}

std::optional<Event> Scheduler::pop_until(Time horizon) {
  fill_hole();
  if (keys_.empty()) return std::nullopt;
  const Key& top = keys_.front();
  const Time time = std::bit_cast<Time>(top.time);
  if (!(time < horizon)) return std::nullopt;
  now_ = time;
  hole_ = true;
  return Event{time, static_cast<EventKind>(top.order >> kind_shift), payloads_.front()};
}

void Scheduler::fill_hole() noexcept {
  if (!hole_) return;
  hole_ = false;
  const Key last = keys_.back();
  const std::uint32_t payload = payloads_.back();
  keys_.pop_back();
  payloads_.pop_back();
  if (!keys_.empty()) sift_down(0, last, payload);
}

/// Puts an event into the vacant place i or above it.
void Scheduler::sift_up(std::size_t i, Key key, std::uint32_t payload) noexcept {
  while (i > 0) {
    const std::size_t parent = (i - 1) / arity;
    if (!key.before(keys_[parent])) break;
    keys_[i] = keys_[parent];
    payloads_[i] = payloads_[parent];
    i = parent;
  }
  keys_[i] = key;
  payloads_[i] = payload;
}

/// Puts an event into the vacant place i or below it.
void Scheduler::sift_down(std::size_t i, Key key, std::uint32_t payload) noexcept {
  Key* const keys = keys_.data();
  std::uint32_t* const payloads = payloads_.data();
  const std::size_t n = keys_.size();
  for (std::size_t first = arity * i + 1; first < n; first = arity * i + 1) {
    std::size_t least = first;
    if (first + arity <= n) {  // by arithmetic, since these comparisons cannot be foretold
      const std::size_t left = first + (keys[first + 1].before(keys[first]) ? 1 : 0);
      const std::size_t right = first + 2 + (keys[first + 3].before(keys[first + 2]) ? 1 : 0);
      least = keys[right].before(keys[left]) ? right : left;
    } else {
      for (std::size_t child = first + 1; child < n; ++child)
        if (keys[child].before(keys[least])) least = child;
    }
    if (!keys[least].before(key)) break;
    keys[i] = keys[least];
    payloads[i] = payloads[least];
    i = least;
  }
  keys[i] = key;
  payloads[i] = payload;
}

}  // namespace loopgate
