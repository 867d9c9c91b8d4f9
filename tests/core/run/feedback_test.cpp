#include <doctest/doctest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <numeric>

#include "agents/factory.hpp"
#include "tests/support/row_recorder.hpp"

using namespace loopgate;

namespace {

constexpr double alpha = 1e-5 / 3;  // three checks that should pass share a false-alarm rate of 1e-5

/// What an agent was told of a decision.
struct Heard {
  std::uint32_t epoch;
  Time now;
  FeedbackPart part;
  double reward;
  std::vector<std::uint32_t> group;
  std::vector<double> score, success;
  std::vector<std::uint8_t> accepted;
};

/// Plays one threshold in each group and keeps what it is told.
class Listener final : public Agent {
 public:
  Listener(FeedbackRegime needs, std::vector<Heard>& heard) : needs_(needs), heard_(heard) {}
  FeedbackRegime needs() const noexcept override { return needs_; }
  void choose(const Observation&, Rng&, std::span<double> threshold) override {
    threshold[0] = 0.4;
    threshold[1] = 0.25;
  }
  void learn(const Feedback& told) override {
    const auto copy = [](const auto& span) { return std::vector(span.begin(), span.end()); };
    heard_.push_back({told.epoch, told.now, told.part, told.reward, copy(told.group), copy(told.score),
                      copy(told.success), copy(told.accepted)});
  }

 private:
  FeedbackRegime needs_;
  std::vector<Heard>& heard_;
};

struct Listened {
  std::vector<Heard> heard;
  test::RowRecorder run;
};

Listened listen(const Scenario& scenario, FeedbackRegime needs) {
  Listened out;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, std::make_unique<Listener>(needs, out.heard), Fidelity::individuals, scenario.seed,
             Replication{0}, out.run)
      .run(stop, progress);
  return out;
}

Scenario world(const std::vector<std::string>& more = {}) {
  std::vector<std::string> overrides{"environment.arrivals={type: poisson, mean: 60}"};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return test::build_valid(test::ut_world("[{type: fixed, threshold: 0.5}]"), overrides);
}

/// The reward as what is known of the accepted tells it, 0.6 a success and -0.4 a failure.
double reward_of(const Heard& heard) {
  double known = 0.0, successes = 0.0, accepted = 0.0;
  for (std::size_t i = 0; i < heard.success.size(); ++i) {
    accepted += heard.accepted[i];
    if (heard.accepted[i] == 0 || std::isnan(heard.success[i])) continue;
    known += 1.0;
    successes += heard.success[i];
  }
  if (heard.success.empty()) return undefined;
  return accepted == 0.0 ? 0.0 : accepted / static_cast<double>(heard.success.size()) * (successes / known - 0.4);
}

/// Errors of a scenario that also knows agents which need semi and full feedback.
std::string problems(const std::vector<std::string>& overrides) {
  Catalog catalog = test::catalog();
  const auto add = [&](const char* name, FeedbackRegime needs) {
    catalog.agents.add({name, "", {}}, [needs](const Node&, const Problem&, Diagnostics&) {
      return factory([needs](const Problem&) {
        static std::vector<Heard> nothing;
        return std::make_unique<Listener>(needs, nothing);
      });
    });
  };
  add("semi_listener", FeedbackRegime::semi);
  add("full_listener", FeedbackRegime::full);
  Diagnostics diagnostics;
  build_scenario(test::ut_world("[{type: fixed, threshold: 0.5}, {type: semi_listener, label: eyes}]"), "test.yaml",
                 overrides, catalog, DataFiles(".", {}), diagnostics);
  std::string all;
  for (const std::string& error : diagnostics.errors()) all += error + "\n";
  return all;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a semi agent is told every applicant and the success of the accepted alone and a full agent all") {
  const Scenario scenario = world();
  for (const FeedbackRegime needs : {FeedbackRegime::bandit, FeedbackRegime::semi, FeedbackRegime::full}) {
    const Listened listened = listen(scenario, needs);
    REQUIRE(listened.heard.size() == scenario.n_epochs);
    std::size_t row = 0;
    for (const Heard& heard : listened.heard) {
      CHECK(heard.part == FeedbackPart::whole);
      if (needs == FeedbackRegime::bandit) {
        CHECK(heard.group.empty());
        continue;
      }
      for (std::size_t i = 0; i < heard.group.size(); ++i, ++row) {
        const auto& drawn = listened.run.kept[row];
        REQUIRE(drawn.epoch == heard.epoch);
        CHECK(heard.group[i] == drawn.group);
        CHECK(heard.score[i] == drawn.score);
        CHECK(heard.accepted[i] == (drawn.accepted ? 1 : 0));
        if (drawn.accepted || needs == FeedbackRegime::full) CHECK(heard.success[i] == (drawn.success ? 1.0 : 0.0));
        else CHECK(std::isnan(heard.success[i]));
      }
      CHECK(heard.reward == doctest::Approx(reward_of(heard)).epsilon(1e-12));
    }
    if (needs != FeedbackRegime::bandit) CHECK(row == listened.run.kept.size());
  }
}

