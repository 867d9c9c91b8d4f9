#include "core/run/stage_queue.hpp"

#include <doctest/doctest.h>

#include "tests/support/p_values.hpp"
#include "tests/support/runs.hpp"
#include "verify/queue_theory.hpp"

using namespace loopgate;

namespace {

constexpr double alpha = 1e-5 / 3;  // three checks that should pass share a false-alarm rate of 1e-5

const std::string mu1 = "time: {law: exponential, mean: 1}";

/// Mean wait of those decided over a run after a warm-up, and the share that left, one value a replication.
struct Waits {
  std::vector<double> mean, left;
};
Waits waits(const std::string& stage, double rate, std::uint32_t n_replications) {
  Waits out;
  const Scenario scenario = test::build_valid(
      test::ut_world("[{type: fixed, threshold: 0}]") + "route: {stages: {only: {" + stage + "}}}\n",
      {"environment.arrivals={type: poisson_process, rate: " + std::to_string(rate) + "}", "horizon=4000"});
  for (std::uint32_t r = 0; r < n_replications; ++r) {
    const StageUse use = stage_use(scenario, r, 500);
    out.mean.push_back(use.wait / use.decided);
    out.left.push_back(use.left / (use.left + use.decided));
  }
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("statistical");

TEST_CASE("waits before one and several servers are those of theory and those of another load are not") {
  // Null: mean of 24 replications of 3,500 time units after a warm-up of 500 is the mean wait in queue of M/M/c, C(c,
  // a) / (c - a) with unit service rate. Wrong: the same with an arrival rate 15 % higher.
  struct Case {
    double rate;
    int c;
  };
  for (const auto& [rate, c] : {Case{0.6, 1}, Case{1.5, 3}}) {
    CAPTURE(c);
    const auto mean_wait = [c = c](double a) { return erlang_c(a, c) / (c - a); };
    const std::vector<double> found = waits("servers: {count: " + std::to_string(c) + ", " + mu1 + "}", rate, 24).mean;
    CHECK(test::mean_p_value(found, mean_wait(rate)) > alpha);
    CHECK(test::mean_p_value(found, mean_wait(1.15 * rate)) < alpha);
  }
  CHECK(erlang_c(0.6, 1) == doctest::Approx(0.6));
}

TEST_CASE("as many lose patience as Erlang A says and other patience shows") {
  // Null: mean of 24 replications of the share that leaves M/M/2 + M, arrivals 2.2, patience of mean 2. Wrong:
  // mean 2.5.
  const std::vector<double> found =
      waits("servers: {count: 2, " + mu1 + "}, patience: {law: exponential, mean: 2}", 2.2, 24).left;
  CHECK(test::mean_p_value(found, erlang_a_abandoned(2.2, 2, 0.5)) > alpha);
  CHECK(test::mean_p_value(found, erlang_a_abandoned(2.2, 2, 0.4)) < alpha);
}

TEST_SUITE_END();
