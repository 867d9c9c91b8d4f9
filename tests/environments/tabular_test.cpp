#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "core/random/rng.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

/// A CSV file that is gone with its owner.
class CsvFile {
 public:
  explicit CsvFile(const std::string& text) { std::ofstream(path()) << text; }
  std::string path() const { return scratch_.file("rows.csv"); }

 private:
  test::Scratch scratch_;
};

/// A scenario on the file's rows of groups a and b; more: further keys of the population.
std::string scenario_of(const CsvFile& file, const std::string& more, const std::string& score_model) {
  return "scenario: rows\nseed: 1\nhorizon: 5\nenvironment:\n  population:\n    type: tabular\n    file: " +
         file.path() + "\n    group: {column: g, in: {a: [A], b: [B]}}\n" + more + "  score_model: " + score_model +
         "\n  arrivals: {type: batch, size: 5}\nagents: [{type: fixed, threshold: 0.5}]\n";
}

/// The scenario, or nothing where it has problems: then `problems` has them, one a line.
std::optional<Scenario> built(const std::string& yaml, std::string& problems) {
  Diagnostics diagnostics;
  std::optional<Scenario> scenario = test::build(yaml, diagnostics);
  for (const std::string& one : diagnostics.errors()) problems += one + "\n";
  if (!diagnostics.ok()) scenario.reset();
  return scenario;
}

bool says(const std::string& problems, const std::string& words) { return problems.find(words) != std::string::npos; }

const std::string& pick(const std::vector<std::string>& from, Rng& rng) {
  return from[rng.below(static_cast<std::uint32_t>(from.size()))];
}

/// One column of cells as a spreadsheet or a database may write them, and what must be made of it.
struct CellColumn {
  std::string text = "f,g,y,x\n";
  std::size_t n_numbers = 0, n_alike = 0, n_words = 0;  // of the rows that the filter keeps
  std::string first_stray, first_alike;                 // ":LINE: this row has `TEXT` in x, "
  std::set<std::string> levels;

  std::size_t n_cells() const { return n_numbers + n_alike + n_words; }
  bool numeric() const { return 2 * (n_numbers + n_alike) > n_cells(); }
  bool clean() const { return n_alike + n_words == 0; }
  /// What must be said of it, after the file's name.
  std::string problem() const {
    const std::string total = " of " + std::to_string(n_cells()), n = std::to_string(n_numbers);
    if (2 * n_numbers <= n_cells())
      return first_alike + "which looks like a number, as " + std::to_string(n_numbers + n_alike) + total +
             " cells do, but is not written like one";
    if (n_alike + n_words == 1) return first_stray + "where " + n + total + " cells are numbers";
    return first_stray + "the first of " + std::to_string(n_alike + n_words) + " cells that are no numbers, where " +
           n + total + " are";
  }
};

CellColumn draw_column(Rng& rng) {
  static const std::vector<std::string> numbers{"1.5", "-2",     "1e3",   ".5",      "  3",
                                                "4 ",  "\t0.25", "\"7\"", " \"8\" ", "+6"},
      alike{"\"1,204\"", "0x1F", "1e999", "52.1%", "$12", "-inf", "\"0,5\"", "\" 4\"", "\"1.234,5\"", "NAN"},
      words{"NULL", "n/a", "-", "\"NA\"", "3+", "red", "007", "2020-01-31", "1 apple", "12a"},
      empty{"", "NA", "?", "  ", " ? ", "\"\""};
  const double share_other = rng.uniform() < 0.5 ? 0.05 * rng.uniform() : rng.uniform();
  const double share_alike = rng.uniform() < 0.3 ? 1.0 : rng.uniform();
  const double share_empty = rng.uniform() < 0.5 ? 0.0 : 0.2 * rng.uniform();
  CellColumn out;
  for (int line = 2; line < 122; ++line) {
    const bool kept = rng.uniform() < 0.8;
    const bool is_empty = rng.uniform() < share_empty, is_other = rng.uniform() < share_other;
    const bool is_alike = is_other && rng.uniform() < share_alike;
    const std::string& cell = pick(is_empty ? empty : is_alike ? alike : is_other ? words : numbers, rng);
    out.text += std::string(kept ? "in," : "out,") + (line % 2 == 0 ? "A," : "B,") +
                (rng.uniform() < 0.5 ? "yes," : "no,") + cell + "\n";
    if (!kept) continue;
    std::string inner = cell.substr(std::min(cell.find_first_not_of(" \t"), cell.size()));
    inner = inner.substr(0, inner.find_last_not_of(" \t") + 1);
    if (inner.starts_with('"')) inner = inner.substr(1, inner.size() - 2);
    if (!is_empty || cell == "\"\"") out.levels.insert(inner);
    if (is_empty) continue;
    ++(is_alike ? out.n_alike : is_other ? out.n_words : out.n_numbers);
    const std::string place = ":" + std::to_string(line) + ": this row has `" + inner + "` in x, ";
    if (is_other && out.first_stray.empty()) out.first_stray = place;
    if (is_alike && out.first_alike.empty()) out.first_alike = place;
  }
  return out;
}

