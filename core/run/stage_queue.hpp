#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/types.hpp"

namespace loopgate {

/// Who is on the way to one stage of a route, waits for its servers, is served, or waits for its decision. Applicants
/// are names (indices) here.
///
/// First come, first served: with c servers an applicant's service starts when she is there and the server that is free
/// first is free (Kiefer & Wolfowitz 1955, doi:10.1090/S0002-9947-1955-0066587-0), so all of her stay is known once
/// everyone before her is; nothing has to happen at the times in between. Who would not start within her patience
/// leaves when it ends, and takes no server.
class StageQueue {
 public:
  struct Arrival {
    Time came;
    std::uint32_t who;
  };
  struct Stay {
    Time service = 0.0;
    Time patience = 0.0;  ///< infinite: she never leaves
  };
  struct Event {
    Time time;
    std::uint64_t order;  ///< in which they came
    std::uint32_t who;
    bool leaves;  ///< has lost patience; else she can be decided
  };

  explicit StageQueue(std::uint32_t n_servers) : free_(n_servers, 0.0) {}

  void send(Time comes, std::uint32_t who);  ///< will come then
  /// Takes those of `sent` who come by now, appends them to all, which is in order of time, and keeps that order; at
  /// one time those of all come last.
  void collect(Time now, std::vector<Arrival>& all);
  /// The next in order of arrival. Gives when her service begins: NaN where there are no servers or she leaves before.
  Time enter(const Arrival& arrival, const Stay& stay);
  /// Takes what is due by now, in order of time and arrival.
  void due(Time now, std::vector<Event>& out);

  std::vector<Event>& held() noexcept { return held_; }  ///< undecided for want of capacity, in order

 private:
  struct Sent {
    Time comes;
    std::uint64_t order;
    std::uint32_t who;
  };

  std::vector<Sent> sent_;    ///< a heap: who comes first is first
  std::vector<Event> stays_;  ///< the same by when a stay ends
  std::vector<Time> free_;    ///< [n_servers] a heap: when each server is free
  std::vector<Event> held_;
  std::uint64_t n_sent_ = 0, n_entered_ = 0;
};

}  // namespace loopgate
