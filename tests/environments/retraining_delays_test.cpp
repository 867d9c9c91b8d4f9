#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

/// The score models of a run.
class Models final : public EpochSink {
 public:
  std::vector<std::vector<double>> coefficient;
  std::vector<double> observed, refitted;
  void record(const EpochRecord&) override {}
  void record_scores(const ScoreRecord& now) override {
    coefficient.emplace_back(now.coefficient.begin(), now.coefficient.end());
    observed.push_back(now.observed);
    refitted.push_back(now.refitted);
  }
  void finish(double) override {}
};

/// Refits every `every` epochs; outcomes as the scenario has them, or at once.
Models run(std::uint32_t every, const std::string& outcomes, const std::string& agent, const std::string& model,
           const std::string& fidelity) {
  std::vector<std::string> overrides{"fidelity=" + fidelity};
  if (!outcomes.empty()) overrides.push_back("environment.outcomes=" + outcomes);
  const Scenario scenario = test::build_valid(
      "scenario: live\nseed: 5\nhorizon: 37\nenvironment:\n  population: {type: tabular, file: applicants.csv, group: "
      "{column: region, in: {north: [north], south: [south]}}, label: {column: repaid, success: yes}}\n  score_model: "
      "{type: retrained, base: {type: logistic_regression}, every: " +
          std::to_string(every) + ", " + model + "}\n  arrivals: {type: batch, size: 40}\nagents: [" + agent + "]\n",
      overrides);
  Models models;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, 0, Replication{0}, models).run(stop, progress);
  return models;
}

const std::string everyone = "{type: fixed, threshold: 0}", some = "{type: fixed, threshold: 0.4}",
                  drawn = "{type: random, grid: [0, 0.3, 0.5]}",
                  exploring = "{type: active_accept, base: {type: fixed, threshold: 0.4}, budget: 0.1, grid: 11}";

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("a model that is told late knows what one without delay knew that much earlier") {
  // A label of epoch d with delay D is learnt at an update at d + D or later, so at t all of d <= t - D are known;
  // without delay those of d <= t - 1. Whom a threshold of 0 accepts does not hang on scores, so that the runs are
  // alike throughout; elsewhere the first models are compared, before which they are.
  for (const char* fidelity : {"individuals", "counts", "mean_field"}) {
    for (const std::string& model : {std::string("warm_start: false"), std::string("learner: {type: ridge}")}) {
      CAPTURE(fidelity);
      CAPTURE(model);
      const Models prompt = run(1, "", everyone, model, fidelity);
      for (const std::uint32_t delay : {1U, 4U, 9U}) {
        const Models late =
            run(6, "{delay: {law: fixed, time: " + std::to_string(delay) + "}}", everyone, model, fidelity);
        REQUIRE(late.coefficient.size() == 7);
        for (std::uint32_t v = 1; v < 7; ++v) {
          const std::uint32_t known = 6 * v + 1 < delay ? 0 : 6 * v + 1 - delay;
          CAPTURE(delay);
          CAPTURE(v);
          if (std::string(fidelity) == "mean_field") {  // the same sums of fractions, in another order
            CHECK(late.observed[v] == doctest::Approx(prompt.observed[known]).epsilon(1e-12));
            for (std::size_t j = 0; j < late.coefficient[v].size(); ++j)
              CHECK(late.coefficient[v][j] == doctest::Approx(prompt.coefficient[known][j]).epsilon(1e-9));
            continue;
          }
          CHECK(late.observed[v] == prompt.observed[known]);
          CHECK(late.coefficient[v] == prompt.coefficient[known]);
        }
      }
    }
  }
  for (const std::string& agent : {some, drawn, exploring}) {
    const std::string model = agent == some ? "warm_start: false" : "warm_start: false, loss: ipw";
    const Models prompt = run(12, "", agent, model, "individuals"),
                 late = run(20, "{delay: {law: fixed, time: 9}}", agent, model, "individuals");
    CAPTURE(agent);
    CHECK(prompt.refitted[1] == 1.0);
    CHECK(late.coefficient[1] == prompt.coefficient[1]);
  }
}

TEST_CASE("a model holds no label before its outcome is known nor one that is lost") {
  for (const char* fidelity : {"individuals", "counts", "mean_field"}) {
    CAPTURE(fidelity);
    const Models never = run(6, "{delay: {law: fixed, time: 100}}", everyone, "loss: naive", fidelity);
    CHECK(std::ranges::all_of(never.observed, [](double n) { return n == 0.0; }));
    CHECK(std::ranges::all_of(never.refitted, [](double n) { return n == 0.0; }));
    const Models lossy = run(36, "{lost: 0.25}", everyone, "loss: naive", fidelity);
    // 36 epochs of 40. Null: each of 1440 outcomes is kept with probability 0.75; two tests, alpha = 1e-5: |z| < 4.6.
    const double z = (lossy.observed[1] - 1440 * 0.75) / std::sqrt(1440 * 0.75 * 0.25);
    CHECK(std::abs(z) < 4.6);
    CHECK(std::abs((lossy.observed[1] - 1440 * 0.5) / std::sqrt(1440 * 0.25)) > 4.6);  // the wrong share
  }
}

TEST_CASE("lost outcomes are weighed by the chance that they are known") {
  // In expectation a loss of three quarters changes no weighted sum, so that the models agree.
  for (const char* loss : {"ipw", "self_normalised_ipw", "implicit"}) {
    CAPTURE(loss);
    const std::string model = "clip: 0.01, learner: {type: ridge}, loss: " + std::string(loss);
    const Models all = run(36, "", drawn, model, "mean_field"),
                 few = run(36, "{lost: 0.75}", drawn, model, "mean_field");
    CHECK(few.observed[1] == doctest::Approx(all.observed[1] / 4).epsilon(1e-12));
    for (std::size_t j = 0; j < all.coefficient[1].size(); ++j)
      CHECK(few.coefficient[1][j] == doctest::Approx(all.coefficient[1][j]).epsilon(1e-9));
  }
}

TEST_SUITE_END();
