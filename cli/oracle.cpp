#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "analysis/oracle_file.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/progress_line.hpp"
#include "cli/quantities.hpp"
#include "cli/scenario_options.hpp"
#include "cli/table.hpp"
#include "core/scenario/scalars.hpp"
#include "core/scenario/words.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

using Json = nlohmann::ordered_json;

/// A number in a sentence: 6 significant digits.
std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

constexpr std::size_t default_arms = 51, most_arms = 1000000;

const char* const usage =
    "loopgate oracle SCENARIO [--grid N] [--objective stationary|horizon] [--fidelity mean_field|counts] "
    "[--set KEY.PATH=VALUE]... [--seed N] [--replications N] [--threads N] "
    "[--format table|json|csv] [--save [-o SIDECAR] [--force]]";

const char* word_of(Objective objective) { return objective == Objective::horizon ? "horizon" : "stationary"; }
const char* word_of(Feasibility verdict) {
  switch (verdict) {
    case Feasibility::feasible:
      return "yes";
    case Feasibility::infeasible:
      return "no";
    case Feasibility::no_value:
      return "undefined";
    case Feasibility::undecided:
      break;
  }
  return "undecided";
}

po::options_description oracle_options() {
  po::options_description options = scenario_options();
  options.add_options()("grid", po::value<std::string>(),
                        "so many thresholds evenly over the scores' range; default: the arms of all learners")(
      "objective", po::value<std::string>()->default_value("stationary"),
      "stationary: where the loop comes to rest; horizon: mean over the scenario's epochs from its start")(
      "fidelity", po::value<std::string>()->default_value("mean_field"),
      "mean_field: infinitely many applicants; counts: replications with a fresh seed, with intervals")(
      "threads", po::value<unsigned>(), "default: all cores; the result does not depend on it")(
      "format", po::value<std::string>()->default_value("table"), "table, json or csv (csv: the sweep alone)");
  add_save_options(options, "the sweep and the best threshold's path", "the scenario's file name with .oracle.h5");
  return options;
}

std::vector<double> even_grid(const Interval& range, std::size_t n) {
  std::vector<double> grid;
  for (std::size_t k = 0; k < n; ++k)
    grid.push_back(range.low + range.width() * static_cast<double>(k) / static_cast<double>(n - 1));
  return grid;
}

std::vector<double> arms_of(const po::variables_map& given, const Scenario& scenario) {
  const bool asked = given.count("grid") > 0;
  std::size_t n = default_arms;
  if (asked) {
    const std::string text = given["grid"].as<std::string>();
    const auto value = parse_number(text);
    if (!value || std::floor(*value) != *value || *value < 2.0 || *value > static_cast<double>(most_arms))
      throw ScenarioError("command line: --grid = " + text + ": not a number of thresholds (expected 2 to " +
                          std::to_string(most_arms) + ")");
    n = static_cast<std::size_t>(*value);
  } else if (std::vector<double> arms = learners_arms(scenario); !arms.empty()) {
    return arms;
  }
  const Interval& range = scenario.problem.score_range;
  if (std::isfinite(range.low) && std::isfinite(range.high) && range.low < range.high) return even_grid(range, n);
  throw ScenarioError(std::string("command line: ") +
                      (asked ? "--grid: the scores have no finite range to spread thresholds over"
                             : "the scenario has no agent with arms, and its scores have no finite range") +
                      " (expected an agent with a grid, such as {type: ofs, grid: [...]}" +
                      (asked ? ", and no --grid)" : ")"));
}

Json json_of(const std::vector<double>& values) {
  Json all = Json::array();
  for (const double x : values) all.push_back(std::isfinite(x) ? Json(x) : Json(nullptr));
  return all;
}

