#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "analysis/oracle.hpp"
#include "environments/populations/finite_law.hpp"
#include "tests/support/runs.hpp"

using namespace loopgate;

namespace {

/// A CSV of numbers with a header: columns by name.
std::map<std::string, std::vector<double>> read_columns(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line, cell;
  std::getline(file, line);
  std::vector<std::string> names;
  for (std::istringstream header(line); std::getline(header, cell, ',');) names.push_back(cell);
  std::map<std::string, std::vector<double>> columns;
  while (std::getline(file, line)) {
    std::istringstream row(line);
    for (const std::string& name : names) {
      std::getline(row, cell, ',');
      columns[name].push_back(std::stod(cell));
    }
  }
  return columns;
}

/// A percentile of the whole population as a score 300..850, linear within bins of width 50 (Liu et al. 2018).
double score_of(double percentile) {
  constexpr double mass[] = {2.1, 4.2, 5.4, 6.5, 7.9, 9.6, 12.0, 13.8, 17.0, 15.8, 5.7};
  double below = 0.0, score = 300.0;
  for (const double m : mass) {
    if (percentile <= below + m + 1e-9) return score + 50.0 * std::min(1.0, (percentile - below) / m);
    below += m;
    score += 50.0;
  }
  return score;
}

/// FICO scores by race with setting 1 of Liu et al. 2018 (arXiv 1803.04383): +1 for repaid, -4 for default. Nothing,
/// with a message, where the data are absent.
std::unique_ptr<Scenario> fico(const std::string& constraints) {
  const DataFiles files = DataFiles::from_environment(".");
  const auto cdf_file = files.find("fico/transrisk_cdf_by_race_ssa.csv");
  const auto performance_file = files.find("fico/transrisk_performance_by_race_ssa.csv");
  if (!cdf_file || !performance_file) {
    MESSAGE("skipped: fico/ is absent; set LOOPGATE_DATA or run scripts/get-data fico");
    return nullptr;
  }
  auto cdf = read_columns(*cdf_file), performance = read_columns(*performance_file);
  const std::string columns[] = {"Black", "Non- Hispanic white"};
  std::vector<ApplicantType> types;
  for (std::uint32_t g = 0; g < 2; ++g)
    for (std::size_t k = 0; k < cdf["Score"].size(); ++k) {
      const auto& of_group = cdf[columns[g]];
      const double mass = of_group[k] - (k == 0 ? 0.0 : of_group[k - 1]);
      if (mass > 0.0) types.push_back({g, score_of(cdf["Score"][k]), mass, 1.0 - performance[columns[g]][k] / 100.0});
    }
  Scenario scenario = test::build_valid(
      "scenario: fico\nseed: 1\nhorizon: 10\nenvironment:\n  population:\n    type: score_table\n    groups:\n"
      "      - {name: A, share: 0.5, scores: [300, 850], mass: [1, 1], success: [0, 1]}\n"
      "      - {name: B, share: 0.5, scores: [300, 850], mass: [1, 1], success: [0, 1]}\n"
      "  arrivals: {type: batch, size: 100}\n  utility: {success: 1, failure: -4}\nconstraints: " +
      constraints + "\nagents: [{type: fixed, threshold: 600}]\n");
  scenario.law = std::make_shared<FiniteLaw>(std::vector<std::string>{"A", "B"}, std::vector<double>{0.12067, 0.87933},
                                             types, Interval{300, 850});
  return std::make_unique<Scenario>(std::move(scenario));
}

/// The 198 scores and a threshold that rejects all.
std::vector<double> common_thresholds() {
  const auto columns = read_columns(*DataFiles::from_environment(".").find("fico/transrisk_cdf_by_race_ssa.csv"));
  std::vector<double> scores;
  for (const double percentile : columns.at("Score")) scores.push_back(score_of(percentile));
  scores.push_back(851.0);
  return scores;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the common thresholds of FICO setting 1 are the known ones") {
  const auto free = fico("{demographic_parity: {tolerance: 0}}");
  if (!free) return;
  const std::vector<double> grid = common_thresholds();
  REQUIRE(grid.size() == 199);
  const OracleResult all = sweep_thresholds(*free, grid, {});
  const ArmOutcome& best = all.sweep[*all.unconstrained];
  CHECK(std::abs(best.threshold - 615.83) < 0.006);
  CHECK(std::abs(best.reward - 0.45551) < 6e-6);
  const auto widest = std::ranges::max_element(all.sweep, {}, &ArmOutcome::worst_residual);
  CHECK(std::abs(widest->threshold - 598.96) < 0.006);
  CHECK(std::abs(widest->worst_residual() - 0.4379) < 6e-5);

  struct Known {
    const char* floor;
    double reward, gap, rate, threshold;
  };
  for (const Known& known :
       {Known{"0", 0.1919, 0.1928, 0.2065, 759.49}, Known{"0.2", 0.1919, 0.1928, 0.2065, 759.49},
        Known{"0.5", -0.1378, 0.1917, 0.9135, 415.74}, Known{"0.8", -0.1378, 0.1917, 0.9135, 415.74}}) {
    CAPTURE(known.floor);
    const auto world =
        fico(std::string("{demographic_parity: {tolerance: 0.2}, service_rate: {floor: ") + known.floor + "}}");
    const OracleResult found = sweep_thresholds(*world, grid, {});
    REQUIRE(found.best);
    const ArmOutcome& arm = found.sweep[*found.best];
    CHECK(std::abs(arm.threshold - known.threshold) < 0.006);
    CHECK(std::abs(arm.reward - known.reward) < 6e-5);
    CHECK(std::abs(std::max(arm.residual[0], arm.residual[1]) + 0.2 - known.gap) < 6e-5);
    CHECK(std::abs(std::stod(known.floor) - arm.residual[2] - known.rate) < 6e-5);
  }
}

TEST_SUITE_END();
