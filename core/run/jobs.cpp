#include "core/run/jobs.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/error.hpp"

namespace loopgate {

void run_jobs(unsigned n_threads, std::size_t n_jobs, std::atomic<bool>& halt,
              const std::function<void(std::size_t)>& job, const std::function<void()>& watch) {
  LOOPGATE_EXPECT(n_threads >= 1);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::condition_variable idle;
  std::exception_ptr failure;
  std::size_t running = std::min<std::size_t>(n_threads, n_jobs);
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < n_jobs && !halt; i = next++) job(i);
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!failure) failure = std::current_exception();
      halt = true;
    }
    const std::scoped_lock lock(mutex);
    --running;
    idle.notify_one();
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 0, n = running; i < n; ++i) threads.emplace_back(work);
  std::unique_lock lock(mutex);
  while (running > 0) {
    idle.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; });
    watch();
  }
  lock.unlock();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace loopgate
