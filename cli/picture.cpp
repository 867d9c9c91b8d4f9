#include "cli/picture.hpp"

#include <algorithm>
#include <cmath>

#include "core/scenario/scalars.hpp"
#include "core/scenario/yaml.hpp"

namespace loopgate::cli {

namespace {

using Box = Picture::Box;
using BoxKind = Picture::BoxKind;
using ArrowKind = Picture::ArrowKind;

std::string percent(double share) { return format_rounded(std::round(share * 1000.0) / 10.0) + " %"; }

/// "size 200, law fixed" of all entries but those that are left out.
std::string settings_of(const Node& mapping, const std::vector<std::string>& without) {
  std::string all;
  for (const auto& [key, value] : mapping.entries)
    if (std::ranges::find(without, key) == without.end()) all += (all.empty() ? "" : ", ") + key + " " + value.brief();
  return all;
}

/// "batch: size 200"; the name alone where there is nothing to set.
std::string component_words(const Node& component, const std::string& discriminator) {
  const std::string settings = settings_of(component, {discriminator});
  return component.string(discriminator) + (settings.empty() ? "" : ": " + settings);
}

std::string delay_words(const Node& delay) {
  return delay.string("law") == "fixed" ? delay.string("time") : component_words(delay, "law");
}

bool takes_time(const Node& delay) { return delay.string("law") != "fixed" || delay.number("time") > 0.0; }

class Drawing {
 public:
  explicit Drawing(const Scenario& scenario) : scenario_(scenario) {
    Diagnostics trouble;
    root_ = parse_yaml(scenario.resolved, "resolved scenario", trouble);
    trouble.throw_if_any();
    picture_.title = scenario.name;
  }

  Picture draw() {
    const Node& environment = root_.at("environment");
    const std::size_t population = add({BoxKind::world, "population", population_lines(), {}, {}});
    const std::size_t arrivals = add({BoxKind::world, "arrivals", arrival_lines(), {}, {}});
    const Node& model = environment.at("score_model");
    const std::size_t scores = add({BoxKind::world, "score model", {component_words(model, "type")}, {}, {}});
    onwards(population, arrivals, "who is out there");
    onwards(arrivals, scores, "who applies");
    add_decision(scores);
    const std::size_t outcomes = add({BoxKind::world, "outcomes", outcome_lines(), {}, {}});
    onwards(accepted_, outcomes, "");
    const std::size_t told = add({BoxKind::loop, "feedback", feedback_lines(), {}, {}});
    onwards(outcomes, told, "reward and residuals");
    for (const std::size_t stage : learning_)
      picture_.arrows.push_back({ArrowKind::told, told, stage, "told to the agent"});
    add_dynamics(outcomes, population);
    add_notes(population, arrivals, outcomes, told);
    return std::move(picture_);
  }

 private:
  std::size_t add(Box box) {
    picture_.boxes.push_back(std::move(box));
    return picture_.boxes.size() - 1;
  }
  void onwards(std::size_t from, std::size_t to, std::string label) {
    picture_.arrows.push_back({ArrowKind::onwards, from, to, std::move(label)});
  }

  std::vector<std::string> arrival_lines() const {
    std::vector<std::string> lines{component_words(root_.at("environment").at("arrivals"), "type")};
    const Node& clock = root_.at("clock");
    if (clock.string("type") == "each") lines.push_back("decided one by one");
    else if (clock.string("type") == "arrivals")
      lines.push_back("decided every " + clock.string("count") + " arrivals");
    else if (clock.number("interval") != 1.0) lines.push_back("decided every " + clock.string("interval"));
    return lines;
  }

  std::vector<std::string> population_lines() const {
    std::vector<std::string> lines{root_.at("environment").at("population").string("type")};
    const Composition start = scenario_.law->start();
    constexpr std::size_t most = 6;
    const auto& groups = scenario_.problem.groups;
    for (std::size_t g = 0; g < std::min(most, groups.size()); ++g)
      lines.push_back(groups[g] + " " + percent(start.shares()[g]));
    if (groups.size() > most) lines.push_back("and " + std::to_string(groups.size() - most) + " more groups");
    return lines;
  }

