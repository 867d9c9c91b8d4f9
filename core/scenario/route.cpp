#include "core/scenario/route.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "core/route/digraph.hpp"
#include "core/scenario/group_values.hpp"

namespace loopgate {

namespace {

constexpr double most_servers = 1e6;
constexpr std::size_t most_stages = 255;

/// The ways out of a stage, in the order in which a route is followed, and where each ends.
struct Exit {
  const char* key;
  const char* end;
  Passage Stage::*passage;
};
constexpr std::array<Exit, 3> exits{{{"on_accept", "accepted", &Stage::on_accept},
                                     {"on_reject", "rejected", &Stage::on_reject},
                                     {"on_abandon", "left", &Stage::on_abandon}}};

Description describe_noisy() {
  return {"noisy",
          "the population's own score, seen through noise; only in a stage of a route",
          {required("sd", number({0.0, std::numeric_limits<double>::infinity(), true}),
                    "standard deviation of the noise on the logit scale")},
          "score' = 1 / (1 + exp(-(log(score / (1 - score)) + sd z))), z standard normal, drawn for each visit",
          "",
          "Our own, for scores in [0, 1]: it stands for a judgement that is as good as the score but less exact."};
}

Schema delay_schema(const Catalog& catalog) { return component("law", catalog.delays.descriptions()); }

Schema passage_schema(const Catalog& catalog) {
  return one_of(
      {text(), record({required("to", text(), "a stage"),
                       defaulted("probability", number({0.0, 1.0}), "1", "of going there; the others end here"),
                       defaulted("delay", delay_schema(catalog), "{law: fixed, time: 0}",
                                 "how long it takes to come there")})});
}

/// Whether it may take no time at all.
bool may_be_instant(const Delay* delay) {
  constexpr double nearly_all = 1.0 - 0x1p-53;
  return delay == nullptr || !(delay->exceeded_with(nearly_all) > 0.0);
}

class Resolver {
 public:
  Resolver(const Node& root, const Catalog& catalog, ScoredPopulation people, Scenario& scenario,
           Diagnostics& diagnostics)
      : root_(root),
        list_(root.at("route").at("stages")),
        catalog_(catalog),
        people_(people),
        scenario_(scenario),
        diagnostics_(diagnostics) {}

  void resolve() {
    const std::size_t before = diagnostics_.count();
    check_surroundings();
    for (const auto& [name, settings] : list_.entries) names_.push_back(name);
    for (const auto& [name, settings] : list_.entries) read_stage(name, settings);
    const Node& route = root_.at("route");
    if (route.has("entry")) route_.entry = stage_named(route.at("entry"), {}).value_or(0);
    if (diagnostics_.count() > before) return;
    check_graph();
    if (diagnostics_.count() > before) return;
    set_reward_ranges();
    for (Stage& stage : route_.stages) make_agent(list_.at(stage.name), stage);
    for (const Stage& stage : route_.stages)
      scenario_.start.stages.push_back({stage.threshold, stage.capacity, stage.cost});
    scenario_.route = std::move(route_);
  }

 private:
  void check_surroundings() {
    if (scenario_.fidelity != Fidelity::individuals)
      diagnostics_.error(root_.at("fidelity"), "draws no applicants, and a route leads each her own way",
                         "fidelity: individuals, or no `route`");
    if (scenario_.feedback != FeedbackRegime::bandit)
      diagnostics_.error(root_.at("feedback"), "agents of a route are told reward and residuals of their stage alone",
                         "feedback: bandit, or no `route`");
    if (list_.entries.empty() || list_.entries.size() > most_stages)
      diagnostics_.error(list_, "has " + std::to_string(list_.entries.size()) + " stages",
                         "1 to " + std::to_string(most_stages));
  }

  void read_stage(const std::string& name, const Node& settings) {
    Stage stage;
    stage.name = name;
    check_name(name, settings);
    read_decision(settings, stage);
    read_scores(settings, stage);
    read_service(settings, stage);
    stage.cost = settings.number("cost");
    for (const Exit& exit : exits)
      if (settings.has(exit.key)) stage.*exit.passage = read_passage(settings.at(exit.key), exit);
    if (settings.has("on_abandon") && !settings.has("patience"))
      diagnostics_.error(settings.at("on_abandon"), "nobody leaves a stage without `patience`", "`patience` too");
    route_.stages.push_back(std::move(stage));
  }

