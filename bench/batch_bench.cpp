#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "agents/register_agents.hpp"
#include "core/run/count_draw.hpp"
#include "core/run/individual_draw.hpp"
#include "core/scenario/scenario.hpp"
#include "environments/populations/finite_law.hpp"
#include "environments/register_environments.hpp"

namespace {

using namespace loopgate;

std::shared_ptr<const ApplicantLaw> parametric(const std::string& groups) {
  Catalog catalog;
  register_environments(catalog);
  register_agents(catalog);
  Diagnostics diagnostics;
  const std::string yaml =
      "scenario: bench\nseed: 1\nhorizon: 1\nenvironment:\n  population: {type: parametric, groups: [" + groups +
      "]}\n  arrivals: {type: batch, size: 1}\nagents: [{type: fixed, threshold: 0.5}]\n";
  const Scenario scenario = build_scenario(yaml, "bench", {}, catalog, DataFiles::from_environment("."), diagnostics);
  diagnostics.throw_if_any();
  return scenario.law;
}

std::string group(const std::string& name, double share, const std::string& law) {
  return "{name: " + name + ", share: " + std::to_string(share) + ", score: {" + law + "}}";
}

std::shared_ptr<const ApplicantLaw> uniform_triangular() {
  return parametric(group("A", 0.5, "law: uniform, low: 0, high: 1") + ", " +
                    group("B", 0.5, "law: triangular, low: 0, mode: 0, high: 1"));
}

std::shared_ptr<const ApplicantLaw> logit_normal() {
  return parametric(group("A", 0.6, "law: logit_normal, mean: 0.4, sd: 1") + ", " +
                    group("B", 0.4, "law: logit_normal, mean: -0.2, sd: 1"));
}

std::shared_ptr<const ApplicantLaw> eight_groups() {
  std::string groups;
  for (int g = 0; g < 8; ++g)
    groups += (g == 0 ? "" : ", ") +
              group("g" + std::to_string(g), 0.125, "law: logit_normal, sd: 1, mean: " + std::to_string(0.1 * g - 0.4));
  return parametric(groups);
}

/// 500 rows of equal mass in two groups, scores and successes as a fitted model has them.
std::shared_ptr<const ApplicantLaw> rows() {
  std::vector<ApplicantType> types;
  for (std::uint32_t k = 0; k < 500; ++k) {
    const double score = (k + 0.5) / 500.0;
    types.push_back({k % 5 == 0 ? 0U : 1U, score, 1.0, k % 10 < 10.0 * score ? 1.0 : 0.0});
  }
  return std::make_shared<FiniteLaw>(std::vector<std::string>{"younger", "older"}, std::vector<double>{0.2, 0.8},
                                     std::move(types), Interval{0.0, 1.0});
}

/// Per applicant, at a batch of the given size and a threshold in the middle.
void tally(benchmark::State& state, const std::shared_ptr<const ApplicantLaw>& law) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  const Composition composition = law->start();
  LawAnswers answers(*law);
  IndividualDraw draw(answers, Seed{1}, Replication{0}, IndividualDraw::Laws::fixed);
  const std::vector<double> threshold(law->groups().size(), 0.5);
  Counts counts(law->groups().size());
  std::uint32_t epoch = 0;
  for (auto _ : state) {
    draw.tally(composition, threshold, epoch++, n, counts);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// Per epoch, at fidelity `counts`.
void count(benchmark::State& state, const std::shared_ptr<const ApplicantLaw>& law) {
  const Composition composition = law->start();
  LawAnswers answers(*law);
  CountDraw draw(answers, Seed{1}, Replication{0});
  const std::vector<double> threshold(law->groups().size(), 0.5);
  Counts counts(law->groups().size());
  std::uint32_t epoch = 0;
  for (auto _ : state) {
    draw.tally(composition, threshold, epoch++, static_cast<double>(state.range(0)), counts);
    benchmark::ClobberMemory();
  }
}

class NoRows final : public RowSink {
 public:
  void begin_epoch(const AcceptPropensity*) override {}
  void append(const ApplicantRows& rows) override { benchmark::DoNotOptimize(rows.accepted.data()); }
};

/// Per applicant, with each one's row made and thrown away.
void make_rows(benchmark::State& state, const std::shared_ptr<const ApplicantLaw>& law) {
  const Composition composition = law->start();
  LawAnswers answers(*law);
  NoRows sink;
  IndividualDraw draw(answers, Seed{1}, Replication{0}, IndividualDraw::Laws::fixed, &sink);
  const std::vector<double> threshold(law->groups().size(), 0.5);
  Counts counts(law->groups().size());
  std::uint32_t epoch = 0;
  for (auto _ : state) draw.tally(composition, threshold, epoch++, static_cast<double>(state.range(0)), counts);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(tally, uniform_triangular, uniform_triangular())->Arg(1000)->Arg(100000);
BENCHMARK_CAPTURE(tally, logit_normal, logit_normal())->Arg(1000)->Arg(100000);
BENCHMARK_CAPTURE(tally, rows, rows())->Arg(1000)->Arg(100000);
BENCHMARK_CAPTURE(tally, eight_groups, eight_groups())->Arg(1000)->Arg(100000);
BENCHMARK_CAPTURE(count, uniform_triangular, uniform_triangular())->Arg(1000)->Arg(50000000);
BENCHMARK_CAPTURE(count, eight_groups, eight_groups())->Arg(50000000);
BENCHMARK_CAPTURE(make_rows, uniform_triangular, uniform_triangular())->Arg(1000);
BENCHMARK_CAPTURE(make_rows, rows, rows())->Arg(1000);

}  // namespace
