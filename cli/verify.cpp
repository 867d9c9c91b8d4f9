#include "verify/verify.hpp"

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/table.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

const char* const usage = "loopgate verify [CASE]... [--set KEY.PATH=VALUE]... [--format table|json|csv]";

/// What came of one case. absent: why it could not be run; empty: it was.
struct CaseResult {
  const VerificationCase* of;
  std::string absent;
  std::vector<KnownAnswer> answers;

  std::size_t n_failed() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(answers, [](const KnownAnswer& answer) { return !answer.passes(); }));
  }
};

std::vector<const VerificationCase*> chosen_cases(const po::variables_map& given) {
  std::vector<const VerificationCase*> all;
  std::vector<std::string> names;
  for (const VerificationCase& one : verification_cases()) {
    all.push_back(&one);
    names.push_back(one.name);
  }
  if (given.count("case") == 0) return all;
  std::vector<const VerificationCase*> some;
  for (const std::string& name : given["case"].as<std::vector<std::string>>()) {
    const auto at = std::ranges::find(names, name);
    if (at == names.end())
      throw ScenarioError("command line: " + name + ": unknown case" + did_you_mean(name, names) + " (expected " +
                          listed(names) + ")");
    some.push_back(all[static_cast<std::size_t>(at - names.begin())]);
  }
  return some;
}

void check_changes(const std::vector<const VerificationCase*>& cases, bool named) {
  if (!named) throw ScenarioError("command line: --set: changes the scenario of a case (expected a CASE beside it)");
  for (const VerificationCase* one : cases)
    if (!one->has_scenario)
      throw ScenarioError(std::string("command line: --set: ") + one->name + " has no scenario to change");
}

CaseResult run_case(const VerificationCase& one, const std::vector<std::string>& changes, const Catalog& catalog) {
  const DataFiles files = DataFiles::from_environment(".");
  for (const std::string& name : one.data)
    if (!files.find(name)) return {&one, name + ": " + files.how_to_get(name), {}};
  Verification into(catalog, files, changes);
  one.run(into);
  return {&one, "", into.answers()};
}

/// changed: there is nothing to compare with. with_case: a line tells its case and source.
Table table_of(const std::vector<CaseResult>& results, bool changed, bool with_case) {
  std::vector<Table::Column> columns;
  if (with_case) columns = {{"case", "case", Table::Align::left}, {"source", "source", Table::Align::left}};
  columns.push_back({"quantity", "quantity", Table::Align::left});
  if (!changed) columns.push_back({"expected", "expected"});
  columns.push_back({"got", "got"});
  if (!changed) {
    columns.push_back({"tolerance", "+-"});
    columns.push_back({"z", "z"});
    columns.push_back({"pass", "pass", Table::Align::left});
  }
  Table table(columns);
  for (const CaseResult& result : results)
    for (const KnownAnswer& answer : result.answers) {
      Table::Row& row = table.row();
      if (with_case) row.text(result.of->name).text(result.of->source);
      row.text(answer.quantity);
      if (!changed) row.number(answer.expected, answer.digits);
      row.number(answer.got, answer.digits == 0 ? 0 : answer.digits + 2);
      if (changed) continue;
      row.number(answer.tolerance, answer.digits == 0 ? 0 : answer.digits + 1)
          .number(std::isnan(answer.standard_error) ? undefined : answer.z(), 2);
      row.text(answer.passes() ? "yes" : "NO");
    }
  return table;
}

void print_table(const std::vector<CaseResult>& results, bool changed) {
  std::size_t n_answers = 0, n_failed = 0, n_absent = 0;
  for (const CaseResult& result : results) {
    std::cout << result.of->name << ": " << result.of->summary << "\n  source: " << result.of->source << '\n';
    if (!result.absent.empty()) {
      std::cout << "  not run: " << result.absent << "\n\n";
      ++n_absent;
      continue;
    }
    table_of({result}, changed, false).print("table");
    std::cout << '\n';
    n_answers += result.answers.size();
    n_failed += result.n_failed();
  }
  if (changed) {
    std::cout << "changed settings: these numbers are the program's, not known answers\n";
    return;
  }
  const std::size_t n_run = results.size() - n_absent;
  std::cout << n_answers << " known answers in " << n_run << (n_run == 1 ? " case: " : " cases: ")
            << n_answers - n_failed << " pass, " << n_failed << " fail";
  if (n_absent > 0)
    std::cout << "; " << n_absent << (n_absent == 1 ? " case" : " cases") << " not run, for want of data";
  std::cout << '\n';
}

void print_json(const std::vector<CaseResult>& results, bool changed) {
  nlohmann::ordered_json cases = nlohmann::ordered_json::array();
  std::size_t n_failed = 0;
  for (const CaseResult& result : results) {
    n_failed += result.n_failed();
    cases.push_back(
        {{"case", result.of->name},
         {"summary", result.of->summary},
         {"source", result.of->source},
         {"not_run", result.absent.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(result.absent)},
         {"answers", table_of({result}, changed, false).json()}});
  }
  nlohmann::ordered_json all{{"format", 1}, {"changed", changed}};
  if (!changed) all["failed"] = n_failed;
  all["cases"] = cases;
  std::cout << all.dump(2) << '\n';
}

}  // namespace

int verify(const Arguments& arguments, const Catalog& catalog) {
  po::options_description options("options");
  options.add_options()("set", po::value<std::vector<std::string>>()->composing(),
                        "KEY.PATH=VALUE: change the scenario of a case, and see its numbers without a verdict; "
                        "`environment.` may be left out")("format", po::value<std::string>()->default_value("table"),
                                                          "table, json or csv");
  const auto given = parse(arguments, usage, options, {"case..."});
  if (given.count("help") > 0) {
    std::cout << "\ncases:\n";
    for (const VerificationCase& one : verification_cases())
      std::cout << "  " << one.name << std::string(20 - std::min<std::size_t>(19, std::string(one.name).size()), ' ')
                << one.summary << '\n';
    return 0;
  }
  const std::vector<const VerificationCase*> cases = chosen_cases(given);
  const auto changes =
      given.count("set") > 0 ? given["set"].as<std::vector<std::string>>() : std::vector<std::string>{};
  const bool changed = !changes.empty();
  if (changed) check_changes(cases, given.count("case") > 0);
  const std::size_t format = chosen(given, "format", {"table", "json", "csv"});
  std::vector<CaseResult> results;
  for (const VerificationCase* one : cases) results.push_back(run_case(*one, changes, catalog));
  if (format == 0) print_table(results, changed);
  else if (format == 1) print_json(results, changed);
  else table_of(results, changed, true).print("csv");
  if (format == 2)
    for (const CaseResult& result : results)
      if (!result.absent.empty()) std::cerr << result.of->name << " not run: " << result.absent << '\n';
  const bool failed = std::ranges::any_of(results, [](const CaseResult& result) { return result.n_failed() > 0; });
  return failed && !changed ? 1 : 0;
}

}  // namespace loopgate::cli
