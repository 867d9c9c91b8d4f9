#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/random/rng.hpp"
#include "core/run/evaluate.hpp"
#include "tests/conformance/samples.hpp"

using namespace loopgate;
using test::guard_value;
using test::Guarded;
using test::Sample;

namespace {

/// Made-up applicants of one epoch, as an agent of some regime would see them.
struct Applicants {
  std::vector<std::uint32_t> group;
  std::vector<double> score, success;
  std::vector<std::uint8_t> accepted;

  Applicants(FeedbackRegime regime, FeedbackPart part, std::uint32_t epoch, std::span<const double> threshold) {
    if (regime == FeedbackRegime::bandit) return;
    Rng rng(Seed{7}, Replication{0}, Stream{9});
    rng.begin_epoch(epoch);
    for (std::uint32_t n = rng.below(40); n > 0; --n) {
      group.push_back(rng.below(static_cast<std::uint32_t>(threshold.size())));
      score.push_back(rng.uniform());
      accepted.push_back(score.back() >= threshold[group.back()] ? 1 : 0);
      const bool known = part != FeedbackPart::rates && (accepted.back() == 1 || regime == FeedbackRegime::full);
      const double outcome = rng.uniform() < score.back() ? 1.0 : 0.0;
      success.push_back(known ? outcome : undefined);
    }
  }
  void tell(Feedback& feedback) const {
    feedback.group = group;
    feedback.score = score;
    feedback.accepted = accepted;
    feedback.success = success;
  }
};

/// The scenario's start, for oracles.
class Start {
 public:
  explicit Start(const Scenario& scenario)
      : composition_(scenario.law->start()), world_{*scenario.law, composition_, scenario.start.utility} {}
  std::span<const double> shares() const { return composition_.shares(); }
  Observation before(std::uint32_t epoch, const Agent& agent) const {
    return {epoch, static_cast<double>(epoch), agent.needs() == FeedbackRegime::full ? &world_ : nullptr};
  }

 private:
  Composition composition_;
  KnownWorld world_;
};

/// What an agent played in made-up epochs, some without arrivals or with one group absent.
struct Played {
  std::vector<double> threshold, probability;
};

Played play(const Scenario& scenario, std::uint32_t n_epochs, double scale) {
  Problem problem = scenario.problem;
  problem.reward_range = {scale * problem.reward_range.low, scale * problem.reward_range.high};
  const auto agent = scenario.agents[0].factory->make(problem);
  const Start start(scenario);
  const Utility& utility = scenario.start.utility;
  const DecisionRules rules(scenario, scenario.start, {scale * utility.success, scale * utility.failure},
                            start.shares());
  Rng own(Seed{1}, Replication{0}, Stream::agent("a")), world(Seed{1}, Replication{0}, Stream{9});
  Played played;
  for (std::uint32_t t = 0; t < n_epochs; ++t) {
    Guarded<double> threshold(problem.n_groups(), undefined, guard_value);
    own.begin_epoch(t);
    agent->choose(start.before(t, *agent), own, threshold.inside());
    CHECK(threshold.intact());
    for (const double x : threshold.inside()) CHECK(std::isfinite(x));
    played.threshold.insert(played.threshold.end(), threshold.inside().begin(), threshold.inside().end());
    played.probability.push_back(agent->arm_probability());
    const Interval range = scenario.problem.reward_range;
    Feedback feedback{};
    feedback.epoch = t;
    feedback.decided = feedback.now = t;
    feedback.threshold = threshold.inside();
    feedback.reward = t % 7 == 3 ? undefined : scale * (range.low + range.width() * world.uniform());
    std::vector<double> residual;
    for (const Interval& one : problem.residual_ranges)
      residual.push_back(t % 5 == 4 ? undefined : one.low + one.width() * world.uniform());
    feedback.residual = residual;
    const Applicants applicants(agent->needs(), FeedbackPart::whole, t, threshold.inside());
    applicants.tell(feedback);
    if (agent->needs() != FeedbackRegime::bandit) feedback.rules = &rules;
    agent->learn(feedback);
  }
  return played;
}

/// What is told of made-up decisions, in one or two parts. Nobody arrived in some, a group was absent in others, and
/// some rewards are lost.
struct Told {
  std::uint32_t epoch;
  FeedbackPart part;
  double reward;
  std::vector<double> residual;
};

enum class Split : std::uint8_t { no, yes };

std::vector<Told> told(const Problem& problem, std::uint32_t n_epochs, Split split) {
  std::vector<Told> all;
  Rng world(Seed{1}, Replication{0}, Stream{9});
  for (std::uint32_t t = 0; t < n_epochs; ++t) {
    const bool nobody = t % 11 == 6;
    double reward = problem.reward_range.low + problem.reward_range.width() * world.uniform();
    std::vector<double> residual;
    for (const Interval& one : problem.residual_ranges)
      residual.push_back(nobody || t % 5 == 4 ? undefined : one.low + one.width() * world.uniform());
    const std::vector<double> none(residual.size(), undefined);
    if (nobody) reward = undefined;
    if (split == Split::no || nobody || t % 7 == 1) {
      all.push_back({t, FeedbackPart::whole, reward, residual});
    } else {
      all.push_back({t, FeedbackPart::rates, undefined, residual});
      if (t % 13 != 5) all.push_back({t, FeedbackPart::reward, reward, none});
    }
  }
  return all;
}

/// An agent that made n_epochs choices, knowing nothing, and then was told all in this order; and what it does next.
struct Learned {
  ArmBeliefs beliefs;
  std::vector<double> threshold, probability;

