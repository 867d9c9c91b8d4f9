#include <cmath>

#include "cli/html.hpp"
#include "cli/quantities.hpp"
#include "cli/report_content.hpp"
#include "core/scenario/yaml.hpp"

namespace loopgate::cli {

namespace {

bool lists_mappings(const Node& node) {
  return node.kind == Node::Kind::sequence && !node.items.empty() && node.items[0].kind == Node::Kind::mapping;
}

const Key* key_named(const Description* description, const std::string& name) {
  if (description == nullptr) return nullptr;
  const auto at = std::ranges::find(description->keys, name, &Key::name);
  return at == description->keys.end() ? nullptr : &*at;
}

/// Whether a value is what its key has where nothing is said.
bool is_default(const Node& value, const Key* key) {
  if (key == nullptr || !key->default_value) return false;
  Diagnostics ignored;
  const Node otherwise = validate(parse_yaml(*key->default_value, "default", ignored), key->schema, ignored);
  return ignored.ok() && to_yaml(otherwise) == to_yaml(value);
}

/// "rate 0.05, gain 2": what was set other than by default; lists of groups and the like are told by other words.
std::string settings_html(const Node& node, const Description* description) {
  std::string out;
  for (const auto& [name, value] : node.entries) {
    const Key* key = key_named(description, name);
    if (name == "type" || name == "label" || lists_mappings(value) || is_default(value, key)) continue;
    out += out.empty() ? "" : ", ";
    out += "<span class=\"setting\"" + (key == nullptr ? "" : " title=\"" + escaped(key->summary) + "\"") + ">" +
           escaped(name) + "&nbsp;" + escaped(value.brief()) + "</span>";
  }
  return out;
}

/// "name: what it is (its settings)".
std::string component_html(const std::string& name, const Node& node, const Description* description) {
  std::string out = "<b>" + escaped(name) + "</b>";
  if (description != nullptr) out += ": " + escaped(description->summary);
  const std::string settings = settings_html(node, description);
  return settings.empty() ? out + "." : out + " (" + settings + ").";
}

std::string listed(const std::vector<std::string>& items) {
  if (items.size() == 1) return items[0];
  std::string out = "<ol>";
  for (const std::string& item : items) out += "<li>" + item + "</li>";
  return out + "</ol>";
}

/// A component that names its type.
template <class Registry>
std::string typed_html(const Registry& registry, const Node& node) {
  return component_html(node.string("type"), node, registry.find(node.string("type")));
}

std::string population_html(const ReportContent& content) {
  const Scenario& scenario = content.scenario;
  const Composition start = scenario.law->start();
  std::string out = counted(content.trace.groups.size(), "group") + ". At the start, ";
  for (std::size_t g = 0; g < content.trace.groups.size(); ++g)
    out += (g > 0 ? "; " : "") + ("<b>" + escaped(content.trace.groups[g])) + "</b> are " +
           number_text(start.shares()[g], 3) + " of the applicants, and " +
           number_text(scenario.law->qualification_rate(start, static_cast<GroupId>(g)), 3) + " of them are qualified";
  return out + ": would succeed if accepted. " +
         typed_html(content.catalog.populations, content.settings.at("environment").at("population"));
}

/// Who is accepted where one decision is all.
std::string acceptance_sentence(const ReportContent& content) {
  std::vector<std::string> explorers;
  for (const AgentMetrics& agent : content.analysis.agents)
    if (content.trace.has(agent.label, "explored")) explorers.push_back("<b>" + escaped(agent.label) + "</b>");
  return "Whoever reaches the threshold that an agent has chosen is accepted" +
         (explorers.empty() ? "." : ", and with " + enumerated(explorers) + " some of the others, by a draw.");
}

/// Who is accepted by a route of stages.
std::string route_sentence(const ReportContent& content) {
  std::vector<std::string> names, scarce;
  for (const Stage& stage : content.scenario.route.stages) {
    names.push_back("<b>" + escaped(stage.name) + "</b>");
    if (stage.capacity > 0) scarce.push_back(names.back());
  }
  std::string out = names.size() == 1 ? "One stage decides, " : counted(names.size(), "stage") + " decide, ";
  out += enumerated(names) + ": who reaches a stage's threshold is accepted there and goes where the route leads";
  if (!scarce.empty()) out += "; at " + enumerated(scarce) + " only the best are, as many as there is room for";
  return out + ".";
}

std::string score_html(const ReportContent& content) {
  const Node* model = content.settings.at("environment").find("score_model");
  std::string out = model == nullptr ? "" : typed_html(content.catalog.score_models, *model);
  const Interval range = content.scenario.law->score_range();
  if (std::isfinite(range.low) && std::isfinite(range.high))
    out += " Scores lie from " + number_text(range.low, 3) + " to " + number_text(range.high, 3) + ".";
  return out + " " + (content.trace.stages.empty() ? acceptance_sentence(content) : route_sentence(content));
}

std::string length_html(const ReportContent& content) {
  const Scenario& scenario = content.scenario;
  std::string out = count_text(scenario.n_epochs) +
                    (scenario.n_epochs == 1 ? " decision epoch, " : " decision epochs, ") +
                    counted(scenario.n_replications, "replication") + ". " +
                    typed_html(content.catalog.arrivals, content.settings.at("environment").at("arrivals"));
  switch (scenario.fidelity) {
    case Fidelity::individuals:
      return out + " Every applicant is drawn.";
    case Fidelity::counts:
      return out + " Counts of applicants are drawn from their exact law.";
    case Fidelity::mean_field:
      return out + " Expected counts stand for infinitely many applicants.";
  }
  return out;
}

std::string utility_html(const Utility& utility) {
  return "An accepted applicant who succeeds is worth " + number_text(utility.success, 2) + ", one who fails " +
         number_text(utility.failure, 2) +
         ", a rejected one 0. Reward is the sum of an epoch divided by its applicants.";
}

std::string dynamics_html(const ReportContent& content) {
  const Node* list = content.settings.at("environment").find("dynamics");
  if (list == nullptr || list->items.empty()) return "Nothing: the population stays as it is.";
  std::vector<std::string> items;
  for (const Node& one : list->items) items.push_back(typed_html(content.catalog.dynamics, one));
  return listed(items);
}

std::string constraints_html(const ReportContent& content) {
  const Node* all = content.settings.find("constraints");
  if (all == nullptr || all->entries.empty()) return "None.";
  std::vector<std::string> items;
  for (const auto& [name, node] : all->entries)
    items.push_back(component_html(name, node, content.catalog.constraints.find(name)));
  return listed(items);
}

/// "from 36 until 54, environment.utility.failure: -2".
std::string interventions_html(const ReportContent& content) {
  const Node* list = content.settings.find("interventions");
  if (list == nullptr || list->items.empty()) return "Nothing.";
  std::vector<std::string> items;
  for (const Node& one : list->items) {
    const bool step = one.has("at");
    items.push_back(
        escaped(one.string("type") +
                (step ? " at " + one.string("at") : " from " + one.string("from") + " until " + one.string("until")) +
                ", " + one.string("set") + ": " + one.at("to").brief()));
  }
  return listed(items);
}

std::string contestants_html(const ReportContent& content) {
  std::vector<std::string> items;
  const std::vector<Node>& nodes = content.settings.at("agents").items;
  for (std::size_t a = 0; a < content.series.size(); ++a) {
    const std::string& label = content.series[a].label;
    const auto at = std::ranges::find_if(nodes, [&](const Node& node) { return node.string("label") == label; });
    if (at == nodes.end()) continue;
    const std::string& type = at->string("type");
    const std::string named = label == type ? "" : "<b>" + escaped(label) + "</b> is ";
    items.push_back(agent_key(a) + " " + named + typed_html(content.catalog.agents, *at));
  }
  return listed(items);
}

}  // namespace

std::string agent_key(std::size_t agent) {
  const std::string colour = std::to_string(agent % 8), dash = std::to_string(agent % 4 + agent / 8 % 2);
  return "<svg class=\"key\" aria-hidden=\"true\" width=\"26\" height=\"10\"><line x1=\"1\" y1=\"5\" x2=\"25\" "
         "y2=\"5\" "
         "class=\"stroke-" +
         colour + " dash-" + dash + "\"/></svg>";
}

std::string agent_html(const ReportContent& content, std::size_t agent) {
  return agent_key(agent) + "&nbsp;" + escaped(content.series[agent].label);
}

std::string scenario_html(const ReportContent& content) {
  const std::pair<const char*, std::string> facts[]{
      {"Who applies", population_html(content)},
      {"How they are scored", score_html(content)},
      {"How many, how long", length_html(content)},
      {"What a decision is worth", utility_html(content.scenario.start.utility)},
      {"What decisions change", dynamics_html(content)},
      {"What changes on a date", interventions_html(content)},
      {"What is required", constraints_html(content)},
      {"Who decides", contestants_html(content)}};
  std::string out = "<dl class=\"facts\">";
  for (const auto& [term, words] : facts)
    out += "<div><dt>" + std::string(term) + "</dt><dd>" + words + "</dd></div>\n";
  return out + "</dl>";
}

}  // namespace loopgate::cli