Json number_or_null(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json json_of(const ArmOutcome& arm) {
  Json others = Json::array();
  for (const Equilibrium& other : arm.others)
    others.push_back({{"state", json_of(other.state)},
                      {"reward", number_or_null(other.reward)},
                      {"residual", json_of(other.residual)},
                      {"spectral_radius", number_or_null(other.spectral_radius)}});
  return {{"threshold", arm.threshold},
          {"reward", number_or_null(arm.reward)},
          {"reward_half_width", number_or_null(arm.reward_half_width)},
          {"residual", json_of(arm.residual)},
          {"residual_half_width", json_of(arm.residual_half_width)},
          {"undefined_share", json_of(arm.undefined_share)},
          {"worst_residual", number_or_null(arm.worst_residual())},
          {"summed_violation", number_or_null(arm.summed_violation())},
          {"feasible", word_of(arm.verdict)},
          {"unsure", arm.unsure},
          {"state", json_of(arm.state)},
          {"spectral_radius", number_or_null(arm.spectral_radius)},
          {"period", arm.period},
          {"other_fixed_points", others},
          {"reward_now", number_or_null(arm.reward_now)},
          {"residual_now", json_of(arm.residual_now)}};
}

Json json_of(const Mixture& mixture, const OracleResult& result) {
  if (!mixture.exists()) return nullptr;
  Json parts = Json::array();
  for (std::size_t k = 0; k < mixture.weight.size(); ++k)
    if (mixture.weight[k] > 0.0)
      parts.push_back({{"threshold", result.sweep[k].threshold}, {"weight", mixture.weight[k]}});
  return {{"reward", mixture.value}, {"parts", parts}, {"price", json_of(mixture.price)}};
}

void print_json(const Scenario& scenario, const OracleSettings& settings, const OracleResult& result) {
  const auto arm = [&result](const std::optional<std::size_t>& k) {
    return k ? Json(result.sweep[*k].threshold) : Json(nullptr);
  };
  Json sweep = Json::array(), sets = Json::array();
  for (const ArmOutcome& one : result.sweep) sweep.push_back(json_of(one));
  for (const FeasibleRun& run : result.feasible)
    sets.push_back({result.sweep[run.first].threshold, result.sweep[run.last].threshold});
  const bool counts = settings.fidelity == Fidelity::counts;
  const Json all{{"format", 1},
                 {"scenario", scenario.name},
                 {"objective", word_of(settings.objective)},
                 {"fidelity", name_of(settings.fidelity)},
                 {"seed", counts ? Json(static_cast<std::uint64_t>(result.seed)) : Json(nullptr)},
                 {"replications", counts ? Json(result.n_replications) : Json(nullptr)},
                 {"tolerance", result.tolerance},
                 {"tail", result.tail_end > 0 ? Json{result.tail_begin, result.tail_end} : Json(nullptr)},
                 {"starts", result.n_starts},
                 {"constraints", scenario.residual_names},
                 {"states", state_names(scenario)},
                 {"feasible_runs", sets},
                 {"best", arm(result.best)},
                 {"unconstrained", arm(result.unconstrained)},
                 {"least_violating", arm(result.least_violating)},
                 {"myopic", arm(result.myopic)},
                 {"mixture", json_of(result.mixture, result)},
                 {"sweep", sweep}};
  std::cout << all.dump(2) << '\n';
}

/// The table leaves out what would not fit or says nothing; CSV has every column.
Table sweep_table(const Scenario& scenario, const OracleSettings& settings, const OracleResult& result,
                  const std::string& format) {
  const bool counts = settings.fidelity == Fidelity::counts;
  const bool whole = format != "table";
  const bool each = whole || scenario.n_residuals() <= 6;
  const bool several = whole || !std::ranges::all_of(result.sweep, [](const auto& arm) { return arm.others.empty(); });
  std::vector<Table::Column> columns{{"threshold", "threshold"}, {"reward", "reward"}};
  if (counts) columns.push_back({"reward_half_width", "+-95%"});
  for (const std::string& name : scenario.residual_names)
    if (each) columns.push_back({"residual:" + name, name});
  columns.push_back({"worst_residual", "worst"});
  if (counts) columns.push_back({"worst_residual_half_width", "+-95%"});
  columns.push_back({"feasible", "feasible", Table::Align::left});
  columns.push_back({"spectral_radius", "spectral radius"});
  if (several) columns.push_back({"other_fixed_points", "other fixed points"});
  columns.push_back({"reward_now", "reward now"});
  Table table(std::move(columns));
  for (const ArmOutcome& arm : result.sweep) {
    Table::Row& row = table.row();
    row.number(arm.threshold, 4).number(arm.reward, 6);
    if (counts) row.number(arm.reward_half_width, 6);
    if (each)
      for (const double g : arm.residual) row.number(g, 5);
    row.number(arm.worst_residual(), 5);
    if (counts) row.number(arm.residual.empty() ? undefined : arm.residual_half_width[arm.worst()], 5);
    row.text(word_of(arm.verdict)).number(arm.spectral_radius, 4);
    if (several) row.number(static_cast<double>(arm.others.size()), 0);
    row.number(arm.reward_now, 6);
  }
  return table;
}

std::string arm_text(const ArmOutcome& arm) {
  std::string text = "threshold " + shown(arm.threshold);
  if (arm.verdict == Feasibility::undecided) return text + ": does not come to rest";
  text += ": reward " + shown(arm.reward);
  if (std::isfinite(arm.reward_half_width)) text += " +- " + shown(arm.reward_half_width);
  if (!arm.residual.empty())
    text +=
        std::isnan(arm.worst_residual()) ? ", a residual undefined" : ", worst residual " + shown(arm.worst_residual());
  return text;
}

void print_method(const Scenario& scenario, const OracleSettings& settings, const OracleResult& result) {
  std::cout << "method         ";
  if (settings.objective == Objective::stationary && settings.fidelity == Fidelity::mean_field)
    std::cout << "mean field, each threshold followed from the scenario's start to rest; other fixed points from "
              << result.n_starts << (result.n_starts == 1 ? " start" : " starts");
  else
    std::cout << "mean of epochs " << result.tail_begin << " to " << result.tail_end - 1 << " of " << scenario.n_epochs;
  if (settings.fidelity == Fidelity::counts)
    std::cout << ", by counts: " << result.n_replications
              << (result.n_replications == 1 ? " replication, so no interval" : " replications, 95 % t intervals")
              << ", fresh seed " << static_cast<std::uint64_t>(result.seed);
  std::cout << "\ntolerance      a residual up to " << shown(result.tolerance) << " counts as satisfied\n";
}

/// Residuals that lack a value in some epochs: which, at how many thresholds, and how often.
void print_undefined(const Scenario& scenario, const OracleResult& result) {
  for (std::size_t m = 0; m < scenario.n_residuals(); ++m) {
    std::size_t n = 0;
    double most = 0.0;
    for (const ArmOutcome& arm : result.sweep) {
      if (!(arm.undefined_share[m] > 0.0)) continue;
      ++n;
      most = std::max(most, arm.undefined_share[m]);
    }
    if (n > 0)
      std::cout << "undefined      " << scenario.residual_names[m] << ": at " << n << " of the " << result.sweep.size()
                << " thresholds, in " << (most < 1.0 ? "up to " : "") << shown(100.0 * most)
                << " % of the epochs; undefined is not feasible\n";
  }
}

void print_feasible(const OracleResult& result) {
  std::cout << "feasible       ";
  std::size_t n = 0;
  for (const FeasibleRun& run : result.feasible) {
    const double first = result.sweep[run.first].threshold, last = result.sweep[run.last].threshold;
    if (n > 0) std::cout << "; ";
    std::cout << shown(first);
    if (run.last > run.first) std::cout << " to " << shown(last);
    n += run.last - run.first + 1;
  }
  std::cout << (n == 0 ? "nothing" : " ") << (n == 0 ? "" : "(" + std::to_string(n) + " of the ")
            << (n == 0 ? "" : std::to_string(result.sweep.size()) + " thresholds)") << '\n';
  std::string unsure;
  for (const ArmOutcome& arm : result.sweep)
    if (arm.unsure) unsure += (unsure.empty() ? "" : ", ") + shown(arm.threshold);
  if (!unsure.empty() && result.n_replications == 1)
    std::cout << "unsure         all: one replication tells nothing of chance; more --replications would\n";
  else if (!unsure.empty())
    std::cout << "unsure         " << unsure
              << ": another verdict within the intervals; more --replications would tell\n";
  const auto undecided = std::ranges::count(result.sweep, Feasibility::undecided, &ArmOutcome::verdict);
  if (undecided == 0) return;
  std::cout << "undecided      " << undecided << (undecided == 1 ? " threshold does" : " thresholds do")
            << " not come to rest within 20,000 epochs:";
  for (const ArmOutcome& arm : result.sweep) {
    if (arm.verdict != Feasibility::undecided) continue;
    std::cout << ' ' << shown(arm.threshold);
    if (arm.period > 0) std::cout << " (a cycle of " << arm.period << " epochs)";
  }
  std::cout << "; try --objective horizon\n";
}

void print_mixture(const Scenario& scenario, const OracleSettings& settings, const OracleResult& result) {
  const bool stationary = settings.objective == Objective::stationary;
  const Mixture& mixture = result.mixture;
  std::cout << "best mixture   ";
  if (!mixture.exists()) {
    std::cout << "none satisfies the constraints on average\n";
    return;
  }
  std::string parts;
  for (std::size_t k = 0; k < mixture.weight.size(); ++k)
    if (mixture.weight[k] > 0.0)
      parts += (parts.empty() ? "" : ", ") + shown(mixture.weight[k]) +
               (stationary ? " of the time at " : " of the runs at ") + shown(result.sweep[k].threshold);
  std::cout << parts << (stationary ? ", in stretches long enough to come to rest" : "") << ": reward "
            << shown(mixture.value);
  for (std::size_t m = 0; m < mixture.price.size(); ++m)
    if (mixture.price[m] > 0.0)
      std::cout << "; price of " << scenario.residual_names[m] << ' ' << shown(mixture.price[m]);
  std::cout << '\n';
}

void print_text(const Scenario& scenario, const OracleSettings& settings, const OracleResult& result) {
  std::cout << "scenario " << scenario.name << ": " << result.sweep.size() << " common thresholds held for ever, "
            << word_of(settings.objective) << ", " << name_of(settings.fidelity) << "\n\n";
  sweep_table(scenario, settings, result, "table").print("table");
  std::cout << "\nresiduals are satisfied up to 0; reward now: before anything has moved; `-`: undefined\n\n";
  print_method(scenario, settings, result);
  print_feasible(result);
  print_undefined(scenario, result);
  if (result.best) std::cout << "best fixed     " << arm_text(result.sweep[*result.best]) << '\n';
  if (result.least_violating)
    std::cout << "least wrong    " << arm_text(result.sweep[*result.least_violating]) << ", all violations together "
              << shown(result.sweep[*result.least_violating].summed_violation()) << '\n';
  print_mixture(scenario, settings, result);
  if (result.myopic)
    std::cout << "best today     " << arm_text(result.sweep[*result.myopic]) << " in the closed loop; today reward "
              << shown(result.sweep[*result.myopic].reward_now) << '\n';
  if (result.unconstrained) std::cout << "unconstrained  " << arm_text(result.sweep[*result.unconstrained]) << '\n';
}

}  // namespace