  Learned(const Scenario& scenario, const std::vector<Told>& all, std::uint32_t n_epochs) {
    const auto agent = scenario.agents[0].factory->make(scenario.problem);
    const Start start(scenario);
    const DecisionRules rules(scenario, scenario.start, scenario.start.utility, start.shares());
    Rng own(Seed{1}, Replication{0}, Stream::agent("a"));
    std::vector<std::vector<double>> played;
    const auto choose = [&](std::uint32_t t) {
      played.emplace_back(scenario.problem.n_groups());
      own.begin_epoch(t);
      agent->choose(start.before(t, *agent), own, played.back());
    };
    for (std::uint32_t t = 0; t < n_epochs; ++t) choose(t);
    for (const Told& one : all) {
      const Applicants applicants(agent->needs(), one.part, one.epoch, played[one.epoch]);
      Feedback feedback{one.epoch,
                        static_cast<double>(one.epoch),
                        static_cast<double>(n_epochs),
                        played[one.epoch],
                        one.reward,
                        one.residual,
                        {},
                        {},
                        {},
                        {},
                        one.part};
      applicants.tell(feedback);
      if (agent->needs() != FeedbackRegime::bandit) feedback.rules = &rules;
      agent->learn(feedback);
    }
    choose(n_epochs);  // some take in what they were told only now
    threshold = played.back();
    probability.push_back(agent->arm_probability());
    for (std::uint32_t g = 0; agent->randomised() && g < (agent->decides_by_group() ? threshold.size() : 1); ++g) {
      std::vector<double> arms, law;
      agent->group_law(static_cast<GroupId>(g), arms, law);
      probability.insert(probability.end(), law.begin(), law.end());
    }
    agent->beliefs(beliefs);
  }
};

bool close(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) {
    return x == y || (std::isnan(x) && std::isnan(y)) || std::abs(x - y) <= 1e-12 * (1.0 + std::abs(x));
  });
}

void check_same(const Learned& a, const Learned& b) {
  CHECK(close(a.beliefs.count, b.beliefs.count));
  CHECK(close(a.beliefs.mean, b.beliefs.mean));
  CHECK(close(a.beliefs.radius, b.beliefs.radius));
  CHECK(a.threshold == b.threshold);
  CHECK(close(a.probability, b.probability));
}

}  // namespace

TEST_SUITE_BEGIN("conformance");

TEST_CASE("what an agent has learnt does not depend on the order in which it was told") {
  constexpr std::uint32_t n_epochs = 150;
  for (const Sample& sample : test::samples_of("agents")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build({"horizon=200"});
    std::vector<Told> all = told(scenario.problem, n_epochs, Split::yes);
    const Learned first(scenario, all, n_epochs);
    Rng shuffle(Seed{2}, Replication{0}, Stream{9});
    for (int order = 0; order < 6; ++order) {
      CAPTURE(order);
      for (std::size_t i = all.size(); i > 1; --i)
        std::swap(all[i - 1], all[shuffle.below(static_cast<std::uint32_t>(i))]);
      if (order == 4) std::ranges::stable_sort(all, std::greater<>(), &Told::epoch);
      if (order == 5) std::ranges::stable_sort(all, std::greater<>(), &Told::part);  // rewards before rates
      check_same(first, Learned(scenario, all, n_epochs));
    }
  }
}

TEST_CASE("an agent that is told a decision in two parts knows what it knows when told at once") {
  constexpr std::uint32_t n_epochs = 150;
  for (const Sample& sample : test::samples_of("agents")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build({"horizon=200"});
    std::vector<Told> whole = told(scenario.problem, n_epochs, Split::no), parts;
    for (const Told& one : told(scenario.problem, n_epochs, Split::yes)) {
      parts.push_back(one);
      if (one.part == FeedbackPart::rates && one.epoch % 13 == 5)  // the rewards that the other list loses
        parts.push_back({one.epoch, FeedbackPart::reward, whole[one.epoch].reward,
                         std::vector<double>(one.residual.size(), undefined)});
    }
    check_same(Learned(scenario, whole, n_epochs), Learned(scenario, parts, n_epochs));
    whole[3].reward += 0.1;  // and the check sees a reward that is another
    const Learned other(scenario, whole, n_epochs), first(scenario, parts, n_epochs);
    if (!other.beliefs.count.empty() && sample.settings.find("beta") == std::string::npos &&
        sample.settings.find("window") == std::string::npos)
      CHECK_FALSE(close(other.beliefs.mean, first.beliefs.mean));
  }
}

TEST_CASE("every agent writes each threshold and nothing else and reproduces") {
  for (const Sample& sample : test::samples_of("agents")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    const Played first = play(scenario, 120, 1.0), second = play(scenario, 120, 1.0);
    CHECK(first.threshold == second.threshold);
    CHECK(first.probability == second.probability);
  }
}

TEST_CASE("the probability of what an agent played is above 0 and at most 1") {
  for (const Sample& sample : test::samples_of("agents")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    for (const double p : play(scenario, 120, 1.0).probability) {
      CHECK(p > 0.0);
      CHECK(p <= 1.0);
    }
  }
}

TEST_CASE("an agent that sees no constraint chooses alike when rewards and their range are scaled together") {
  // A power of two scales without rounding. Agents that weigh rewards against residuals do not have this property.
  for (const Sample& sample : test::samples_of("agents")) {
    if (sample.name == "primal_dual" || sample.name == "penalty_ucb") continue;
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    CHECK(play(scenario, 120, 4.0).threshold == play(scenario, 120, 1.0).threshold);
  }
}

TEST_SUITE_END();
