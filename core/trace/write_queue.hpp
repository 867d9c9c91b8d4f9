#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace loopgate {

/// Does jobs one after another, in the order in which they were handed in: on a thread of its own, so that who hands
/// them in goes on, or at once where there is no core to spare.
class WriteQueue {
 public:
  enum class Mode : std::uint8_t { at_once, background };
  explicit WriteQueue(Mode mode);
  /// Drops what has not begun.
  ~WriteQueue();

  /// Waits while many jobs are pending. Throws the first failure of a job, after which none is done any more.
  void submit(std::function<void()> job);
  /// Waits until every job is done; throws the first failure.
  void drain();

 private:
  void work();

  static constexpr std::size_t most_pending = 8;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> pending_;
  bool busy_ = false, stopping_ = false;
  std::exception_ptr failure_;
  std::jthread thread_;  ///< last: it uses all of the above
};

}  // namespace loopgate
