#include <algorithm>
#include <array>
#include <cmath>

#include "cli/html.hpp"
#include "cli/quantities.hpp"
#include "cli/report_content.hpp"

namespace loopgate::cli {

namespace {

std::string name_html(const ReportContent& content, std::size_t agent) {
  return "<b>" + escaped(content.analysis.agents[agent].label) + "</b>";
}

Estimate reward_of(const ReportContent& content, std::size_t agent) {
  const MetricValue* row = find_metric(content.analysis.agents[agent].window, "reward", judged_basis(content.trace));
  return row == nullptr ? Estimate{} : row->estimate;
}

const Ranking* ranking_by_reward(const ReportContent& content) {
  const auto at = std::ranges::find(content.analysis.rankings, "reward", &Ranking::metric);
  return at == content.analysis.rankings.end() ? nullptr : &*at;
}

/// How far the others are from the first, and how sure that is.
std::string separation(const ReportContent& content, const Ranking& ranking) {
  const auto& standings = ranking.standings;
  Estimate ahead = standings[1].difference;  // of the second, minus the first
  ahead = {-ahead.mean, -ahead.high, -ahead.low, ahead.n};
  std::string out = estimate_text(ahead) + " more than " + name_html(content, standings[1].contestant);
  std::vector<std::string> open;
  for (std::size_t k = 1; k < standings.size(); ++k)
    if (standings[k].against_best != Verdict::different) open.push_back(name_html(content, standings[k].contestant));
  const std::size_t n = ranking.replications.size();
  if (n == 1) return out + ". One replication tells nothing of how far another would differ";
  if (standings[1].against_best == Verdict::too_few)
    return out + ". With " + counted(n, "replication") + ", fewer than " + std::to_string(standings[1].needed) +
           (standings.size() > 2 ? " for " + std::to_string(standings.size()) + " agents" : "") +
           ", no agent is called better than another";
  if (open.empty())
    return out + (standings.size() > 2 ? ", the next, and separated from all others" : ", and separated from it");
  return out + (standings.size() > 2 ? ", the next" : "") + "; it is not separated from " + enumerated(open);
}

std::string reward_sentence(const ReportContent& content) {
  const Ranking* ranking = ranking_by_reward(content);
  const std::string unit = " per applicant",
                    lead = shows_part(content) ? "Over " + time_text(content) + ", " : std::string();
  if (ranking == nullptr) {
    std::vector<std::string> each;
    for (std::size_t a = 0; a < content.analysis.agents.size(); ++a)
      each.push_back(name_html(content, a) + " earned " + estimate_text(reward_of(content, a)) + unit);
    const bool many = content.analysis.agents.size() > 1;
    return lead + enumerated(each) +
           (many ? ". They are not ranked, since no replication is written over " + time_text(content) +
                       " for all of them."
                 : ".");
  }
  const std::size_t first = ranking->standings[0].contestant;
  return lead + name_html(content, first) + " earned most: " + estimate_text(ranking->standings[0].t) + unit + ", " +
         separation(content, *ranking) + ".";
}

/// "demographic parity, a over b, by 0.0712 (0.0632 to 0.0792)": the worst one, and of how many.
std::string violation_clause(const ReportContent& content, const ConstraintsVerdict& verdict) {
  const LimitVerdict& worst = verdict.worst();
  std::string out = escaped(limit_text(content, worst.limit)) + ", by " + estimate_text(worst.estimate);
  if (verdict.of_finding.size() > 1) out += " (the worst of " + std::to_string(verdict.of_finding.size()) + ")";
  return out;
}

/// One clause an agent, or, for more than two, the furthest off for all; EXPECTs one violator.
std::string violations_clause(const ReportContent& content, const std::vector<std::size_t>& violators) {
  std::vector<std::string> names, clauses;
  std::size_t furthest = 0;
  double most = undefined;
  for (const std::size_t a : violators) {
    const ConstraintsVerdict verdict = constraints_verdict(content, a);
    names.push_back(name_html(content, a));
    clauses.push_back(names.back() + " violated " + violation_clause(content, verdict));
    if (verdict.worst().estimate.mean <= most) continue;
    most = verdict.worst().estimate.mean;
    furthest = a;
  }
  if (violators.size() <= 2) return enumerated(clauses);
  return enumerated(names) + " each violated one or more constraints, and the largest violation was that of " +
         name_html(content, furthest) + ": " + violation_clause(content, constraints_verdict(content, furthest));
}

std::string constraints_sentence(const ReportContent& content) {
  if (content.trace.constraints.empty()) return "Nothing was required of the decisions.";
  std::vector<std::string> met, open, few, undefined_ones, parts;
  std::vector<std::size_t> violators;
  for (std::size_t a = 0; a < content.analysis.agents.size(); ++a) {
    const Finding finding = constraints_verdict(content, a).finding;
    if (finding == Finding::violated) violators.push_back(a);
    else if (finding == Finding::no_value) undefined_ones.push_back(name_html(content, a));
    else (finding == Finding::met ? met : finding == Finding::too_few ? few : open).push_back(name_html(content, a));
  }
  if (!met.empty()) parts.push_back(enumerated(met) + " met every constraint");
  if (!violators.empty()) parts.push_back(violations_clause(content, violators));
  if (!open.empty())
    parts.push_back(enumerated(open) +
                    " may or may not have met every constraint, since the replications leave it open");
  if (!undefined_ones.empty())
    parts.push_back("for " + enumerated(undefined_ones) + " a constraint is undefined, and so not met");
  if (!few.empty()) parts.push_back(enumerated(few) + " cannot be judged, since too few replications were run");
  std::string out =
      "Over the last quarter of " + (shows_part(content) ? time_text(content) : "the time") + ", on average, ";
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? "; " : "") + parts[i];
  const bool none_feasible =
      content.sweep && std::ranges::all_of(content.sweep->feasible, [](double f) { return f == 0.0; });
  return out + "." + (none_feasible ? " No fixed threshold would meet them all." : "");
}

/// The agents that the last sentence is about: who earned most, and who did of those that met every constraint.
std::vector<std::size_t> telling_agents(const ReportContent& content) {
  std::vector<std::size_t> by_reward(content.analysis.agents.size());
  for (std::size_t a = 0; a < by_reward.size(); ++a) by_reward[a] = a;
  std::ranges::stable_sort(
      by_reward, [&](std::size_t a, std::size_t b) { return reward_of(content, a).mean > reward_of(content, b).mean; });
  std::vector<std::size_t> chosen{by_reward[0]};
  const auto compliant = std::ranges::find_if(
      by_reward, [&](std::size_t a) { return constraints_verdict(content, a).finding == Finding::met; });
  if (compliant != by_reward.end() && *compliant != chosen[0]) chosen.push_back(*compliant);
  return chosen;
}

/// The group whose metric has moved furthest from the window's first epoch to its last quarter, and how; empty: none
/// has moved. start: [n_groups] at that epoch.
std::string move_clause(const ReportContent& content, const AgentMetrics& agent, const char* metric, const char* view,
                        const std::vector<Estimate>& start, const std::array<std::string, 2>& words) {
  std::size_t furthest = 0;
  std::vector<Estimate> now;
  for (const std::string& group : content.trace.groups) {
    const MetricValue* row = find_metric(agent.tail, metric, "expected", view, group);
    now.push_back(row == nullptr ? Estimate{} : row->estimate);
    const auto moved = [&](std::size_t g) { return std::abs(now[g].mean - start[g].mean); };
    if (moved(now.size() - 1) > moved(furthest) + 1e-9) furthest = now.size() - 1;
  }
  const double change = now[furthest].mean - start[furthest].mean;
  if (!(std::abs(change) > 1e-6)) return {};
  return "; " + words[0] + "<b>" + escaped(content.trace.groups[furthest]) + "</b> " +
         (change > 0.0 ? "rose" : "fell") + " from " + number_text(start[furthest].mean, 3) + " to " +
         estimate_text(now[furthest], 3) + words[1];
}

std::string groups_clause(const ReportContent& content, std::size_t a) {
  const AgentMetrics& agent = content.analysis.agents[a];
  const MetricValue* gap = find_metric(agent.window, "demographic_parity_gap", "realised");
  std::string out = "With " + name_html(content, a);
  if (gap == nullptr || gap->highest.empty()) return out + ", acceptance rates of the groups cannot be compared";
  const auto rate = [&](const std::string& group) {
    return number_text(find_metric(agent.window, "selection_rate", "realised", "", group)->estimate.mean, 3);
  };
  out += ", acceptance was highest for <b>" + escaped(gap->highest) + "</b> (" + rate(gap->highest) +
         ") and lowest for <b>" + escaped(gap->lowest) + "</b> (" + rate(gap->lowest) + "), a gap of " +
         estimate_text(gap->estimate, 3);
  const AgentSeries& series = content.series[a];
  return out + move_clause(content, agent, "group_share", "", series.first_composition, {"", " of the applicants"}) +
         move_clause(content, agent, "qualification_rate", "true", series.first_qualification_rate,
                     {"the qualified share of ", ""});
}

std::string groups_sentence(const ReportContent& content) {
  std::string out;
  for (const std::size_t a : telling_agents(content)) out += (out.empty() ? "" : " ") + groups_clause(content, a) + ".";
  return out;
}

/// What a verdict comes to where it is picked among those of all constraints.
Finding finding_among_all(const LimitVerdict& one) {
  return one.finding == Finding::violated && !one.violated_among_all ? Finding::undecided : one.finding;
}

}  // namespace