int oracle(const Arguments& arguments, const Catalog& catalog) {
  const auto given = parse(arguments, usage, oracle_options(), {"scenario"});
  if (given.count("help") > 0) return 0;
  OracleSettings settings;
  settings.objective = static_cast<Objective>(chosen(given, "objective", {"stationary", "horizon"}));
  settings.fidelity =
      chosen(given, "fidelity", {"mean_field", "counts"}) == 0 ? Fidelity::mean_field : Fidelity::counts;
  settings.n_threads = thread_count(given);
  const std::vector<std::string> formats{"table", "json", "csv"};
  const std::string& format = formats[chosen(given, "format", formats)];
  const Scenario scenario = load_scenario(scenario_path(given, usage), overrides_of(given), catalog);
  print_warnings(scenario);
  if (settings.objective == Objective::stationary && scenario.world_changes())
    throw ScenarioError(scenario_path(given, usage) +
                        ": interventions: change the loop while it runs, so that it has no state of rest "
                        "(expected --objective horizon, or --set interventions=[])");
  if (!scenario.route.stages.empty())
    throw ScenarioError(scenario_path(given, usage) +
                        ": route: the sweep holds the threshold of one decision (expected a scenario without `route`)");
  const std::optional<Output> saved =
      saved_output(given, files_read(scenario_path(given, usage), scenario), ".oracle.h5");
  const std::vector<double> arms = arms_of(given, scenario);
  ProgressLine line({}, ProgressLine::Wanted::yes);
  settings.report = [&](std::size_t done) {
    line.show(std::to_string(done) + " of " + std::to_string(arms.size()) + " thresholds");
  };
  const OracleResult result = sweep_thresholds(scenario, arms, settings);
  line.erase();
  if (saved) save_oracle(saved->path(), scenario, settings, result);
  if (format == "json") print_json(scenario, settings, result);
  else if (format == "csv") sweep_table(scenario, settings, result, format).print(format);
  else print_text(scenario, settings, result);
  if (saved && format == "table") std::cout << "wrote          " << saved->path() << '\n';
  return 0;
}

}  // namespace loopgate::cli