/// A label column with what is declared of it.
struct Labels {
  std::string text = "g,s,y\n", settings;
  bool fits = true;
  std::size_t n_rows = 0, n_successes = 0;
};

std::string flow(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) out += (out.size() > 1 ? ", \"" : "\"") + value + "\"";
  return out + "]";
}

// Spellings of five values.
const std::vector<std::vector<std::string>> spellings{
    {"1", "1.0", "+1"}, {"0", "0.0", "-0"}, {"2", "2e0"}, {"yes"}, {"Late (31-120 days)"}};

/// Values, by index, that are declared successes and failures, and how.
struct Declared {
  std::set<std::size_t> success, failure;
  std::vector<std::string> successes, failures;
};

/// Mostly of the values that are present; at least one success.
Declared draw_declared(const std::vector<std::size_t>& present, Rng& rng) {
  Declared out;
  for (std::size_t v = 0; v < spellings.size(); ++v) {
    const bool here = std::ranges::count(present, v) > 0;
    const double chance = rng.uniform();
    const bool is_only = out.success.empty() && v == present.back();
    if (is_only || chance < (here ? 0.4 : 0.05)) {
      out.success.insert(v);
      out.successes.push_back(pick(spellings[v], rng));
    } else if (chance < (here ? 0.95 : 0.1)) {
      out.failure.insert(v);
      out.failures.push_back(pick(spellings[v], rng));
    }
  }
  return out;
}

Labels draw_labels(Rng& rng) {
  std::vector<std::size_t> present;
  for (std::size_t v = 0; v < spellings.size(); ++v)
    if (rng.uniform() < 0.55) present.push_back(v);
  if (present.empty()) present.push_back(rng.below(5));
  Declared declared = draw_declared(present, rng);
  const bool with_failure = !declared.failures.empty() && rng.uniform() < 0.6;
  if (!with_failure) declared.failure.clear();
  Labels out;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::size_t v =
        i < present.size() ? present[i] : present[rng.below(static_cast<std::uint32_t>(present.size()))];
    ++out.n_rows;
    if (declared.success.contains(v)) ++out.n_successes;
    out.text += std::string(i % 2 == 0 ? "A" : "B") + ",0." + std::to_string(i) + "," + pick(spellings[v], rng) + "\n";
  }
  const auto n_strangers = std::ranges::count_if(
      present, [&](std::size_t v) { return !declared.success.contains(v) && !declared.failure.contains(v); });
  out.fits = std::ranges::includes(present, declared.success) && std::ranges::includes(present, declared.failure) &&
             n_strangers <= (with_failure ? 0 : 1) && out.n_successes > 0 && out.n_successes < out.n_rows;
  out.settings = "    label: {column: y, success: " + flow(declared.successes) +
                 (with_failure ? ", failure: " + flow(declared.failures) : "") + "}\n";
  return out;
}

double share_of_successes(const Scenario& scenario) {
  const Composition start = scenario.law->start();
  double sum = 0.0;
  for (std::uint32_t g = 0; g < 2; ++g)
    sum += start.shares()[g] * scenario.law->qualification_rate(start, static_cast<GroupId>(g));
  return sum;
}

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("a column of mostly numbers is numeric or an error that names a cell that is none") {
  Rng rng(Seed{21}, Replication{0}, Stream{9});
  std::map<std::string, int> n;
  for (int i = 0; i < 200; ++i) {
    const CellColumn column = draw_column(rng);
    CAPTURE(column.text);
    const CsvFile file(column.text);
    std::string problems;
    const auto scenario = built(scenario_of(file,
                                            "    filter: [{column: f, equals: in}]\n    missing: drop\n"
                                            "    features: [x]\n    label: {column: y, success: yes}\n",
                                            "{type: logistic_regression, train_fraction: 0.4}"),
                                problems);
    CAPTURE(problems);
    if (column.numeric() && !column.clean()) {
      ++n["refused"];
      CHECK(!scenario);
      CHECK(says(problems, file.path() + column.problem() + " (expected a finite number"));
      continue;
    }
    REQUIRE(scenario);
    std::set<std::string> expected{"(intercept)"};
    if (column.numeric()) expected.insert("x");
    else
      for (const std::string& level : column.levels) expected.insert("x=" + level);
    ++n[column.numeric() ? "numeric" : "words"];
    CHECK(std::set(scenario->score_model.term.begin(), scenario->score_model.term.end()) == expected);
  }
  for (const char* kind : {"refused", "numeric", "words"}) CHECK(n[kind] > 15);
}

