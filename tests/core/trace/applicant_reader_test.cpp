#include "core/trace/applicant_reader.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/run/rerun.hpp"
#include "core/trace/rows_file.hpp"
#include "tests/support/row_recorder.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

/// 2,500 applicants an epoch, so that pieces end within epochs.
Scenario continuous(const std::string& level) {
  return test::build_valid(test::ut_world("[{type: random, grid: 11}, {type: fixed, threshold: 0.4}]"),
                           {"horizon=60", "environment.arrivals={type: poisson, mean: 2500}", "trace.level=" + level});
}

Scenario finite(const std::string& level) {
  return test::build_valid(
      "scenario: bins\nseed: 5\nhorizon: 30\nreplications: 1\nenvironment:\n  population:\n    type: score_table\n"
      "    groups:\n      - {name: x, share: 0.6, scores: [0.1, 0.9], mass: [1, 2], success: [0.2, 0.9]}\n"
      "      - {name: y, share: 0.4, scores: [0.5], mass: [1], success: [0.6]}\n"
      "  arrivals: {type: batch, size: 7}\nagents: [{type: fixed, threshold: 0.4}]\n",
      {"trace.level=" + level});
}

/// Everything of epochs begin..end - 1, piece after piece.
struct Kept {
  std::vector<ApplicantPiece> pieces;
  std::size_t size() const {
    std::size_t n = 0;
    for (const ApplicantPiece& piece : pieces) n += piece.size();
    return n;
  }
};
Kept kept(const ApplicantReader& reader, const std::string& agent, std::uint32_t r, std::uint32_t begin,
          std::uint32_t end) {
  Kept out;
  reader.read(agent, r, begin, end, [&](const ApplicantPiece& piece) { out.pieces.push_back(piece); });
  return out;
}

/// Compares with what a simulation handed to its sink; types: of a finite population.
void check_rows(const Kept& found, const std::vector<test::RowRecorder::Row>& expected, std::uint32_t begin,
                std::uint32_t end, const std::vector<ApplicantType>& types, bool randomised) {
  std::size_t p = 0, i = 0, n = 0;
  for (const auto& row : expected) {
    if (row.epoch < begin || row.epoch >= end) continue;
    ++n;
    while (p < found.pieces.size() && i == found.pieces[p].size()) {
      ++p;
      i = 0;
    }
    REQUIRE(p < found.pieces.size());
    const ApplicantPiece& piece = found.pieces[p];
    REQUIRE(piece.epoch[i] == row.epoch);
    REQUIRE(piece.group[i] == row.group);
    REQUIRE(piece.score[i] == (types.empty() ? row.score : types[row.type].score));
    if (!types.empty()) REQUIRE(piece.type[i] == row.type);
    REQUIRE((piece.accepted[i] != 0) == row.accepted);
    REQUIRE((piece.success[i] != 0) == row.success);
    REQUIRE(piece.propensity[i] == (randomised ? row.propensity : row.accepted ? 1.0 : 0.0));
    ++i;
  }
  CHECK(found.size() == n);
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("applicants of a trace are those that were decided on") {
  const test::Scratch scratch;
  const Scenario scenario = continuous("applicants");
  test::run_to(scratch.file("1.h5"), scenario, 2);
  const ApplicantReader reader(scratch.file("1.h5"));
  CHECK(reader.agents == std::vector<std::string>{"random", "fixed"});
  CHECK(reader.groups == std::vector<std::string>{"A", "B"});
  CHECK(reader.epochs("random", 1).end == 60);
  CHECK(reader.epochs("random", 2).end == 0);
  CHECK(reader.epochs("other", 0).end == 0);
  const auto expected = test::run_rows(scenario, 1).kept;
  const Kept all = kept(reader, "random", 1, 0, 60);
  CHECK(all.pieces.size() == 3);
  CHECK(all.pieces[0].size() == 65536);
  check_rows(all, expected, 0, 60, {}, true);
  check_rows(kept(reader, "random", 1, 23, 31), expected, 23, 31, {}, true);
  CHECK(kept(reader, "random", 1, 5, 5).size() == 0);
  CHECK(kept(reader, "fixed", 1, 0, 60).pieces[0].propensity[0] ==
        kept(reader, "fixed", 1, 0, 60).pieces[0].accepted[0]);
}

TEST_CASE("expanded applicants of some epochs read as those of the trace") {
  const test::Scratch scratch;
  const Scenario scenario = continuous("replay");
  test::run_to(scratch.file("1.h5"), scenario, 2);
  CHECK_THROWS_WITH_AS(ApplicantReader(scratch.file("1.h5")), doctest::Contains("holds no applicants"), TraceError);
  const TraceReader trace(scratch.file("1.h5"));
  const Catalog& catalog = test::catalog();
  const Rerun rerun(trace, catalog);
  RowsFile file(scratch.file("rows.h5"), trace_layout(rerun.scenario()), {{0}, {1}, 20, 50});
  file.fill(0, 0, [&](RowSink& rows) { rerun.rows(0, 1, 20, 50, rows, file.library()); });
  file.complete();
  const ApplicantReader reader(scratch.file("rows.h5"));
  CHECK(reader.agents == std::vector<std::string>{"random"});
  CHECK(reader.seed == 5);
  CHECK(reader.epochs("random", 1).begin == 20);
  CHECK(reader.epochs("random", 1).end == 50);
  CHECK(reader.epochs("random", 0).end == 0);
  CHECK(reader.replications("random") == std::vector<std::uint32_t>{1});
  CHECK(reader.planned().begin == 20);
  CHECK(reader.planned().end == 50);
  CHECK_FALSE(reader.finite);
  const auto expected = test::run_rows(scenario, 1).kept;
  check_rows(kept(reader, "random", 1, 20, 50), expected, 20, 50, {}, true);
  check_rows(kept(reader, "random", 1, 27, 41), expected, 27, 41, {}, true);
  CHECK_THROWS_AS(kept(reader, "random", 1, 19, 41), ContractViolation);
}

TEST_CASE("applicants of a finite population have the scores of their types") {
  const test::Scratch scratch;
  const Scenario scenario = finite("applicants");
  test::run_to(scratch.file("1.h5"), scenario, 1);
  const ApplicantReader reader(scratch.file("1.h5"));
  CHECK(reader.finite);
  CHECK(reader.replications("fixed") == std::vector<std::uint32_t>{0});
  check_rows(kept(reader, "fixed", 0, 0, 30), test::run_rows(scenario, 0).kept, 0, 30,
             TraceReader(scratch.file("1.h5")).types(), false);
}

TEST_SUITE_END();
