#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "agents/register_agents.hpp"
#include "core/random/samplers.hpp"
#include "core/scenario/yaml.hpp"

namespace {

using namespace loopgate;

/// Two groups: reward, two residuals of demographic parity, one of a service floor.
Problem two_groups() {
  Problem problem;
  problem.groups = {"A", "B"};
  problem.score_range = {0.0, 1.0};
  problem.reward_range = {-1.0, 1.0};
  problem.residual_names = {"demographic_parity:A-B", "demographic_parity:B-A", "service_rate:floor"};
  problem.residual_ranges = {{-1.1, 0.9}, {-1.1, 0.9}, {-0.7, 0.3}};
  problem.n_epochs = 100000;
  return problem;
}

std::unique_ptr<Agent> make_agent(const std::string& yaml, const Problem& problem) {
  Catalog catalog;
  register_agents(catalog);
  Diagnostics diagnostics;
  const Node settings =
      validate(parse_yaml(yaml, "bench", diagnostics), component("type", catalog.agents.descriptions()), diagnostics);
  return catalog.agents.make(settings.string("type"), settings, problem, diagnostics)->make(problem);
}

/// What batches of 1,000 say of a threshold in world UT (A uniform, B triangular): the exact value plus noise that was
/// drawn beforehand, so that it costs little here.
class World {
 public:
  World() {
    Rng rng(Seed{1}, Replication{0}, Stream{9});
    for (auto& row : noise_)
      for (double& x : row) x = 0.02 * sample_normal(rng);
  }
  void feed(std::uint32_t epoch, double s, std::array<double, 4>& out) const noexcept {
    const auto& noise = noise_[epoch % noise_.size()];
    const double service = (1 - s + (1 - s) * (1 - s)) / 2, gap = s * (1 - s) + noise[1];
    out = {0.5 * service * s + noise[0], gap - 0.1, -gap - 0.1, 0.3 - service + noise[2]};
  }

 private:
  std::array<std::array<double, 3>, 4093> noise_;
};

/// One epoch: choose, learn, and the propensity where the trace logs one.
void epoch(benchmark::State& state, const std::string& yaml) {
  static const World world;
  const Problem problem = two_groups();
  const auto agent = make_agent(yaml, problem);
  Rng rng(Seed{2}, Replication{0}, Stream::agent("a"));
  std::array<double, 2> threshold{};
  std::array<double, 4> values{};
  std::uint32_t t = 0;
  const auto step = [&] {
    rng.begin_epoch(t);
    agent->choose({t, 0.0}, rng, threshold);
    world.feed(t, threshold[0], values);
    if (agent->randomised()) benchmark::DoNotOptimize(agent->arm_probability());
    agent->learn({t, 0.0, 0.0, threshold, values[0], {values.data() + 1, 3}, {}, {}, {}, {}});
    ++t;
  };
  while (t < 1000) step();  // every arm was played, and the index decides
  for (auto _ : state) step();
}

void with_grid(benchmark::State& state, const std::string& agent) {
  epoch(state, "{grid: " + std::to_string(state.range(0)) + ", " + agent + "}");
}

BENCHMARK_CAPTURE(with_grid, ofs, "type: ofs")->Arg(51)->Arg(201);
BENCHMARK_CAPTURE(with_grid, ofs_infeasible, "type: ofs, feasible: pessimistic, radius: {type: hoeffding, scale: 100}")
    ->Arg(51)
    ->Arg(201);
BENCHMARK_CAPTURE(with_grid, ofs_hoeffding_anytime, "type: ofs, radius: {type: hoeffding_anytime}")->Arg(51);
BENCHMARK_CAPTURE(with_grid, ofs_empirical_bernstein, "type: ofs, radius: {type: empirical_bernstein}")->Arg(51);
BENCHMARK_CAPTURE(with_grid, ofs_window, "type: ofs, statistics: {type: window, length: 500}")->Arg(51);
BENCHMARK_CAPTURE(with_grid, ofs_discount, "type: ofs, statistics: {type: discount, factor: 0.998}")->Arg(51);
BENCHMARK_CAPTURE(with_grid, ofs_discount_bernstein,
                  "type: ofs, radius: {type: empirical_bernstein}, statistics: {type: discount, factor: 0.998}")
    ->Arg(51);
BENCHMARK_CAPTURE(with_grid, ucb1, "type: ucb1")->Arg(51);
BENCHMARK_CAPTURE(with_grid, primal_dual, "type: primal_dual")->Arg(51);
BENCHMARK_CAPTURE(with_grid, penalty_ucb, "type: penalty_ucb")->Arg(51);
BENCHMARK_CAPTURE(with_grid, epsilon_greedy, "type: epsilon_greedy")->Arg(51);
BENCHMARK_CAPTURE(with_grid, thompson, "type: thompson")->Arg(51)->Arg(201);
BENCHMARK_CAPTURE(with_grid, thompson_beta, "type: thompson, posterior: beta")->Arg(51);

}  // namespace
