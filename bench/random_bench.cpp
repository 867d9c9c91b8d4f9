#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "core/random/philox.hpp"
#include "core/random/rng.hpp"
#include "core/random/samplers.hpp"

namespace {

using namespace loopgate;

Rng generator() { return {Seed{1}, Replication{0}, Stream{9}}; }

void philox_one_block(benchmark::State& state) {
  std::array<std::uint32_t, 4> counter{};
  for (auto _ : state) {
    ++counter[0];
    benchmark::DoNotOptimize(philox_block(counter, {1, 2}));
  }
}

/// Per block, at a batch of the given size.
void philox_many_blocks(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::array<std::vector<std::uint32_t>, 4> words;
  for (auto& word : words) word.resize(n);
  std::uint32_t epoch = 0;
  for (auto _ : state) {
    philox_blocks(0, epoch++, Stream::applicants().id, 0, {1, 2}, {words[0], words[1], words[2], words[3]});
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void uniform(benchmark::State& state) {
  Rng rng = generator();
  for (auto _ : state) benchmark::DoNotOptimize(rng.uniform());
}

void normal(benchmark::State& state) {
  Rng rng = generator();
  for (auto _ : state) benchmark::DoNotOptimize(sample_normal(rng));
}

void binomial(benchmark::State& state) {
  Rng rng = generator();
  const auto n = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(sample_binomial(n, 0.3, rng));
}

/// Per draw of all cells: the given number of equal ones, 1,000 trials.
void multinomial(benchmark::State& state) {
  Rng rng = generator();
  const auto k = static_cast<std::size_t>(state.range(0));
  const std::vector<double> p(k, 1.0 / static_cast<double>(k));
  std::vector<std::uint64_t> counts(k);
  for (auto _ : state) {
    sample_multinomial(1000, p, counts, rng);
    benchmark::ClobberMemory();
  }
}

BENCHMARK(philox_one_block);
BENCHMARK(philox_many_blocks)->Arg(1024)->Arg(65536);
BENCHMARK(uniform);
BENCHMARK(normal);
BENCHMARK(binomial)->Arg(1000)->Arg(50000000);
BENCHMARK(multinomial)->Arg(8);

}  // namespace
