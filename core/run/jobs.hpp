#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace loopgate {

/// Does job(0), job(1), ... job(n_jobs - 1) on up to n_threads threads, each thread taking the next one that is left.
/// `halt` makes threads take no more; the first exception of a job sets it and is thrown here. `watch` is called here
/// about ten times a second and once at the end.
void run_jobs(unsigned n_threads, std::size_t n_jobs, std::atomic<bool>& halt,
              const std::function<void(std::size_t)>& job, const std::function<void()>& watch);

}  // namespace loopgate
