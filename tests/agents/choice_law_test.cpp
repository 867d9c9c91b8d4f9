#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "core/scenario/yaml.hpp"
#include "core/trace/applicant_rows.hpp"
#include "tests/support/worlds.hpp"

using namespace loopgate;

TEST_SUITE_BEGIN("unit");

TEST_CASE("a random threshold accepts a score with the chance of the thresholds at or below it") {  // KA-PROP
  AcceptPropensity propensity;
  propensity.set(std::vector{0.2, 0.5, 0.8}, std::vector{1.0 / 6.0, 0.633333, 0.2}, 0.0);
  CHECK(propensity(0, 0.6) == doctest::Approx(0.8).epsilon(1e-6));
  CHECK(propensity(0, 0.1) == 0.0);
  CHECK(propensity(0, 0.8) == doctest::Approx(1.0).epsilon(1e-6));
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("the law of a random choice sums to 1 and gives the played threshold its logged probability") {
  Problem problem;
  problem.groups = {"A", "B"};
  problem.score_range = {0.0, 1.0};
  problem.reward_range = {-1.0, 1.0};
  problem.n_epochs = 200;
  const Catalog& catalog = test::catalog();
  int n_randomised = 0;
  for (const Description& description : catalog.agents.descriptions()) {
    CAPTURE(description.name);
    if (description.name.starts_with("group_")) continue;  // a law for each group: group_agents_test.cpp
    const std::string yaml = "{type: " + description.name +
                             (description.name == "fixed"           ? ", threshold: 0.4}"
                              : description.name == "active_accept" ? ", grid: 7, base: {type: fixed, threshold: 0.4}}"
                                                                    : ", grid: 7}");
    Diagnostics diagnostics;
    const Node settings =
        validate(parse_yaml(yaml, "agent", diagnostics), component("type", catalog.agents.descriptions()), diagnostics);
    const auto agent = catalog.agents.make(description.name, settings, problem, diagnostics)->make(problem);
    REQUIRE(diagnostics.ok());
    if (!agent->randomised()) continue;
    ++n_randomised;
    Rng rng(Seed{1}, Replication{0}, Stream::agent(description.name));
    std::vector<double> played(2), threshold, probability;
    for (std::uint32_t t = 0; t < 200; ++t) {
      rng.begin_epoch(t);
      agent->choose({t, static_cast<double>(t)}, rng, played);
      agent->choice_law(threshold, probability);
      REQUIRE(threshold.size() == probability.size());
      REQUIRE(std::ranges::is_sorted(threshold));
      CHECK(std::accumulate(probability.begin(), probability.end(), 0.0) == doctest::Approx(1.0).epsilon(1e-12));
      if (agent->explores()) continue;  // its law is of each applicant's own threshold
      const auto arm = static_cast<std::size_t>(std::ranges::find(threshold, played[0]) - threshold.begin());
      REQUIRE(arm < threshold.size());
      CHECK(probability[arm] == doctest::Approx(agent->arm_probability()).epsilon(1e-5));
      CHECK((agent->probability_error() == 0.0) == (description.name != "thompson"));
      agent->learn({t, 0.0, 0.0, played, std::sin(played[0] * 3 + t), {}, {}, {}, {}, {}});
    }
  }
  CHECK(n_randomised == 4);
}

TEST_SUITE_END();