std::string limit_text(const ReportContent& content, const std::string& limit) {
  const std::size_t colon = limit.find(':');
  if (colon == std::string::npos) return limit;
  std::string kind = limit.substr(0, colon), what = limit.substr(colon + 1);
  std::ranges::replace(kind, '_', ' ');
  std::vector<std::string> sides = content.trace.groups;
  sides.emplace_back("overall");
  for (const std::string& high : sides)
    for (const std::string& low : sides)
      if (what == high + "-" + low) return kind + ", " + high + " over " + low;
  return kind + ", " + what;
}

ConstraintsVerdict constraints_verdict(const ReportContent& content, std::size_t agent) {
  ConstraintsVerdict out;
  const std::vector<LimitVerdict>& verdicts = content.analysis.verdicts[agent];
  for (const Finding finding :
       {Finding::violated, Finding::no_value, Finding::too_few, Finding::undecided, Finding::met}) {
    for (const LimitVerdict& one : verdicts)
      if (finding_among_all(one) == finding && std::ranges::count(content.trace.constraints, one.limit) > 0)
        out.of_finding.push_back(&one);
    out.finding = finding;
    if (!out.of_finding.empty()) break;
  }
  return out;
}

const LimitVerdict& ConstraintsVerdict::worst() const {
  return **std::ranges::max_element(of_finding, {}, [](const LimitVerdict* one) { return one->estimate.mean; });
}

std::string answer_html(const ReportContent& content) {
  std::string out;
  for (const std::string& sentence :
       {reward_sentence(content), constraints_sentence(content), groups_sentence(content)})
    out += "<p class=\"answer\">" + sentence + "</p>\n";
  return out + "<p class=\"soft\">In brackets: 95 % intervals over replications. Rewards are " +
         std::string(judged_basis(content.trace)) + " ones, over " + time_text(content) +
         "; what moved is told from the first epoch to the mean of the last quarter. Agents met the same applicants "
         "and are compared replication by replication, and called separated where "
         "a sign-flip "
         "test, adjusted by Holm for all pairs of agents, is below 0.05.</p>";
}

}  // namespace loopgate::cli
