#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/agent_series.hpp"
#include "analysis/analysis.hpp"
#include "analysis/oracle_file.hpp"
#include "core/scenario/catalog.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate::cli {

/// A limit as a plot draws it.
struct LimitLine {
  std::string label;
  std::vector<double> first, last;  ///< [n_bins] in force at each bin's first and last epoch
  double held() const;              ///< where it is the same all the time; else NaN
};

/// What the scenario asks of decisions, as far as plots draw it.
struct Limits {
  Course parity_tolerance = undefined;        ///< NaN: not asked
  bool parity_pooled = false;                 ///< each group against all, not against each other
  std::vector<std::size_t> parity_residuals;  ///< indices among the trace's residuals
  std::vector<LimitLine> parity, service;     ///< the tolerance; floor and ceiling
};
Limits limits_of(const TraceReader& trace, const Scenario& scenario, const Node& settings, const EpochBins& bins);

/// Everything that a page is made of.
struct ReportContent {
  const TraceReader& trace;
  Scenario scenario;     ///< rebuilt from the trace
  const Node& settings;  ///< the resolved scenario
  const Catalog& catalog;
  EpochBins bins;
  Limits limits;
  Analysis analysis;
  std::vector<AgentSeries> series;  ///< [n_agents] as analysis.agents
  std::optional<SavedSweep> sweep;
  std::string sweep_missing;  ///< why there is none: a sentence, HTML
};

/// One quantity over time: a panel for all, or one a group.
struct Plot {
  struct Panel {
    std::string name;                            ///< the group; empty: all
    std::vector<const DecimatedSeries*> agents;  ///< [n_agents]
  };
  std::string id, title;
  std::string meaning;  ///< one sentence
  std::vector<Panel> panels;
  std::vector<LimitLine> lines;  ///< to hold values against
  bool moves = true;             ///< else every value of a panel is one and the same, and words tell it
};
std::vector<Plot> plots_of(const ReportContent& content);

/// What an agent's replications say on all constraints together: violated where one is, at a level that allows for
/// having looked at all of them.
struct ConstraintsVerdict {
  Finding finding = Finding::met;  ///< violated: one is; else no_value, too_few, undecided: one is; else met
  std::vector<const LimitVerdict*> of_finding;  ///< the constraints of that finding
  const LimitVerdict& worst() const;            ///< of these, the one with the largest residual; EXPECTs one
};
ConstraintsVerdict constraints_verdict(const ReportContent& content, std::size_t agent);
/// Whether the page is of a window of the run.
bool shows_part(const ReportContent& content);
/// What the numbers are of: "the whole time", or "epochs 100 to 199".
std::string time_text(const ReportContent& content);
/// A residual's name as a reader says it: "demographic parity, a over b".
std::string limit_text(const ReportContent& content, const std::string& limit);

// Parts of the page, as HTML.
std::string answer_html(const ReportContent& content);
std::string scenario_html(const ReportContent& content);
std::string agents_html(const ReportContent& content);
std::string sweep_html(const ReportContent& content);
std::string outcomes_html(const ReportContent& content);
std::string fairness_html(const ReportContent& content);
std::string stages_html(const ReportContent& content);  ///< a whole section; empty without a route
std::string provenance_html(const ReportContent& content);
std::string plots_html(const ReportContent& content, const std::vector<Plot>& plots);
nlohmann::ordered_json plots_json(const ReportContent& content, const std::vector<Plot>& plots);
nlohmann::ordered_json sweep_json(const ReportContent& content);  ///< null: there is none

/// The mark by which an agent is known in plots and tables: a line in its colour and dashes. Agents are numbered as on
/// the page.
std::string agent_key(std::size_t agent);
/// The mark and the label.
std::string agent_html(const ReportContent& content, std::size_t agent);

}  // namespace loopgate::cli