  std::string compared() const {
    std::string labels;
    for (const ScenarioAgent& agent : scenario_.agents) labels += (labels.empty() ? "" : ", ") + agent.label;
    return (scenario_.agents.size() == 1 ? "agent " : "each of: ") + labels;
  }

  void add_decision(std::size_t scores) {
    const Route& route = scenario_.route;
    if (route.stages.empty()) {
      const std::size_t decision = add({BoxKind::stage, "decision", {compared()}, {}, {}});
      onwards(scores, decision, "scores");
      learning_ = {decision};
      add({BoxKind::end, "rejected", {}, decision, ""});
      accepted_ = add({BoxKind::end, "accepted", {}, {}, {}});
      return onwards(decision, accepted_, "");
    }
    const Node& settings = root_.at("route").at("stages");
    const std::size_t first = first_stage_ = picture_.boxes.size();
    for (std::size_t k = 0; k < route.stages.size(); ++k) {
      add({BoxKind::stage,
           route.stages[k].name,
           stage_lines(settings.at(route.stages[k].name), route.stages[k]),
           {},
           {}});
      if (route.stages[k].threshold.empty()) learning_.push_back(first + k);
    }
    onwards(scores, first + route.entry, "scores");
    accepted_ = add({BoxKind::end, "accepted", {}, {}, {}});
    for (std::size_t k = 0; k < route.stages.size(); ++k) {
      const Stage& stage = route.stages[k];
      const auto way = [&](const Passage& passage, const char* word) {
        if (passage.to == Passage::end) return;
        const auto kind = passage.to > k ? ArrowKind::onwards : ArrowKind::again;
        picture_.arrows.push_back(
            {kind, first + k, first + passage.to, passage_words(settings.at(route.stages[k].name), passage, word)});
      };
      way(stage.on_accept, "accepted");
      way(stage.on_reject, "rejected");
      if (stage.patience != nullptr) way(stage.on_abandon, "gave up");
      if (const double rest = rest_of(stage.on_accept); rest > 0.0)
        onwards(first + k, accepted_, rest < 1.0 ? percent(rest) : "");
      add_end(first + k, stage.on_reject, "rejected");
      if (stage.patience != nullptr) add_end(first + k, stage.on_abandon, "left");
    }
  }

  static double rest_of(const Passage& passage) { return passage.to == Passage::end ? 1.0 : 1.0 - passage.probability; }
  void add_end(std::size_t stage, const Passage& passage, const char* name) {
    if (const double rest = rest_of(passage); rest > 0.0)
      add({BoxKind::end, name, {}, stage, rest < 1.0 ? percent(rest) : ""});
  }

  static std::string passage_words(const Node& stage, const Passage& passage, const std::string& word) {
    std::string words = word;
    if (passage.probability < 1.0) words += ", " + percent(passage.probability);
    const Node& given = stage.at(word == "accepted" ? "on_accept" : word == "rejected" ? "on_reject" : "on_abandon");
    if (passage.delay != nullptr) words += ", after " + delay_words(given.at("delay"));
    return words;
  }

  std::vector<std::string> stage_lines(const Node& settings, const Stage& stage) const {
    std::vector<std::string> lines;
    if (settings.has("threshold")) {
      const Node& threshold = settings.at("threshold");
      lines.push_back("threshold " +
                      (threshold.kind == Node::Kind::scalar ? threshold.text : settings_of(threshold, {})));
    } else {
      lines.push_back(settings.has("agent") ? "its own agent " + settings.at("agent").string("type") : compared());
    }
    const Node& model = settings.at("score_model");
    if (model.string("type") != "identity") lines.push_back("scores " + component_words(model, "type"));
    if (settings.has("servers")) {
      const Node& servers = settings.at("servers");
      lines.push_back("servers " + servers.string("count") + ", each " + delay_words(servers.at("time")));
    }
    if (settings.has("capacity"))
      lines.push_back("capacity " + settings.string("capacity") + (stage.queue ? ", then a queue" : ", then rejected"));
    if (settings.has("patience")) lines.push_back("patience " + delay_words(settings.at("patience")));
    if (stage.cost > 0.0) lines.push_back("cost " + settings.string("cost"));
    return lines;
  }

