#include <doctest/doctest.h>

#include <array>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

/// Group a: masses 2, 0, 6, 2 at scores 0.8, 0.5, 0.1, 0.4; group b: equal masses.
const std::string inline_groups =
    "{type: score_table, groups: [{name: a, share: 0.7, scores: [0.8, 0.5, 0.1, 0.4], mass: [2, 0, 6, 2], success: "
    "[0.9, 1, 0.2, 0.5]}, {name: b, share: 0.3, scores: [0.3, 0.6], mass: [1, 1], success: [0.25, 0.75]}]}";

const std::string csv =
    "group,score,note,mass,success\na,0.8,x,2,0.9\na,0.5,x,0,1\nb,0.3,x,5,0.25\na,0.1,x,6,0.2\na,0.4,x,2,0.5\n"
    "b,0.6,x,5,0.75\n";

std::string world(const std::string& population, const std::string& more = "") {
  return "scenario: t\nseed: 7\nhorizon: 200\nenvironment:\n  population: " + population + "\n" + more +
         "  arrivals: {type: batch, size: 5000}\nagents: [{type: fixed, threshold: 0.4}]\n";
}

/// A file that lives as long as this.
struct File {
  std::filesystem::path path;
  File(const std::string& name, const std::string& content)
      : path(std::filesystem::temp_directory_path() /
             (std::to_string(reinterpret_cast<std::uintptr_t>(this)) + "_" + name)) {
    std::ofstream(path) << content;
  }
  ~File() { std::filesystem::remove(path); }
  std::string population(const std::string& shares) const {
    return "{type: score_table, file: " + path.string() + (shares.empty() ? "" : ", shares: " + shares) + "}";
  }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void check_refused(const std::string& yaml, const std::vector<std::string>& words, std::size_t n_errors = 1) {
  Diagnostics diagnostics;
  test::build(yaml, diagnostics);
  CAPTURE(yaml);
  std::string all;
  for (const std::string& error : diagnostics.errors()) all += error + "\n";
  CAPTURE(all);
  CHECK(diagnostics.count() == n_errors);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(all.find(word) != std::string::npos);
  }
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a score table answers with the sums of its bins") {
  const Scenario scenario = test::build_valid(world(inline_groups));
  const ApplicantLaw& law = *scenario.law;
  const Composition start = law.start();
  CHECK(law.groups() == std::vector<std::string>{"a", "b"});
  CHECK(start.shares()[0] == doctest::Approx(0.7));
  const double table[][5] = {{0.0, 1.0, 0.4, 1.0, 0.5},    {0.1, 1.0, 0.4, 1.0, 0.5},     {0.2, 0.4, 0.28, 1.0, 0.5},
                             {0.4, 0.4, 0.28, 0.5, 0.375}, {0.41, 0.2, 0.18, 0.5, 0.375}, {0.61, 0.2, 0.18, 0.0, 0.0},
                             {0.8, 0.2, 0.18, 0.0, 0.0},   {0.81, 0.0, 0.0, 0.0, 0.0}};
  for (const auto& [threshold, taken_a, good_a, taken_b, good_b] : table) {
    CAPTURE(threshold);
    const Response a = law.respond(start, GroupId{0}, threshold), b = law.respond(start, GroupId{1}, threshold);
    CHECK(a.acceptance == doctest::Approx(taken_a));
    CHECK(a.accepted_success == doctest::Approx(good_a));
    CHECK(b.acceptance == doctest::Approx(taken_b));
    CHECK(b.accepted_success == doctest::Approx(good_b));
  }
  CHECK(law.qualification_rate(start, GroupId{0}) == doctest::Approx(0.4));
}

TEST_CASE("a bin without mass is left out and masses are normalised within their group") {
  const Scenario scenario = test::build_valid(world(inline_groups));
  const auto types = scenario.law->types();
  REQUIRE(types.size() == 5);
  const double expected[][3] = {{0, 0.1, 0.6}, {0, 0.4, 0.2}, {0, 0.8, 0.2}, {1, 0.3, 0.5}, {1, 0.6, 0.5}};
  for (std::size_t k = 0; k < 5; ++k) {
    CHECK(types[k].group == expected[k][0]);
    CHECK(types[k].score == expected[k][1]);
    CHECK(types[k].mass == doctest::Approx(expected[k][2]));
  }
  CHECK(scenario.law->score_range().low == 0.1);
  CHECK(scenario.law->score_range().high == 0.8);
}

