#include "core/trace/write_queue.hpp"

#include <utility>

namespace loopgate {

WriteQueue::WriteQueue(Mode mode) {
  if (mode == Mode::background) thread_ = std::jthread([this] { work(); });
}

WriteQueue::~WriteQueue() {
  const std::scoped_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void WriteQueue::submit(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  if (thread_.joinable()) changed_.wait(lock, [this] { return pending_.size() < most_pending || failure_; });
  if (failure_) std::rethrow_exception(failure_);
  if (thread_.joinable()) {
    pending_.push_back(std::move(job));
    changed_.notify_all();
    return;
  }
  try {
    job();
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
}

void WriteQueue::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return (pending_.empty() && !busy_) || failure_; });
  if (failure_) std::rethrow_exception(failure_);
}

void WriteQueue::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || (!pending_.empty() && !failure_); });
    if (stopping_) return;
    const std::function<void()> job = std::move(pending_.front());
    pending_.pop_front();
    busy_ = true;
    lock.unlock();
    std::exception_ptr failure;
    try {
      job();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    busy_ = false;
    failure_ = failure;
    changed_.notify_all();
  }
}

}  // namespace loopgate
