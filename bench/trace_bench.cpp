#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "core/trace/trace_writer.hpp"

namespace {

using namespace loopgate;

/// Two groups, two states, three residuals, one fixed agent.
TraceLayout layout(std::uint32_t n_epochs) {
  TraceLayout all;
  all.scenario_name = all.scenario = all.scenario_resolved = "bench";
  all.n_epochs = n_epochs;
  all.groups = {"A", "B"};
  all.constraints = {"demographic_parity:B-A", "demographic_parity:A-B", "service_rate:floor"};
  all.states = {"share:A", "share:B"};
  all.agents = {{"fixed", false, {}, {}}};
  all.compression = Compression::none;
  return all;
}

/// Per epoch, from the first record to the trace's own name, on the file system of the folder for temporary files.
void trace_epoch(benchmark::State& state) {
  const auto n_epochs = static_cast<std::uint32_t>(state.range(0));
  const auto path = std::filesystem::temp_directory_path() / ("loopgate_bench_" + std::to_string(getpid()) + ".h5");
  const std::vector<double> pair{0.25, 0.75}, residual{0.1, -0.3, 0.0};
  EpochRecord record;
  record.threshold = record.arrived = record.accepted = record.succeeded = record.qualified = pair;
  record.composition = record.qualification_rate = record.state = pair;
  record.residual = record.expected_residual = residual;
  for (auto _ : state) {
    state.PauseTiming();
    TraceWriter writer = TraceWriter::create(path.string(), layout(n_epochs));
    auto sink = writer.replication(0, 0);
    state.ResumeTiming();
    for (std::uint32_t t = 0; t < n_epochs; ++t) {
      record.reward = record.expected_reward = t;
      sink->record(record);
    }
    sink->finish(0.0);
    sink.reset();
    writer.complete(0.0);
    std::filesystem::remove(path);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(trace_epoch)->Arg(200000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
