#include <cmath>

#include "verify/cases.hpp"
#include "verify/static_outcome.hpp"

namespace loopgate {

namespace {

const char* const compas_file = "compas/compas-two-years.csv";
const char* const credit_file = "german_credit/credit-g.arff";

std::string scenario(const std::string& population, const std::string& score) {
  return "scenario: rows\nseed: 1\nhorizon: 1\nenvironment:\n  population: {type: tabular, " + population +
         "}\n  score_model: {type: column, column: " + score +
         "}\n  arrivals: {type: batch, size: 100}\n  utility: {success: 1, failure: -1}\n"
         "agents: [{type: fixed, threshold: 5}]\n";
}

/// The filter of ProPublica's analysis.
const std::string propublica =
    "{column: days_b_screening_arrest, between: [-30, 30]}, {column: is_recid, not: -1}, "
    "{column: c_charge_degree, not: O}, {column: score_text, not: N/A}";
const std::string two_groups = "{AA: [African-American], C: [Caucasian]";

/// Release at decile <= t, so score 11 - decile and threshold 11 - t.
void verify_compas(Verification& into) {
  const Scenario people = into.build(
      scenario(std::string("file: ") + compas_file + ", features: [age], filter: [" + propublica +
                   ", {column: race, in: [African-American, Caucasian]}], group: {column: race, in: " + two_groups +
                   "}}, label: {column: two_year_recid, success: 0}",
               "decile_score, reverse: true"));
  struct Row {
    int decile;
    double of_aa, of_c, gap, rate, reward;
  };
  for (const Row& row :
       {Row{4, 0.4239, 0.6690, -0.2451, 0.5216, 0.1878}, Row{5, 0.5257, 0.7641, -0.2385, 0.6207, 0.1925},
        Row{9, 0.9285, 0.9762, -0.0477, 0.9475, 0.0919}}) {
    const std::vector<double> threshold(2, 11.0 - row.decile);
    const StaticOutcome at = static_outcome(people, threshold);
    const std::string where = "release to decile " + std::to_string(row.decile) + ": ";
    into.rounded(where + "African-American", row.of_aa, at.acceptance[0], 4);
    into.rounded(where + "Caucasian", row.of_c, at.acceptance[1], 4);
    into.rounded(where + "gap", row.gap, at.acceptance[0] - at.acceptance[1], 4);
    into.rounded(where + "rate", row.rate, at.rate, 4);
    into.rounded(where + "reward", row.reward, at.reward, 4);
  }
}

struct Group {
  const char* name;
  double rows, success;
};

/// Rows of each group and their share of successes; success NaN: not asked for.
void count_rows(Verification& into, const char* what, const std::string& yaml, std::initializer_list<Group> groups) {
  const Scenario people = into.build(yaml);
  const Composition start = people.law->start();
  const double n = static_cast<double>(people.law->types().size());
  double total = 0.0;
  std::size_t g = 0;
  for (const Group& group : groups) {
    const std::string name = group.name;
    into.exact(name + ", rows", group.rows, start.shares()[g] * n, 1e-6);
    if (!std::isnan(group.success))
      into.rounded(name + ", share of successes", group.success,
                   people.law->qualification_rate(start, static_cast<GroupId>(g)), 4);
    total += group.rows;
    ++g;
  }
  into.exact(std::string(what) + ", rows in all", total, n, 0.0);
}

void verify_compas_rows(Verification& into) {
  const std::string head = std::string("file: ") + compas_file + ", features: [age], ";
  const std::string quiet = ", label: {column: two_year_recid, success: 0}";
  count_rows(into, "before the filter",
             scenario(head + "group: {column: sex, in: {men: [Male], women: [Female]}}" + quiet, "decile_score"),
             {{"men", 5819, undefined}, {"women", 1395, undefined}});
  count_rows(into, "after the filter",
             scenario(head + "filter: [" + propublica + "], group: {column: race, in: " + two_groups +
                          ", others: [Other, Hispanic, Asian, Native American]}}" + quiet,
                      "decile_score"),
             {{"African-American, after the filter", 3175, 1 - 0.5231},
              {"Caucasian, after the filter", 2103, 1 - 0.3909},
              {"others, after the filter", 6172 - 3175 - 2103, undefined}});
}

void verify_german_credit(Verification& into) {
  const std::string head = std::string("file: ") + credit_file + ", label: {column: class, success: good}, group: ";
  // Kamiran & Calders 2009 (doi:10.1109/IC4.2009.4909197) call those of 25 and under young.
  count_rows(into, "by age", scenario(head + "{column: age, at_least: 26, names: [younger, older]}", "duration"),
             {{"25 and younger", 190, 0.5789}, {"older than 25", 810, 0.7284}});
  count_rows(into, "by another cut",
             scenario(head + "{column: age, at_least: 25, names: [younger, older]}", "duration"),
             {{"younger than 25", 149, 0.5906}, {"25 and older", 851, 0.7192}});
  count_rows(into, "by sex",
             scenario(head + "{column: personal_status, in: {female: [female div/dep/mar], male: [male single, male "
                             "div/sep, male mar/wid]}}",
                      "duration"),
             {{"female", 310, 0.6484}, {"male", 690, 0.7232}});
}

}  // namespace

VerificationCase compas_case() {
  return {"compas",
          "release by decile on the rows of ProPublica's file, +1 for no recidivism, -1 for recidivism",
          "counted in ProPublica's compas-scores-two-years.csv",
          {compas_file},
          true,
          verify_compas};
}

VerificationCase compas_rows_case() {
  return {"compas_rows",
          "rows and two-year recidivism before and after ProPublica's filter",
          "Larson et al. 2016 (ProPublica); counted in its file",
          {compas_file},
          true,
          verify_compas_rows};
}

VerificationCase german_credit_rows_case() {
  return {"german_credit_rows",
          "rows and good loans by age and sex",
          "Hofmann 1994 (UCI Statlog); counted in its file",
          {credit_file},
          true,
          verify_german_credit};
}

}  // namespace loopgate
