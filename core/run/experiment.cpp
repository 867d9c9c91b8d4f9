#include "core/run/experiment.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "core/error.hpp"
#include "core/run/jobs.hpp"
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
    : scenario_(scenario), writer_(writer), n_threads_(n_threads), epochs_(scenario.agents.size()) {
  LOOPGATE_EXPECT(n_threads >= 1);
}

bool Experiment::run(const std::atomic<bool>& stop, const std::function<void(const Progress&)>& report) {
  const std::size_t n_jobs = scenario_.agents.size() * scenario_.n_replications;
  const std::uint64_t of_agent = std::uint64_t{scenario_.n_replications} * scenario_.n_epochs;
  std::vector<std::uint64_t> done(epochs_.size());
  const auto count = [&] {
    std::ranges::transform(epochs_, done.begin(), [](const EpochCount& one) { return one.done.load(); });
  };
  const auto start = std::chrono::steady_clock::now();
  std::atomic<bool> halt{false};
  run_jobs(
      n_threads_, n_jobs, halt, [&](std::size_t job) { simulate(job, halt); },
      [&] {
        if (stop) halt = true;
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
        count();
        if (report) report({done, of_agent, epochs_kept_, passed.count()});
      });
  count();
  return std::ranges::all_of(done, [of_agent](std::uint64_t n) { return n == of_agent; });
}

/// Job by job, replication by replication: agent a in replication r is job r n_agents + a.
void Experiment::simulate(std::size_t job, const std::atomic<bool>& stop) {
  const std::size_t agent = job % scenario_.agents.size();
  const auto replication = static_cast<std::uint32_t>(job / scenario_.agents.size());
  if (writer_.epochs_written(agent, replication) == scenario_.n_epochs) {
    epochs_kept_ += scenario_.n_epochs;
    epochs_[agent].done += scenario_.n_epochs;
    return;
  }
  const double start = thread_seconds();
  const auto sink = writer_.replication(agent, replication);
  Simulation simulation(scenario_, agent, static_cast<Replication>(replication), *sink);
  simulation.run(stop, epochs_[agent].done);
  sink->finish(thread_seconds() - start);
}

}  // namespace loopgate