TEST_CASE("a table in a file is the same law and its digest is kept") {
  const File file("table.csv", csv);
  const Scenario inlined = test::build_valid(world(inline_groups)),
                 read = test::build_valid(world(file.population("{b: 0.3, a: 0.7}")));
  CHECK(read.law->groups() == inlined.law->groups());
  CHECK(read.law->start().shares()[0] == inlined.law->start().shares()[0]);
  const auto x = inlined.law->types(), y = read.law->types();
  REQUIRE(x.size() == y.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    CHECK(x[k].score == y[k].score);
    CHECK(x[k].mass == y[k].mass);
    CHECK(x[k].success == y[k].success);
  }
  REQUIRE(read.inputs.size() == 1);
  CHECK(read.inputs[0].sha256.size() == 64);
  CHECK(test::build_valid(world(file.population("by_mass"))).law->start().shares()[0] == 0.5);
}

TEST_CASE("wrong tables in a scenario are refused with their place") {
  const auto wrong = [](const std::string& from, const std::string& to, const std::vector<std::string>& words) {
    check_refused(world(replaced(inline_groups, from, to)), words);
  };
  wrong("mass: [2, 0, 6, 2]", "mass: [2, 0, -6, 2]", {"test.yaml:5:", "groups[0].mass[2] = -6", ">= 0"});
  wrong("mass: [2, 0, 6, 2]", "mass: [0, 0, 0, 0]", {"test.yaml:5:", "groups[0]", "`a` sum to zero"});
  wrong("mass: [2, 0, 6, 2]", "mass: [1e308, 0, 1e308, 2]", {"groups[0]", "`a` sum to infinity"});
  wrong("mass: [2, 0, 6, 2]", "mass: [2, 6, 2]", {"groups[0].mass = [2, 6, 2]", "3 values", "each of the 4 scores"});
  wrong("success: [0.25, 0.75]", "success: [0.25]", {"groups[1].success", "1 values", "each of the 2 scores"});
  wrong("success: [0.25, 0.75]", "success: [0.25, 1.75]", {"groups[1].success[1] = 1.75", "in [0, 1]"});
  wrong("success: [0.25, 0.75]", "success: [0.25, .nan]", {"groups[1].success[1] = .nan", "not a number"});
  wrong("scores: [0.3, 0.6]", "scores: [0.3, NaN]", {"groups[1].scores[1] = NaN", "not a number"});
  wrong("scores: [0.3, 0.6]", "scores: [0.3, 0.3]", {"groups[1].scores[1] = 0.3", "`b` has the score 0.3 already"});
  wrong("share: 0.3", "share: 0.2", {"groups", "the shares sum to 0.9"});
  wrong("share: 0.3", "share: 0", {"groups[1].share = 0", "in (0, 1)"});
  wrong("name: b", "name: a", {"groups[1].name = a", "two groups have this name"});
  wrong("scores: [0.3, 0.6], mass: [1, 1], success: [0.25, 0.75]", "scores: [], mass: [1], success: [0]",
        {"groups[1].scores", "too few"});
  wrong("score_table, groups", "score_table, shares: by_mass, groups", {"shares = by_mass", "belongs to `file`"});
  wrong("score_table, groups", "score_table, file: x.csv, groups", {"both `file` and `groups`"});
  check_refused(world("{type: score_table}"), {"neither `file` nor `groups`"});
  check_refused(world("{type: score_table, groups: [{name: a, share: 0.5, scores: [1], mass: [1], success: [1]}]}"),
                {"groups", "too few items"});
  check_refused(world(inline_groups, "  score_model: {type: column, column: s}\n"),
                {"test.yaml:5:", "brings its own scores", "identity"});
  check_refused(world(inline_groups, "  dynamics: [{type: score_mean, rate: 0.1, gain: 0.1}]\n"), {"no mean to move"},
                2);
}