TEST_CASE("every label value is a declared success or failure or the one other value") {
  Rng rng(Seed{22}, Replication{0}, Stream{9});
  int n_fit = 0;
  for (int i = 0; i < 300; ++i) {
    const Labels labels = draw_labels(rng);
    CAPTURE(labels.text);
    CAPTURE(labels.settings);
    const CsvFile file(labels.text);
    std::string problems;
    const auto scenario = built(scenario_of(file, labels.settings, "{type: column, column: s}"), problems);
    CAPTURE(problems);
    CHECK(scenario.has_value() == labels.fits);
    if (!scenario) continue;
    ++n_fit;
    CHECK(40.0 * share_of_successes(*scenario) == doctest::Approx(static_cast<double>(labels.n_successes)));
  }
  CHECK(n_fit > 50);
  CHECK(n_fit < 250);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("unit");

TEST_CASE("label problems list what the column holds") {
  const CsvFile file(
      "g,s,y\nA,0.1,Fully Paid\nB,0.2,Current\nA,0.3,Late\nB,0.4,Current\nA,0.5,Fully Paid\nB,0.6,Current\n");
  const auto problem = [&](const std::string& label) {
    std::string problems;
    built(scenario_of(file, "    label: {column: y, " + label + "}\n", "{type: column, column: s}"), problems);
    return problems;
  };
  const std::string all = "`Current` (3), `Fully Paid` (2), `Late` (1)";
  CHECK(says(problem("success: [Fully Paid, Curent]"),
             "label.success[1] = Curent: no row has this label (did you mean "
             "`Current`?) (expected some of " +
                 all));
  CHECK(says(problem("success: Fully Paid"),
             "label.success = Fully Paid: of the column's values these are neither "
             "success nor failure: `Current` (3), `Late` (1)"));
  CHECK(says(problem("success: Fully Paid, failure: Late"),
             "label.failure = Late: of the column's values these are "
             "neither success nor failure: `Current` (3)"));
  CHECK(says(problem("success: [Fully Paid, Late], failure: [Late, Current]"), "failure[0] = Late: is a success"));
  CHECK(says(problem("success: [Fully Paid, Late, Current]"), "every row has this label: " + all));
  CHECK(problem("success: [Fully Paid, Current]").empty());
  CHECK(problem("success: Fully Paid, failure: [Late, Current]").empty());
}

TEST_CASE("a label that the filter leaves without a row is no mistake of spelling") {
  const CsvFile file("g,s,y\nA,0.1,ok\nB,0.2,bad\nA,0.3,late\nB,0.4,ok\nA,0.5,bad\n");
  std::string problems;
  CHECK(built(scenario_of(file,
                          "    filter: [{column: y, not: late}]\n    label: {column: y, success: ok, failure: [bad, "
                          "late]}\n",
                          "{type: column, column: s}"),
              problems));
  CHECK(problems == "");
}

TEST_CASE("columns that nothing reads may hold anything") {
  const CsvFile file("g,s,y,notes\nA,0.1,ok,1\nB,0.2,bad,2\nA,0.3,bad,NULL\nB,0.4,ok,4\n");
  const std::string label = "    label: {column: y, success: ok}\n";
  std::string problems;
  CHECK(built(scenario_of(file, label, "{type: column, column: s}"), problems));
  CHECK(built(scenario_of(file, label + "    features: {drop: [notes]}\n", "{type: column, column: s}"), problems));
  CHECK(problems == "");
  CHECK(!built(scenario_of(file, label, "{type: column, column: notes}"), problems));
  CHECK(
      says(problems, "score_model.column = notes: " + file.path() + ":4: this row has `NULL` in notes, where 3 of 4"));
}

TEST_CASE("numbers are compared only with numbers") {
  const CsvFile file("g,s,y,age\nA,0.1,ok,20\nB,0.2,bad,30\nA,0.3,bad,40\nB,0.4,ok,n/a\nA,0.4,ok,25\nB,0.2,bad,\n");
  const auto problem = [&](const std::string& more) {
    std::string problems;
    built(scenario_of(file, more + "    label: {column: y, success: ok}\n", "{type: column, column: s}"), problems);
    return problems;
  };
  const std::string odd = "this row has `n/a` in age, where 4 of 5 cells are numbers";
  CHECK(says(problem("    filter: [{column: age, between: [20, 40]}]\n"), odd));
  CHECK(problem("    filter: [{column: age, not: n/a}, {column: age, between: [20, 40]}]\n").empty());
  CHECK(says(problem("    filter: [{column: y, between: [20, 40]}]\n"), "the column is not numeric"));
}

TEST_SUITE_END();