  std::vector<std::string> outcome_lines() const {
    const Node& environment = root_.at("environment");
    const Node &utility = environment.at("utility"), &outcomes = environment.at("outcomes");
    std::vector<std::string> lines{"a success is worth " + utility.string("success"),
                                   "a failure is worth " + utility.string("failure")};
    if (takes_time(outcomes.at("delay"))) lines.push_back("known after " + delay_words(outcomes.at("delay")));
    if (outcomes.number("lost") > 0.0) lines.push_back(percent(outcomes.number("lost")) + " never known");
    return lines;
  }

  std::vector<std::string> feedback_lines() const {
    std::vector<std::string> lines{"reward"};
    for (const auto& [name, settings] : root_.at("constraints").entries)
      lines.push_back(name + ": " + settings_of(settings, {}));
    return lines;
  }

  void add_dynamics(std::size_t outcomes, std::size_t population) {
    const auto& rules = root_.at("environment").at("dynamics").items;
    if (rules.empty()) return;
    Box box{BoxKind::loop, "dynamics", {}, {}, {}};
    for (const Node& rule : rules) box.lines.push_back(component_words(rule, "type"));
    dynamics_ = add(std::move(box));
    onwards(outcomes, *dynamics_, "rates");
    picture_.arrows.push_back({ArrowKind::moves, *dynamics_, population, "moves who comes"});
  }

  void add_notes(std::size_t population, std::size_t arrivals, std::size_t outcomes, std::size_t told) {
    std::vector<std::vector<std::string>> lines(picture_.boxes.size());
    for (const Node& one : root_.at("interventions").items) {
      const std::string& set = one.string("set");
      std::size_t beside = learning_.front();
      if (set.starts_with("environment.population")) beside = population;
      if (set.starts_with("environment.arrivals")) beside = arrivals;
      if (set.starts_with("environment.utility") || set.starts_with("environment.outcomes")) beside = outcomes;
      if (set.starts_with("environment.dynamics")) beside = dynamics_.value_or(population);
      if (set.starts_with("constraints.")) beside = told;
      for (std::size_t k = 0; k < scenario_.route.stages.size(); ++k)
        if (set.starts_with("route.stages." + scenario_.route.stages[k].name + ".")) beside = first_stage_ + k;
      const std::string when = one.has("at") ? "from " + one.string("at") + ": "
                                             : one.string("from") + " to " + one.string("until") +
                                                   (one.string("type") == "ramp" ? ", bit by bit: " : ": ");
      const Node& to = one.at("to");
      lines[beside].push_back(when + set.substr(set.rfind('.') + 1) + " " +
                              (to.kind == Node::Kind::scalar ? to.text : settings_of(to, {})));
    }
    for (std::size_t b = 0; b < lines.size(); ++b)
      if (!lines[b].empty())
        add({BoxKind::note, lines[b].size() > 1 ? "interventions" : "intervention", lines[b], b, ""});
  }

  const Scenario& scenario_;
  Node root_;
  Picture picture_;
  std::vector<std::size_t> learning_;  ///< boxes of stages that an agent decides
  std::size_t first_stage_ = 0;        ///< box of the route's first stage
  std::size_t accepted_ = 0;
  std::optional<std::size_t> dynamics_;
};

}  // namespace

Picture picture_of(const Scenario& scenario) { return Drawing(scenario).draw(); }

}  // namespace loopgate::cli
