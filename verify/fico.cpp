#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/oracle.hpp"
#include "core/run/evaluate.hpp"
#include "core/scenario/scalars.hpp"
#include "environments/populations/table.hpp"
#include "verify/cases.hpp"
#include "verify/fico_world.hpp"

namespace loopgate {

namespace {

std::vector<double> numbers(const Table& table, const std::string& name) {
  const auto column = std::ranges::find(table.columns, name, &Table::Column::name);
  const auto of_numbers = [&] {
    const ColumnKind kind = column_kind(*column, std::vector<bool>(table.n_rows(), true));
    return kind.numeric && kind.strays.empty();
  };
  if (column == table.columns.end() || !of_numbers())
    throw ScenarioError(std::string("fico: the column `") + name + "` is missing or not of numbers");
  std::vector<double> values;
  for (const std::string& cell : column->cells) values.push_back(parse_number(cell).value_or(undefined));
  return values;
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

struct Tables {
  std::vector<double> score;                 ///< of each row
  std::vector<double> cdf[2], defaulted[2];  ///< A: Black, B: non-Hispanic White; [0, 1] and percent
};

Tables read(const DataFiles& files) {
  const Table cdf = read_table(*files.find(fico_cdf_file)),
              performance = read_table(*files.find(fico_performance_file));
  Tables out;
  for (const double percentile : numbers(cdf, "Score")) out.score.push_back(score_of(percentile));
  const char* const columns[] = {"Black", "Non- Hispanic white"};
  for (std::size_t g = 0; g < 2; ++g) {
    out.cdf[g] = numbers(cdf, columns[g]);
    out.defaulted[g] = numbers(performance, columns[g]);
  }
  return out;
}

std::string group(const Tables& tables, std::size_t g) {
  std::string scores, mass, success;
  for (std::size_t k = 0; k < tables.score.size(); ++k) {
    const char* const comma = k == 0 ? "" : ", ";
    scores += comma + format_number(tables.score[k]);
    mass += comma + format_number(std::max(0.0, tables.cdf[g][k] - (k == 0 ? 0.0 : tables.cdf[g][k - 1])));
    success += comma + format_number(1.0 - tables.defaulted[g][k] / 100.0);
  }
  return std::string("      - {name: ") + (g == 0 ? "A" : "B") + ", share: " + (g == 0 ? "0.12067" : "0.87933") +
         ", scores: [" + scores + "], mass: [" + mass + "], success: [" + success + "]}\n";
}

std::string world(const Tables& tables, const std::string& constraints, const std::string& dynamics = "[]",
                  const std::string& agent = "{type: fixed, threshold: 600}") {
  return "scenario: fico\nseed: 1\nhorizon: 1\nfeedback: full\nenvironment:\n  population:\n    type: score_table\n    "
         "groups:\n" +
         group(tables, 0) + group(tables, 1) +
         "  arrivals: {type: batch, size: 1000}\n  utility: {success: 1, failure: -4}\n  dynamics: " + dynamics +
         "\nconstraints: " + constraints + "\nagents: [" + agent + "]\n";
}

void common_threshold(Verification& into, const Tables& tables, const std::vector<double>& grid) {
  const OracleResult all =
      sweep_thresholds(into.build(world(tables, "{demographic_parity: {tolerance: 0}}")), grid, {});
  const ArmOutcome& best = all.sweep[*all.unconstrained];
  into.rounded("best common threshold", 615.83, best.threshold, 2);
  into.rounded("utility of the best common threshold", 0.45551, best.reward, 5);
  const auto widest = std::ranges::max_element(all.sweep, {}, &ArmOutcome::worst_residual);
  into.rounded("largest gap of a common threshold", 0.4379, widest->worst_residual(), 4);
  into.rounded("its threshold", 598.96, widest->threshold, 2);
}

/// The optimum jumps from one end of the scores to the other as the floor on acceptance rises.
void with_floor(Verification& into, const Tables& tables, const std::vector<double>& grid) {
  struct Known {
    double floor, reward, gap, rate, threshold;
  };
  for (const Known& known :
       {Known{0.0, 0.1919, 0.1928, 0.2065, 759.49}, Known{0.2, 0.1919, 0.1928, 0.2065, 759.49},
        Known{0.5, -0.1378, 0.1917, 0.9135, 415.74}, Known{0.8, -0.1378, 0.1917, 0.9135, 415.74}}) {
    const std::string floor = format_number(known.floor);
    const OracleResult found = sweep_thresholds(
        into.build(world(tables, "{demographic_parity: {tolerance: 0.2}, service_rate: {floor: " + floor + "}}")), grid,
        {});
    const ArmOutcome none;
    const ArmOutcome& arm = found.best ? found.sweep[*found.best] : none;
    const bool any = found.best.has_value();
    const std::string where = "gap <= 0.2, floor " + floor + ": ";
    into.rounded(where + "threshold", known.threshold, arm.threshold, 2);
    into.rounded(where + "utility", known.reward, arm.reward, 4);
    into.rounded(where + "gap", known.gap, any ? std::max(arm.residual[0], arm.residual[1]) + 0.2 : undefined, 4);
    into.rounded(where + "acceptance", known.rate, any ? known.floor - arm.residual[2] : undefined, 4);
  }
}

/// What a group's rule comes to; cut: the mean of the thresholds that it draws from.
struct Decided {
  double cut, acceptance, true_positive;
};

Decided decide(const Agent& agent, LawAnswers& answers, const Composition& now, std::size_t g, double threshold) {
  const auto group = static_cast<GroupId>(g);
  std::vector<double> thresholds, probability;
  agent.group_law(group, thresholds, probability);
  const Response sure = answers.respond(now, group, threshold);
  const Response more = answers.explored(now, group, threshold, agent.exploration()[g]);
  return {std::inner_product(thresholds.begin(), thresholds.end(), probability.begin(), 0.0),
          sure.acceptance + more.acceptance,
          (sure.accepted_success + more.accepted_success) / answers.qualification_rate(now, group)};
}

/// The best rules of each group under a criterion, which are met by chance at the cut.
void group_policies(Verification& into, const Tables& tables) {
  struct Known {
    const char* criterion;
    Decided group[2];
    double utility;
  };
  for (const Known& known :
       {Known{"max_utility", {{645.00, 0.1677, 0.4496}, {613.75, 0.6634, 0.8335}}, 0.45735},
        Known{"demographic_parity", {{480.10, 0.5774, 0.9239}, {649.17, 0.5774, 0.7367}}, 0.33549},
        Known{"equal_opportunity", {{557.29, 0.3561, 0.7913}, {630.96, 0.6249, 0.7913}}, 0.43050}}) {
    const std::string where = std::string(known.criterion) + ": ";
    const Scenario scenario =
        into.build(world(tables, "{}", "[]", std::string("{type: group_oracle, criterion: ") + known.criterion + "}"));
    const auto agent = scenario.agents[0].factory->make(scenario.problem);
    const Composition start = scenario.law->start();
    const KnownWorld all{*scenario.law, start, scenario.start.utility};
    Rng rng(scenario.seed, Replication{0}, Stream::agent("group_oracle"));
    std::vector<double> threshold(2), rate(2);
    agent->choose({0, 0.0, &all}, rng, threshold);
    LawAnswers answers(*scenario.law);
    into.rounded(where + "utility", known.utility,
                 expected_outcome(scenario, scenario.start, answers, start, threshold, rate, {}, agent->exploration()),
                 5);
    for (std::size_t g = 0; g < 2; ++g) {
      const Decided got = decide(*agent, answers, start, g, threshold[g]);
      const std::string of = where + (g == 0 ? "A, " : "B, ");
      into.rounded(of + "mean cut", known.group[g].cut, got.cut, 2);
      into.rounded(of + "acceptance", known.group[g].acceptance, got.acceptance, 4);
      into.rounded(of + "true positive rate", known.group[g].true_positive, got.true_positive, 4);
    }
  }
}

void verify_fico(Verification& into) {
  const Tables tables = read(into.files());
  std::vector<double> grid = tables.score;
  grid.push_back(851.0);  // rejects all
  common_threshold(into, tables, grid);
  with_floor(into, tables, grid);
  group_policies(into, tables);
}

}  // namespace

std::string fico_world(const DataFiles& files, const std::string& dynamics, const std::string& constraints) {
  return world(read(files), constraints, dynamics);
}

VerificationCase fico_case() {
  return {"fico",
          "TransUnion scores of 2003 by race; +1 for a loan repaid, -4 for a default",
          "Liu et al. 2018, arXiv 1803.04383, setting 1; recomputed from the tables of the Federal Reserve's report",
          {fico_cdf_file, fico_performance_file},
          true,
          verify_fico};
}

}  // namespace loopgate
