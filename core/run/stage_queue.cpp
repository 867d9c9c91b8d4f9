#include "core/run/stage_queue.hpp"

#include <algorithm>
#include <tuple>

namespace loopgate {

namespace {

// std heaps have the largest first.
constexpr auto comes_later = [](const auto& a, const auto& b) {
  return std::tie(a.comes, a.order) > std::tie(b.comes, b.order);
};
constexpr auto ends_later = [](const StageQueue::Event& a, const StageQueue::Event& b) {
  return std::tie(a.time, a.order) > std::tie(b.time, b.order);
};

}  // namespace

void StageQueue::send(Time comes, std::uint32_t who) {
  sent_.push_back({comes, n_sent_++, who});
  std::ranges::push_heap(sent_, comes_later);
}

void StageQueue::collect(Time now, std::vector<Arrival>& all) {
  if (sent_.empty() || sent_.front().comes > now) return;
  const auto n = static_cast<std::ptrdiff_t>(all.size());
  while (!sent_.empty() && sent_.front().comes <= now) {
    all.push_back({sent_.front().comes, sent_.front().who});
    std::ranges::pop_heap(sent_, comes_later);
    sent_.pop_back();
  }
  std::ranges::rotate(all, all.begin() + n);
  std::ranges::inplace_merge(all, all.end() - n, {}, &Arrival::came);
}

Time StageQueue::enter(const Arrival& arrival, const Stay& stay) {
  const Time patient_until = arrival.came + stay.patience;
  const std::uint64_t order = n_entered_++;
  Time begins = undefined, ends = arrival.came;
  if (!free_.empty()) {
    begins = std::max(arrival.came, free_.front());
    ends = begins + stay.service;
  }
  const bool leaves = begins > patient_until;
  if (leaves) {
    begins = undefined;
    ends = patient_until;
  } else if (!free_.empty()) {
    std::ranges::pop_heap(free_, std::greater{});
    free_.back() = ends;
    std::ranges::push_heap(free_, std::greater{});
  }
  stays_.push_back({ends, order, arrival.who, leaves});
  std::ranges::push_heap(stays_, ends_later);
  return begins;
}

void StageQueue::due(Time now, std::vector<Event>& out) {
  while (!stays_.empty() && stays_.front().time <= now) {
    out.push_back(stays_.front());
    std::ranges::pop_heap(stays_, ends_later);
    stays_.pop_back();
  }
}

}  // namespace loopgate
