#include <doctest/doctest.h>

#include <algorithm>

#include "core/scenario/scalars.hpp"
#include "core/scenario/yaml.hpp"
#include "tests/support/worlds.hpp"

using namespace loopgate;

namespace {

/// True if building yaml reports a problem that contains all of the words.
bool complains(const std::string& yaml, const std::vector<std::string>& words,
               const std::vector<std::string>& overrides = {}) {
  Diagnostics diagnostics;
  test::build(yaml, diagnostics, overrides);
  std::string all;
  for (const auto& error : diagnostics.errors()) all += error + "\n";
  CAPTURE(all);
  const bool found =
      std::ranges::all_of(words, [&all](const std::string& word) { return all.find(word) != std::string::npos; });
  CHECK(found);
  return found;
}

std::string with(std::string yaml, const std::string& from, const std::string& to) {
  const auto at = yaml.find(from);
  REQUIRE(at != std::string::npos);
  return yaml.replace(at, from.size(), to);
}

const std::string world = test::ut_world("[{type: fixed, threshold: 0.4}]");

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("numbers mean what a person thinks or are refused") {
  CHECK(parse_number("1e3") == 1000.0);
  CHECK(parse_number("-0.25") == -0.25);
  for (const std::string odd : {"010", "0x1F", "1_000", "inf", "nan", "yes", "", "1 2", "1e999"}) {
    CAPTURE(odd);
    CHECK_FALSE(parse_number(odd).has_value());
  }
  CHECK(format_number(0.1) == "0.1");
  CHECK(format_number(100000.0) == "100000");
}

TEST_CASE("whole numbers of 64 bits are read digit by digit") {
  CHECK(parse_whole("18446744073709551615") == 18446744073709551615U);
  CHECK(parse_whole("+7") == 7);
  for (const std::string odd : {"18446744073709551616", "-1", "1e3", "1.0", "", "7 "}) {
    CAPTURE(odd);
    CHECK_FALSE(parse_whole(odd).has_value());
  }
}

TEST_CASE("a seed keeps all of its 64 bits") {
  for (const std::uint64_t seed : {std::uint64_t{1000}, (std::uint64_t{1} << 53U) + 1, ~std::uint64_t{0}}) {
    Diagnostics diagnostics;
    const std::string key = "seed: " + std::to_string(seed);
    const Scenario written = test::build(with(world, "seed: 5", key), diagnostics);
    const Scenario set = test::build(world, diagnostics, {"seed=" + std::to_string(seed)});
    REQUIRE(diagnostics.ok());
    CHECK(static_cast<std::uint64_t>(written.seed) == seed);
    CHECK(set.seed == written.seed);
    CHECK(written.resolved.find(key + "\n") != std::string::npos);
    CHECK(test::build(written.resolved, diagnostics).seed == written.seed);
  }
  Diagnostics diagnostics;
  CHECK(test::build(with(world, "seed: 5", "seed: 1e3"), diagnostics).seed == Seed{1000});
  const std::string range = "a whole number in [0, 18446744073709551615]";
  complains(with(world, "seed: 5", "seed: 18446744073709551616"), {"out of range", range});
  complains(with(world, "seed: 5", "seed: -1"), {"out of range", range});
  complains(with(world, "seed: 5", "seed: 1.5"), {"not a whole number", range});
  complains(with(world, "seed: 5", "seed: 9007199254740993.0"), {"not written digit by digit", range});
  complains(with(world, "seed: 5", "seed: 1e19"), {"not written digit by digit"});
  complains(with(world, "seed: 5", "seed: 010"), {"leading zero"});
}

TEST_CASE("a valid scenario builds and its resolved form builds the same") {
  Diagnostics diagnostics;
  const Scenario scenario = test::build(world, diagnostics);
  REQUIRE(diagnostics.ok());
  const Scenario again = test::build(scenario.resolved, diagnostics);
  REQUIRE(diagnostics.ok());
  CHECK(again.resolved == scenario.resolved);
  CHECK(scenario.problem.residual_names ==
        std::vector<std::string>{"demographic_parity:B-A", "demographic_parity:A-B"});
}

TEST_CASE("every wrong input is named with its place") {
  complains("a: [1, 2", {"test.yaml:", "not valid YAML"});
  complains(",", {"test.yaml:1:1", "more than one YAML document"});
  complains(with(world, "horizon: 40", "horizon: 0"), {"test.yaml:3:10", "horizon = 0", "out of range"});
  complains(with(world, "horizon: 40", "horizon: 010"), {"leading zero"});
  complains(with(world, "horizon: 40", "horizon: nan"), {"not a number"});
  complains(with(world, "horizon: 40", "horizon: ten"), {"horizon = ten", "a whole number"});
  complains(with(world, "seed: 5", "seed: 5\nseed: 6"), {"duplicate key", "line 2"});
  complains(with(world, "horizon: 40", "horison: 40"), {"horison", "did you mean `horizon`"});
  complains(with(world, "law: uniform, low: 0", "law: uniform, low: 0, lo: 1"), {"groups[0].score.lo", "unknown key"});
  complains(with(world, "law: uniform", "law: unifrom"), {"did you mean `uniform`"});
  complains(with(world, "share: 0.5", "share: -0.5"), {"groups[0].share", "out of range"});
  complains(with(world, "share: 0.5", "share: 0.4"), {"the shares sum to 0.9"});
  complains(with(world, "high: 1}}", "high: 2}}"), {"can leave [0, 1]"});
  complains(test::ut_world("[{type: osf, grid: 11}]"), {"agents[0].type", "did you mean `ofs`"});
  complains(test::ut_world("[{type: ofs, grid: 1}]"), {"agents[0].grid", "out of range"});
  complains(test::ut_world("[{type: ofs, grid: [0.5, 0.5]}]"), {"agents[0].grid[1]", "increasing"});
  complains(test::ut_world("[{type: ofs, grid: [0.5, 0.3], scope: per_group}]"), {"agents[0].grid[1]", "increasing"});
  complains(test::ut_world("[{type: ofs, grid: 5}, {type: ofs, grid: 5}]"), {"two agents have this label"});
  complains(test::ut_world("[{type: fixed, threshold: {A: 0.5}}]"), {"no threshold for group `B`"});
  complains(
      test::ut_world("[{type: fixed, threshold: 0.5}]", "  dynamics: [{type: score_mean, rate: 0.1, gain: 0.1}]\n"),
      {"has no mean to move"});
  complains(with(world, "tolerance: 0.1", "tolerence: 0.1"), {"tolerence", "`tolerance` is missing"});
}

TEST_CASE("all problems come at once") {
  Diagnostics diagnostics;
  test::build(with(with(world, "horizon: 40", "horizon: 0"), "seed: 5", "sed: 5"), diagnostics);
  CHECK(diagnostics.count() == 3);  // horizon, the unknown key, the missing one
}

TEST_CASE("an override sets any key and names itself when it is wrong") {
  Diagnostics diagnostics;
  const Scenario scenario =
      test::build(world, diagnostics, {"agents.fixed.threshold=0.7", "trace.compression=none", "horizon=7"});
  REQUIRE(diagnostics.ok());
  CHECK(scenario.n_epochs == 7);
  CHECK(scenario.compression == Compression::none);
  complains(world, {"--set agents.fixed.treshold=1", "did you mean `threshold`"}, {"agents.fixed.treshold=1"});
  complains(world, {"no item `ofs`"}, {"agents.ofs.grid=1"});
}

TEST_SUITE_END();