TEST_CASE("of types an agent is told the score that decides") {
  const std::string table = test::ut_world("[{type: fixed, threshold: 0.5}]");
  const Scenario scenario = test::build_valid(
      table,
      {"environment.population={type: score_table, groups: [{name: A, share: 0.5, scores: [0.1, 0.4, 0.8], mass: "
       "[1, 3, 2], success: [0.2, 0.5, 0.9]}, {name: B, share: 0.5, scores: [0.2, 0.6], mass: [5, 1], success: "
       "[0.1, 0.7]}]}",
       "interventions=[{at: 20, set: environment.population.score_shift, to: {B: 0.07}}]"});
  const Listened listened = listen(scenario, FeedbackRegime::semi);
  for (const Heard& heard : listened.heard)
    for (std::size_t i = 0; i < heard.group.size(); ++i) {
      CHECK(heard.accepted[i] == (heard.score[i] >= (heard.group[i] == 0 ? 0.4 : 0.25) ? 1 : 0));
      if (heard.group[i] == 0) continue;
      const double moved = heard.epoch < 20 ? 0.0 : 0.07;
      CHECK((heard.score[i] == 0.2 + moved || heard.score[i] == 0.6 + moved));
    }
}

TEST_CASE("outcomes that take time come with the reward and those that are lost never") {
  const Scenario scenario =
      world({"horizon=300", "environment.outcomes={delay: {law: exponential, mean: 0.5}, lost: 0.3}"});
  const Listened listened = listen(scenario, FeedbackRegime::semi);
  std::vector<const Heard*> rates(scenario.n_epochs, nullptr);
  std::size_t rewards = 0;
  for (const Heard& heard : listened.heard) {
    if (heard.part == FeedbackPart::rates) {
      rates[heard.epoch] = &heard;
      CHECK(heard.now == heard.epoch);
      CHECK(heard.success.size() == heard.group.size());
      for (const double success : heard.success) CHECK(std::isnan(success));
    } else if (heard.part == FeedbackPart::reward) {
      ++rewards;
      REQUIRE(rates[heard.epoch] != nullptr);
      CHECK(heard.now > heard.epoch);
      CHECK(heard.group == rates[heard.epoch]->group);
      CHECK(heard.score == rates[heard.epoch]->score);
      CHECK(heard.accepted == rates[heard.epoch]->accepted);
      CHECK(heard.reward == doctest::Approx(reward_of(heard)).epsilon(1e-12));
    }
  }
  CHECK(rewards > 250);
}

TEST_CASE("an agent that needs more than the scenario grants is refused with what to write") {
  const std::string semi = problems({});
  CAPTURE(semi);
  CHECK(contains(semi, "test.yaml:14:48: "));
  CHECK(contains(semi, "agents[1].type = semi_listener: agent `eyes` needs semi feedback"));
  CHECK(contains(semi, "the scenario grants bandit (expected `feedback: semi`"));
  CHECK(problems({"feedback=semi"}).empty());
  CHECK(problems({"feedback=full"}).empty());
  const std::string full = "agents=[{type: full_listener}]";
  CHECK(contains(problems({"feedback=semi", full}), "needs full feedback"));
  CHECK(problems({"feedback=full", full}).empty());
  CHECK(contains(problems({"feedback=semi", "fidelity=counts"}), "expected `fidelity: individuals`"));
  CHECK(problems({"feedback=full", "fidelity=counts", full}).empty());
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("each accepted outcome is lost on its own whatever it is and wherever it stands") {
  // Null: every accepted outcome is lost with probability 0.3. n: those told of in whole or with the reward.
  const Scenario scenario = world({"horizon=400", "environment.outcomes={lost: 0.3}"});
  double n[2] = {}, lost[2] = {}, n_early = 0.0, lost_early = 0.0;
  for (const Heard& heard : listen(scenario, FeedbackRegime::semi).heard) {
    for (std::size_t i = 0; i < heard.success.size(); ++i) {
      if (heard.accepted[i] == 0) continue;
      const bool known = !std::isnan(heard.success[i]);
      if (2 * i >= heard.success.size()) {
        n[1] += 1.0;
        lost[1] += known ? 0.0 : 1.0;
      } else {
        n_early += 1.0;
        lost_early += known ? 0.0 : 1.0;
      }
      n[0] += 1.0;
      lost[0] += known ? 0.0 : 1.0;
    }
  }
  const auto p_value = [](double k, double of, double p) {
    const boost::math::binomial law(of, p);
    return std::min(1.0, 2.0 * std::min(boost::math::cdf(law, k),
                                        k == 0.0 ? 1.0 : boost::math::cdf(boost::math::complement(law, k - 1.0))));
  };
  CHECK(p_value(lost[0], n[0], 0.3) > alpha);
  CHECK(p_value(lost[1], n[1], 0.3) > alpha);
  CHECK(p_value(lost_early, n_early, 0.3) > alpha);
  CHECK(p_value(lost[0], n[0], 0.33) < alpha);  // a wrong probability is rejected
}

TEST_SUITE_END();