  void check_name(const std::string& name, const Node& settings) {
    if (name.empty() || name.find('/') != std::string::npos)
      diagnostics_.error(settings.mark, settings.path, "cannot name a stage", "a name without `/`");
    if (std::ranges::any_of(exits, [&name](const Exit& exit) { return name == exit.end; }))
      diagnostics_.error(settings.mark, settings.path, "is the word for an end, not a stage", "another name");
  }

  void read_decision(const Node& settings, Stage& stage) {
    if (settings.has("threshold") && settings.has("agent"))
      diagnostics_.error(settings.at("agent"), "the stage has a `threshold` too",
                         "one of them, or neither: then the scenario's agents decide");
    if (settings.has("threshold"))
      stage.threshold = group_values(settings.at("threshold"), scenario_.problem.groups, "threshold", diagnostics_);
    if (settings.has("capacity")) stage.capacity = static_cast<std::uint32_t>(settings.integer("capacity"));
    if (settings.has("queue") && !settings.has("capacity"))
      diagnostics_.error(settings.at("queue"), "there is no `capacity` that one could wait for", "`capacity` too");
    if (settings.has("queue")) stage.queue = settings.boolean("queue");
  }

  void read_scores(const Node& settings, Stage& stage) {
    stage.score_range = scenario_.problem.score_range;
    stage.score_tolerance = scenario_.problem.score_tolerance;
    const Node& model = settings.at("score_model");
    const std::string& type = model.string("type");
    if (type == "identity") return;
    if (type != "noisy") return score_types(model, settings, stage);
    stage.noise = model.number("sd");
    if (!(stage.score_range.low >= 0.0 && stage.score_range.high <= 1.0))
      diagnostics_.error(model.at("type"), "has no meaning for scores beyond [0, 1]",
                         "a population with scores in [0, 1], or another model");
    stage.score_range = {0.0, 1.0};
    stage.score_tolerance = 0.0;
  }

  void score_types(const Node& model, const Node& settings, Stage& stage) {
    const auto other = catalog_.score_models.make(model.string("type"), model, diagnostics_);
    if (other == nullptr) return;
    if (people_.population == nullptr)
      return diagnostics_.error(model.at("type"), "scores the rows of the data file, and the trace does not hold them",
                                "the scenario's own file");
    TypeScores scored = people_.population->type_scores(*people_.model, *other, model, diagnostics_);
    stage.type_score = std::move(scored.score);
    stage.score_range = scored.range;
    stage.score_tolerance = score_tolerance(stage.score_range, stage.type_score);
    const Interval own = scenario_.problem.score_range;
    if (!stage.type_score.empty() && !settings.has("threshold") && !settings.has("agent") &&
        (own.low != scored.range.low || own.high != scored.range.high))
      diagnostics_.error(model.at("type"), "gives other scores than the scenario's agents set thresholds for",
                         "a `threshold` or an `agent` of the stage's own");
  }

  void read_service(const Node& settings, Stage& stage) {
    if (settings.has("servers")) {
      const Node& servers = settings.at("servers");
      stage.n_servers = static_cast<std::uint32_t>(servers.integer("count"));
      stage.service = read_delay(servers.at("time"));
    }
    if (settings.has("patience")) stage.patience = make_delay(settings.at("patience"));
  }

  std::shared_ptr<const Delay> make_delay(const Node& delay) {
    return catalog_.delays.make(delay.string("law"), delay, diagnostics_);
  }
  /// Null where it takes no time.
  std::shared_ptr<const Delay> read_delay(const Node& delay) {
    return delay.string("law") == "fixed" && delay.number("time") == 0.0 ? nullptr : make_delay(delay);
  }

  Passage read_passage(const Node& given, const Exit& exit) {
    const bool brief = given.kind == Node::Kind::scalar;
    if (brief && given.text == exit.end) return {};
    const auto to = stage_named(brief ? given : given.at("to"), brief ? exit.end : "");
    Passage passage;
    passage.to = to.value_or(Passage::end);
    if (brief) return passage;
    passage.probability = given.number("probability");
    passage.delay = read_delay(given.at("delay"));
    return passage.probability == 0.0 ? Passage{} : passage;
  }

  /// end: what may stand there instead of a stage; empty: nothing.
  std::optional<std::size_t> stage_named(const Node& name, const std::string& end) {
    const auto found = std::ranges::find(names_, name.text);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    std::string known;
    for (const std::string& one : names_) known += (known.empty() ? "`" : ", `") + one + "`";
    diagnostics_.error(name, "no such stage" + did_you_mean(name.text, names_),
                       "one of " + known + (end.empty() ? "" : "; or `" + end + "`"));
    return std::nullopt;
  }

