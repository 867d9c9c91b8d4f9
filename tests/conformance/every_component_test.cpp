#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "tests/conformance/samples.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;
using test::Sample;

namespace {

/// What interventions can set in a sample's scenario, as the message about a name that it has not says.
std::vector<std::string> changeable(const Sample& sample) {
  Diagnostics diagnostics;
  test::build(sample.yaml(), diagnostics, {"interventions=[{at: 5, set: x, to: 0}]"});
  REQUIRE(diagnostics.count() == 1);
  std::string list = diagnostics.errors()[0];
  const std::string start = "(expected one of ";
  REQUIRE(list.find(start) != std::string::npos);
  list = list.substr(list.find(start) + start.size());
  std::vector<std::string> names;
  std::istringstream words(list.substr(0, list.rfind(')')));
  for (std::string word; std::getline(words, word, ',');) names.push_back(word.substr(word.find_first_not_of(' ')));
  return names;
}

/// A step at 5 to a value that is allowed; empty if none of those tried is.
std::string valid_step(const Sample& sample, const std::string& name, const std::string& group) {
  for (const std::string& value :
       {std::string("0.25"), std::string("-0.3"), std::string("4"), "{" + group + ": 0.45}"}) {
    Diagnostics diagnostics;
    const std::string step = "{at: 5, set: " + name + ", to: " + value + "}";
    test::build(sample.yaml(), diagnostics, {"interventions=[" + step + "]"});
    if (diagnostics.ok()) return step;
  }
  return {};
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

/// Steps of everything that the sample's scenario offers to change, at 5.
std::string all_steps(const Sample& sample) {
  std::string all;
  Diagnostics ignored;
  const std::string group = test::build(sample.yaml(), ignored).problem.groups[0];
  for (const std::string& name : changeable(sample)) {
    CAPTURE(name);
    const std::string step = valid_step(sample, name, group);
    REQUIRE(!step.empty());
    all += (all.empty() ? "interventions=[" : ", ") + step;
  }
  return all + "]";
}

/// Everything changes by all_steps from its date on, on any threads. seen_in: a column that must show it.
void check_steps(const Sample& sample, const std::string& fidelity, const std::string& steps, const char* seen_in) {
  const test::Scratch scratch;
  test::run_to(scratch.file("plain.h5"), sample.build({"fidelity=" + fidelity}), 2);
  const Scenario scenario = sample.build({"fidelity=" + fidelity, steps});
  test::run_to(scratch.file("1.h5"), scenario, 1);
  test::run_to(scratch.file("2.h5"), scenario, 2);
  const TraceReader plain(scratch.file("plain.h5")), one(scratch.file("1.h5")), two(scratch.file("2.h5"));
  const std::uint32_t before = scenario.arrivals->process() == nullptr ? 5 : 4;  // decisions before time 5
  for (const std::string& label : one.agents) {
    CHECK(test::equal_agents(one, two, label));
    for (const char* column : {"threshold", "accepted", "reward", "composition", "expected_reward"})
      CHECK(same_bits(plain.read(label, column, 1, 0, before), one.read(label, column, 1, 0, before)));
    CHECK_FALSE(same_bits(plain.read(label, seen_in, 1, 5, 12), one.read(label, seen_in, 1, 5, 12)));
  }
}

}  // namespace

TEST_SUITE_BEGIN("conformance");

TEST_CASE("every registered component has sample settings") {
  for (const auto& [kind, descriptions] : test::catalog().kinds())
    for (const Description& component : descriptions)
      if (std::ranges::none_of(test::samples(),
                               [&](const Sample& s) { return s.kind == kind && s.name == component.name; }))
        FAIL_CHECK("add settings of " << component.name << " (" << kind << ") to tests/conformance/samples.cpp");
}

TEST_CASE("every sample names a registered component") {
  for (const Sample& sample : test::samples()) {
    bool known = false;
    for (const auto& [kind, descriptions] : test::catalog().kinds())
      known = known || (kind == sample.kind &&
                        std::ranges::find(descriptions, sample.name, &Description::name) != descriptions.end());
    if (!known) FAIL_CHECK(sample.kind << " " << sample.name << " is not registered");
  }
}

TEST_CASE("every component runs in every fidelity and reproduces on any number of threads") {
  for (const Sample& sample : test::samples()) {
    for (const std::string& fidelity : sample.fidelities) {
      CAPTURE(sample.name);
      CAPTURE(sample.settings);
      CAPTURE(fidelity);
      const test::Scratch scratch;
      const Scenario scenario = sample.build({"fidelity=" + fidelity});
      test::run_to(scratch.file("1.h5"), scenario, 1);
      test::run_to(scratch.file("2.h5"), scenario, 2);
      const TraceReader one(scratch.file("1.h5")), two(scratch.file("2.h5"));
      for (const std::string& label : one.agents) {
        CHECK(test::equal_agents(one, two, label));
        for (const char* column : {"expected_reward", "threshold", "composition", "qualification_rate"})
          for (const double x : one.read(label, column, 1, 0, one.n_epochs)) CHECK(std::isfinite(x));
      }
    }
  }
}

TEST_CASE("everything that a scenario offers to change changes from its date on in every fidelity and on any threads") {
  for (const Sample& sample : test::samples()) {
    CAPTURE(sample.settings);
    const std::string steps = all_steps(sample);
    for (const std::string& fidelity : sample.fidelities) {
      CAPTURE(fidelity);
      check_steps(sample, fidelity, steps, "expected_reward");
    }
  }
}

TEST_CASE("every component runs in a route of two stages or is refused for the sake of the route") {
  std::size_t n_routed = 0;
  for (const Sample& plain : test::samples()) {
    const Sample sample = plain.through_route();
    CAPTURE(sample.kind);
    CAPTURE(sample.settings);
    Diagnostics diagnostics;
    const Scenario scenario = test::build(sample.yaml(), diagnostics);
    for (const std::string& error : diagnostics.errors()) {
      CAPTURE(error);
      CHECK((error.find("route") != std::string::npos || error.find("stage") != std::string::npos));
      CHECK((sample.kind == "score_models" || sample.kind == "dynamics" || sample.kind == "agents" ||
             sample.world.feedback != "bandit"));
    }
    if (!diagnostics.ok()) continue;
    ++n_routed;
    check_steps(sample, "individuals", all_steps(sample), "reward");
    const test::Scratch scratch;
    test::run_to(scratch.file("1.h5"), scenario, 1);
    const TraceReader one(scratch.file("1.h5"));
    for (const std::string& label : one.agents) {
      const auto read = [&](const char* column) { return one.read(label, column, 1, 0, one.n_epochs); };
      const auto arrived = read("arrived"), accepted = read("accepted"), lost = read("stage_lost"),
                 decided = read("stage_arrived"), passed = read("stage_accepted"), waiting = read("stage_waiting");
      const std::size_t n_groups = scenario.problem.n_groups();
      double second = 0.0;
      for (std::size_t i = 0; i < arrived.size(); ++i) {  // [epoch x group]; of stages [epoch x stage x group]
        const std::size_t first = i / n_groups * 2 * n_groups + i % n_groups, last = first + n_groups;
        CHECK(arrived[i] == accepted[i] + lost[first] + lost[last]);
        CHECK(accepted[i] == passed[last]);
        CHECK(passed[first] <= decided[first]);
        CHECK(waiting[first] >= 0.0);
        second += decided[last];
      }
      CHECK(second > 0.0);
    }
  }
  CHECK(n_routed > test::samples().size() / 2);
}

TEST_CASE("the resolved scenario of every component builds the same scenario") {
  for (const Sample& sample : test::samples()) {
    CAPTURE(sample.settings);
    Diagnostics diagnostics;
    const Scenario scenario = sample.build(), again = test::build(scenario.resolved, diagnostics);
    REQUIRE(diagnostics.ok());
    CHECK(again.resolved == scenario.resolved);
  }
}

TEST_CASE("every component rejects an unknown key with its place") {
  for (const Sample& sample : test::samples()) {
    CAPTURE(sample.settings);
    const std::string yaml = sample.yaml_with("{nonsense: 7, " + sample.settings.substr(1));
    const std::size_t at = yaml.find("nonsense: ") + 10;
    const std::string before = yaml.substr(0, at);
    const std::string place = "test.yaml:" + std::to_string(1 + std::ranges::count(before, '\n')) + ":" +
                              std::to_string(at - before.rfind('\n')) + ": ";
    Diagnostics diagnostics;
    test::build(yaml, diagnostics);
    REQUIRE(diagnostics.count() == 1);
    const std::string& error = diagnostics.errors()[0];
    CAPTURE(error);
    CHECK(error.starts_with(place));
    CHECK(error.find("nonsense = 7: unknown key") != std::string::npos);
  }
}

TEST_SUITE_END();