TEST_CASE("wrong tables in a file are refused with their line") {
  const auto wrong = [](const std::string& content, const std::string& shares, const std::vector<std::string>& words,
                        std::size_t n_errors = 1) {
    const File file("wrong.csv", content);
    check_refused(world(file.population(shares)), words, n_errors);
  };
  wrong(replaced(csv, "b,0.3,x,5", "b,0.3,x,-5"), "by_mass", {"population.file", "wrong.csv:4", "mass is -5", ">= 0"});
  wrong(replaced(csv, "b,0.3,x,5", "b,0.3,x,many"), "by_mass", {"wrong.csv:4", "mass is many", "a number >= 0"});
  wrong(replaced(csv, "2,0.5", "2,1.5"), "by_mass", {"wrong.csv:6", "success is 1.5", "in [0, 1]"});
  wrong(replaced(csv, "2,0.5", "2,NaN"), "by_mass", {"wrong.csv:6", "success is missing"});
  wrong(replaced(csv, "a,0.4", ",0.4"), "by_mass", {"wrong.csv:6", "group is missing"});
  wrong(replaced(csv, "a,0.4", "a,0.1"), "by_mass", {"wrong.csv:6", "`a` has the score 0.1 already"});
  wrong("group,score,mass,success\na,1,0,1\nb,1,1,1\n", "{a: 0.5, b: 0.5}", {"wrong.csv:2", "`a` sum to zero"});
  wrong("group,score,mass,success\na,1,1,1\na,2,1,1\n", "by_mass", {"wrong.csv", "fewer than two groups"});
  wrong(replaced(csv, "mass", "masses"), "by_mass", {"no column `mass`"});
  wrong(csv, "", {"`shares` is missing", "by_mass"});
  wrong(csv, "by_count", {"shares = by_count", "by_mass"});
  wrong(csv, "{a: 0.5, b: 0.4}", {"shares", "sum to 0.9"});
  wrong(csv, "{a: 1}", {"shares.a = 1", "in (0, 1)"});
  wrong(csv, "{a: 0.5}", {"shares", "group `b` of the file has no share"});
  wrong(csv, "{a: 0.5, b: 0.3, bb: 0.2}", {"shares.bb = 0.2", "no such group", "did you mean `b`", "sum to 0.8"}, 2);
  check_refused(world("{type: score_table, file: none.csv, shares: by_mass}"), {"none.csv", "not found"});
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("drawn outcomes follow the table and a table off by 0.02 is rejected") {
  // Null: an applicant falls in one of 8 cells (group; accepted or not; success or not) with the probabilities of
  // the table, summed here by hand. n = 1,000,000 per threshold and fidelity; alpha 1e-5 over 2 x 5 checks.
  constexpr double alpha = 1e-5 / 10;
  struct Row {
    std::size_t group;
    double share, score, mass, success;
  };
  using Rows = std::array<Row, 5>;
  const Rows table{{{0, 0.7, 0.1, 0.6, 0.2},
                    {0, 0.7, 0.4, 0.2, 0.5},
                    {0, 0.7, 0.8, 0.2, 0.9},
                    {1, 0.3, 0.3, 0.5, 0.25},
                    {1, 0.3, 0.6, 0.5, 0.75}}};
  const auto p_value = [](const Rows& rows, double threshold, const test::Recorder& seen) {
    std::array<double, 8> p{}, count{};
    for (const Row& row : rows) {
      const std::size_t cell = 4 * row.group + (row.score >= threshold ? 2 : 0);
      p[cell + 1] += row.share * row.mass * row.success;
      p[cell] += row.share * row.mass * (1 - row.success);
    }
    for (std::size_t t = 0; t < seen.arrived.size(); ++t)
      for (std::size_t g = 0; g < 2; ++g) {
        const double good = seen.succeeded[t][g], taken = seen.accepted[t][g], fine = seen.qualified[t][g];
        const double cells[] = {seen.arrived[t][g] - taken - (fine - good), fine - good, taken - good, good};
        for (std::size_t c = 0; c < 4; ++c) count[4 * g + c] += cells[c];
      }
    double statistic = 0.0, n = 0.0;
    int possible = 0;
    for (const double one : count) n += one;
    for (std::size_t c = 0; c < 8; ++c) {
      if (p[c] > 0.0) statistic += std::pow(count[c] - n * p[c], 2) / (n * p[c]);
      else CHECK(count[c] == 0.0);
      possible += p[c] > 0.0 ? 1 : 0;
    }
    CHECK(n == 1e6);
    return boost::math::cdf(boost::math::complement(boost::math::chi_squared(possible - 1), statistic));
  };
  for (const std::string fidelity : {"individuals", "counts"}) {
    CAPTURE(fidelity);
    double least_of_success = 1.0, least_of_mass = 1.0;
    Rows wrong_success = table, wrong_mass = table;
    wrong_success[1].success += 0.02;
    wrong_mass[3].mass += 0.02;
    wrong_mass[4].mass -= 0.02;
    for (const double threshold : {0.1, 0.3, 0.4, 0.6, 0.8}) {
      CAPTURE(threshold);
      const auto seen = test::simulate(test::build_valid(
          world(inline_groups), {"fidelity=" + fidelity, "agents.fixed.threshold=" + std::to_string(threshold)}));
      CHECK(p_value(table, threshold, seen) > alpha);
      least_of_success = std::min(least_of_success, p_value(wrong_success, threshold, seen));
      least_of_mass = std::min(least_of_mass, p_value(wrong_mass, threshold, seen));
    }
    CHECK(least_of_success < alpha);
    CHECK(least_of_mass < alpha);
  }
}

TEST_SUITE_END();