  /// Every passage to a stage, a stage's in the order of exits.
  struct Way {
    std::size_t from;
    const Exit* exit;
    const Passage* passage;
  };
  std::vector<Way> ways() const {
    std::vector<Way> all;
    for (std::size_t k = 0; k < route_.stages.size(); ++k)
      for (const Exit& exit : exits)
        if (const Passage& passage = route_.stages[k].*exit.passage; passage.to != Passage::end)
          all.push_back({k, &exit, &passage});
    return all;
  }
  Digraph graph_of(const std::vector<Way>& ways) const {
    Digraph graph{route_.stages.size(), {}};
    for (const Way& way : ways) graph.arcs.push_back({way.from, way.passage->to});
    return graph;
  }

  void check_graph() {
    const std::size_t before = diagnostics_.count();
    const std::vector<Way> all = ways();
    const Digraph graph = graph_of(all);
    const auto reached = reachable(graph, route_.entry);
    for (std::size_t k = 0; k < names_.size(); ++k)
      if (reached[k] == 0)
        stage_error(k, "no way from `" + names_[route_.entry] + "` leads here",
                    "a passage to it from a stage that applicants come to, or no such stage");
    check_ends(graph);
    check_instant_cycles(all);
    if (own_decisions())
      diagnostics_.error(list_, "every stage has a rule of its own, so that the scenario's `agents` decide nothing",
                         "a stage without `threshold` and `agent`");
    if (diagnostics_.count() == before) sort_stages(graph);
  }

  /// So that all passages but those that close a cycle lead to later stages.
  void sort_stages(const Digraph& graph) {
    Digraph onwards{graph.n_nodes, {}};
    const auto closing = closing_arcs(graph, route_.entry);
    for (std::size_t a = 0; a < closing.size(); ++a)
      if (closing[a] == 0) onwards.arcs.push_back(graph.arcs[a]);
    const std::vector<std::size_t> order = topological_order(onwards);
    std::vector<std::size_t> place(order.size());
    std::vector<Stage> sorted;
    for (std::size_t i = 0; i < order.size(); ++i) {
      place[order[i]] = i;
      sorted.push_back(std::move(route_.stages[order[i]]));
    }
    for (Stage& stage : sorted)
      for (const Exit& exit : exits)
        if (std::size_t& to = (stage.*exit.passage).to; to != Passage::end) to = place[to];
    route_.stages = std::move(sorted);
    route_.entry = place[route_.entry];
  }

  void check_ends(const Digraph& graph) {
    // Backwards from one more node, which stands for being accepted for good.
    Digraph back{graph.n_nodes + 1, {}};
    for (const auto [from, to] : graph.arcs) back.arcs.push_back({to, from});
    for (std::size_t k = 0; k < graph.n_nodes; ++k) {
      const Passage& accepted = route_.stages[k].on_accept;
      if (accepted.to == Passage::end || accepted.probability < 1.0) back.arcs.push_back({graph.n_nodes, k});
    }
    const auto ends_well = reachable(back, graph.n_nodes);
    for (std::size_t k = 0; k < graph.n_nodes; ++k)
      if (ends_well[k] == 0)
        stage_error(k, "a dead end: nobody who comes here can be accepted for good",
                    "a way on to a stage whose on_accept is `accepted`");
  }

  void check_instant_cycles(std::vector<Way> all) {
    std::erase_if(all, [](const Way& way) { return !may_be_instant(way.passage->delay.get()); });
    for (const std::vector<std::size_t>& cycle : cycles(graph_of(all))) {
      const auto inside = [&cycle](std::size_t k) { return std::ranges::find(cycle, k) != cycle.end(); };
      const auto back = std::ranges::find_if(all, [&](const Way& way) {
        return inside(way.from) && inside(way.passage->to) && way.passage->to <= way.from;
      });
      std::string stages;
      for (const std::size_t k : cycle) stages += (stages.empty() ? "`" : ", `") + names_[k] + "`";
      diagnostics_.error(list_.entries[back->from].value.at(back->exit->key),
                         "closes a cycle that may take no time: " + stages, "a `delay` above 0");
    }
  }

  void stage_error(std::size_t k, const std::string& problem, const std::string& expected) {
    diagnostics_.error(list_.entries[k].value.mark, list_.entries[k].value.path, problem, expected);
  }

  bool own_decisions() const {
    return std::ranges::all_of(list_.entries, [](const Node::Entry& entry) {
      return entry.value.has("threshold") || entry.value.has("agent");
    });
  }

