#include "core/run/experiment.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "core/run/simulation.hpp"

namespace loopgate {

namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

Experiment::Experiment(const Scenario& scenario, TraceWriter& writer, unsigned n_threads)
    : scenario_(scenario), writer_(writer), n_threads_(n_threads) {
  LOOPGATE_EXPECT(n_threads >= 1);
}

bool Experiment::run(const std::atomic<bool>& stop, const std::function<void(const Progress&)>& report) {
  const std::size_t n_jobs = scenario_.agents.size() * scenario_.n_replications;
  std::atomic<bool> halt{false};
  std::mutex mutex;
  std::condition_variable idle;
  std::exception_ptr failure;
  std::size_t running = std::min<std::size_t>(n_threads_, n_jobs);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0, n = running; i < n; ++i) {
    threads.emplace_back([&] {
      try {
        work(n_jobs, halt);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (!failure) failure = std::current_exception();
        halt = true;
      }
      const std::scoped_lock lock(mutex);
      --running;
      idle.notify_one();
    });
  }
  const auto start = std::chrono::steady_clock::now();
  const std::uint64_t all = static_cast<std::uint64_t>(n_jobs) * scenario_.n_epochs;
  std::unique_lock lock(mutex);
  while (running > 0) {
    idle.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; });
    if (stop) halt = true;
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    if (report) report({epochs_done_, epochs_kept_, all, passed.count()});
  }
  lock.unlock();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
  return epochs_done_ == all;
}

/// Takes jobs, replication by replication, until none is left.
void Experiment::work(std::size_t n_jobs, const std::atomic<bool>& stop) {
  for (std::size_t job = next_++; job < n_jobs && !stop; job = next_++) {
    const std::size_t agent = job % scenario_.agents.size();
    const auto replication = static_cast<std::uint32_t>(job / scenario_.agents.size());
    if (writer_.epochs_written(agent, replication) == scenario_.n_epochs) {
      epochs_kept_ += scenario_.n_epochs;
      epochs_done_ += scenario_.n_epochs;
      continue;
    }
    const double start = thread_seconds();
    const auto sink = writer_.replication(agent, replication);
    Simulation simulation(scenario_, agent, static_cast<Replication>(replication), *sink);
    simulation.run(stop, epochs_done_);
    sink->finish(thread_seconds() - start);
  }
}

}  // namespace loopgate