  /// From the last stage backwards: what an application can cost from a stage on.
  void set_reward_ranges() {
    const Interval utility = scenario_.start.utility.reward_range();
    std::vector<double> ahead(route_.stages.size(), 0.0);
    for (std::size_t k = ahead.size(); k-- > 0;) {
      Stage& stage = route_.stages[k];
      for (const Exit& exit : exits) {
        const std::size_t to = (stage.*exit.passage).to;
        if (to != Passage::end && to > k) ahead[k] = std::max(ahead[k], ahead[to]);
      }
      ahead[k] += stage.cost;
      stage.reward_range = {utility.low - ahead[k], utility.high - stage.cost};
    }
  }

  void make_agent(const Node& settings, Stage& stage) {
    if (!settings.has("agent")) return;
    const Node& agent = settings.at("agent");
    const Problem problem = stage_problem(scenario_, stage);
    stage.agent = catalog_.agents.make(agent.string("type"), agent, problem, diagnostics_);
    if (diagnostics_.ok() && stage.agent->make(problem)->needs() != FeedbackRegime::bandit)
      diagnostics_.error(agent.at("type"), "needs to see applicants, and a route tells bandit feedback",
                         "an agent that learns from reward and residuals");
  }

  const Node& root_;
  const Node& list_;
  const Catalog& catalog_;
  ScoredPopulation people_;
  Scenario& scenario_;
  Diagnostics& diagnostics_;
  std::vector<std::string> names_;
  Route route_;
};

Schema stage_schema(const Catalog& catalog) {
  std::vector<Description> models = catalog.score_models.descriptions();
  models.push_back(describe_noisy());
  const Schema passage = passage_schema(catalog);
  const Schema delay = delay_schema(catalog);
  return record(
      {optional("threshold", group_values_schema(), "a fixed rule: one for all groups, or one per group by name"),
       optional("agent", component("type", catalog.agents.descriptions()),
                "who decides here whatever agents are compared; without `threshold` and `agent` it is each of those"),
       defaulted("score_model", component("type", models), "{type: identity}", "what the stage sees of an applicant"),
       optional("capacity", integer(1, most_accepted),
                "most that are accepted in an epoch, of those at or above the threshold the best"),
       optional("queue", boolean(),
                "who is beyond capacity waits for the next epoch, or else is rejected; true where there is capacity"),
       optional("servers",
                record({required("count", integer(1, most_servers), "how many serve at the same time"),
                        required("time", delay, "how long one applicant is served")}),
                "who must serve an applicant before she is decided, first come first served"),
       optional("patience", delay, "longest wait for a server or, where none is needed, for the decision"),
       defaulted("cost", number({0.0}), "0", "of each decision, in the unit of utility"),
       optional("on_accept", passage, "a stage, or `accepted`: for good; default: accepted"),
       optional("on_reject", passage, "a stage, or `rejected`; default: rejected"),
       optional("on_abandon", passage, "where those go who have lost patience: a stage, or `left`; default: left")});
}

}  // namespace

Schema route_schema(const Catalog& catalog) {
  return record({optional("entry", text(), "the stage that applicants come to; default: the first"),
                 required("stages", dictionary_of(stage_schema(catalog)), "by name; a decision each")});
}

void resolve_route(const Node& root, const Catalog& catalog, ScoredPopulation people, Scenario& scenario,
                   Diagnostics& diagnostics) {
  Resolver(root, catalog, people, scenario, diagnostics).resolve();
}

/// One application meets every stage at most once and takes at most one passage that begins another. So the
/// applications of one applicant are at most one an epoch, and no more than geometric with the largest probability p of
/// such a passage; their sum then has mean n / (1 - p) and variance n p / (1 - p)^2.
std::uint64_t most_decisions(const Route& route, std::uint64_t n, std::uint32_t n_epochs) {
  double p = 0.0;
  for (std::size_t k = 0; k < route.stages.size(); ++k)
    for (const Exit& exit : exits) {
      const Passage& passage = route.stages[k].*exit.passage;
      if (passage.to != Passage::end && passage.to <= k) p = std::max(p, passage.probability);
    }
  const double people = static_cast<double>(n), stages = static_cast<double>(route.stages.size());
  const double certain = people * static_cast<double>(n_epochs), q = 1.0 - p;
  double applications = people;
  if (p > 0.0) applications = std::min(certain, (people + 10.0 * std::sqrt(people * p) + 100.0) / q);
  return static_cast<std::uint64_t>(std::ceil(stages * applications));
}

}  // namespace loopgate
