#include "core/scenario/build_parts.hpp"

#include <algorithm>
#include <set>

#include "core/model/moved_law.hpp"
#include "core/scenario/clock.hpp"
#include "core/scenario/interventions.hpp"
#include "core/scenario/route.hpp"
#include "core/scenario/words.hpp"
#include "core/trace/hdf5_file.hpp"

namespace loopgate {

namespace {

constexpr std::uint32_t most_row_replications = 1000;

class Builder {
 public:
  /// recorded: a finite population that stands for the scenario's own, or null.
  Builder(const Catalog& catalog, const DataFiles& files, const RecordedPopulation* recorded, Diagnostics& diagnostics)
      : catalog_(catalog), files_(files), recorded_(recorded), diagnostics_(diagnostics) {}

  void build(const Node& root, Scenario& scenario) {
    const Node& environment = root.at("environment");
    scenario.name = root.string("scenario");
    scenario.seed = static_cast<Seed>(root.at("seed").whole());
    scenario.n_replications = static_cast<std::uint32_t>(root.integer("replications"));
    scenario.n_epochs = static_cast<std::uint32_t>(root.integer("horizon"));
    scenario.fidelity = named<Fidelity>(root.string("fidelity"));
    scenario.feedback = named<FeedbackRegime>(root.string("feedback"));
    read_trace(root.at("trace"), scenario);
    const Node& utility = environment.at("utility");
    scenario.start.utility = {utility.number("success"), utility.number("failure")};
    if (scenario.start.utility.reward_range().width() <= 0.0)
      diagnostics_.error(utility,
                         "accepting anyone is worth nothing either way, so that no rule is better than another");
    read_clock(root.at("clock"), scenario);
    read_outcomes(environment.at("outcomes"), scenario);
    build_law(environment, scenario);
    if (scenario.law == nullptr) return;
    build_arrivals(environment.at("arrivals"), scenario);
    if (scenario.arrivals == nullptr) return;
    check_clock(root, scenario, diagnostics_);
    for (const Node& rule : environment.at("dynamics").items) add_dynamics(rule, scenario);
    std::size_t n_told = 0;
    for (const auto& [name, settings] : root.at("constraints").entries)
      n_told += add_constraint(name, settings, scenario);
    scenario.start.arrivals = values_of(scenario.arrivals->parameters());
    for (const auto& rule : scenario.dynamics) scenario.start.dynamics.push_back(values_of(rule->parameters()));
    for (const auto& one : scenario.constraints) scenario.start.constraints.push_back(values_of(one->parameters()));
    scenario.problem = problem_of(scenario, n_told);
    if (root.has("route"))
      resolve_route(root, catalog_, {population_.get(), score_model_.get()}, scenario, diagnostics_);
    add_agents(root.at("agents"), scenario);
    if (diagnostics_.ok()) check_audit(root, scenario);
    if (diagnostics_.ok()) resolve_interventions(root, scenario, diagnostics_);
    if (diagnostics_.ok()) check_shares(root, scenario, diagnostics_);
    check_states(root, scenario);
    using Kind = StateEntry::Kind;
    if (moves(scenario, Kind::population) && moves(scenario, Kind::share))
      scenario.states.push_back({Kind::volume, GroupId{0}});  // else the populations tell it
    if (moves(scenario, Kind::score_shift) || moves(scenario, Kind::success_shift) || moves(scenario, Kind::aim))
      scenario.law = std::make_shared<const MovedLaw>(scenario.law);
  }

 private:
  void read_trace(const Node& trace, Scenario& scenario) {
    scenario.compression = named<Compression>(trace.string("compression"));
    if (scenario.compression == Compression::bitshuffle_lz4 && !hdf5::has_bitshuffle())
      diagnostics_.error(trace.at("compression"), "HDF5 finds no plugin for it",
                         "none or deflate, or an installed plugin: Debian's package `bitshuffle`");
    scenario.level = named<TraceLevel>(trace.string("level"));
    if (trace.has("arms")) scenario.arms_every = static_cast<std::uint32_t>(trace.integer("arms"));
    if (scenario.level != TraceLevel::applicants) return;
    if (scenario.fidelity != Fidelity::individuals)
      diagnostics_.error(trace.at("level"), "needs applicants, and this scenario's fidelity draws none",
                         "fidelity: individuals, or level: epochs");
    if (scenario.n_replications > most_row_replications)
      diagnostics_.error(
          trace.at("level"), "writes a group of datasets per replication",
          "at most " + std::to_string(most_row_replications) + " replications, or level: epochs and `loopgate expand`");
  }

  void read_outcomes(const Node& outcomes, Scenario& scenario) {
    const Node& delay = outcomes.at("delay");
    const bool at_once = delay.string("law") == "fixed" && delay.number("time") == 0.0;
    if (!at_once) scenario.outcomes.delay = catalog_.delays.make(delay.string("law"), delay, diagnostics_);
    scenario.start.lost = outcomes.number("lost");
    scenario.outcomes.lossy = scenario.start.lost > 0.0;
  }

  static void read_clock(const Node& clock, Scenario& scenario) {
    const std::string& type = clock.string("type");
    if (type == "every") scenario.clock.interval = clock.number("interval");
    else scenario.clock.kind = Clock::Kind::arrivals;
    if (type == "arrivals") scenario.clock.count = static_cast<std::uint32_t>(clock.integer("count"));
  }

  void build_arrivals(const Node& settings, Scenario& scenario) {
    if (recorded_ != nullptr && !recorded_->arrival_times.empty())
      scenario.arrivals = catalog_.given_times(recorded_->arrival_times, recorded_->arrival_groups);
    else
      scenario.arrivals =
          catalog_.arrivals.make(settings.string("type"), settings, files_, scenario.law->groups(), diagnostics_);
  }

  void build_law(const Node& environment, Scenario& scenario) {
    const Node& population_node = environment.at("population");
    const Node& model_node = environment.at("score_model");
    model_ = model_node;
    score_model_ = catalog_.score_models.make(model_node.string("type"), model_node, diagnostics_);
    if (recorded_ != nullptr && !recorded_->types.empty()) {
      scenario.law =
          catalog_.finite_law(recorded_->groups, recorded_->shares, recorded_->types, recorded_->score_range);
      scenario.score_model.features = recorded_->features;
      if (score_model_ != nullptr) add_learning(*score_model_, scenario);
      return;
    }
    population_ = catalog_.populations.make(population_node.string("type"), population_node, files_, diagnostics_);
    if (score_model_ == nullptr || population_ == nullptr) return;
    scenario.law = population_->applicant_law(*score_model_, scenario.score_model, diagnostics_);
    if (scenario.law != nullptr && scenario.level != TraceLevel::epochs && scenario.law->groups().size() > 256)
      diagnostics_.error(population_node.mark, population_node.path, "has more groups than an applicant's row can name",
                         "at most 256 at this trace level");
    add_learning(*score_model_, scenario);
  }

  void add_learning(const ScoreModel& model, Scenario& scenario) {
    if (scenario.score_model.features != nullptr)
      scenario.learning = model.learning(scenario.score_model.features, scenario.fidelity, diagnostics_);
  }

  /// The score model in an agent's loop, with the agent's own settings.
  std::shared_ptr<const ScoreLearning> learning_of(const Node& agent, const Scenario& scenario) {
    const Node* own = agent.find("score_model");
    if (own == nullptr) return scenario.learning;
    if (scenario.learning == nullptr) {
      diagnostics_.error(*own, "environment.score_model does not learn, so an agent cannot set it for itself",
                         "environment.score_model: {type: retrained, ...}");
      return nullptr;
    }
    Node merged = model_;
    for (const auto& [name, value] : own->entries) {
      if (Node* given = merged.find(name)) *given = value;
      else merged.entries.emplace_back(name, value);
    }
    const auto model = catalog_.score_models.make(merged.string("type"), merged, diagnostics_);
    return model == nullptr ? nullptr : model->learning(scenario.score_model.features, scenario.fidelity, diagnostics_);
  }

  /// Weights by propensity are no remedy where a decision was never open.
  void check_learning(const Node& settings, const ScenarioAgent& agent, const Scenario& scenario) {
    if (agent.learning == nullptr || agent.factory == nullptr || !agent.learning->needs_propensity()) return;
    const Node* own = settings.find("score_model");
    const Node& loss = own != nullptr && own->has("loss") ? own->at("loss") : model_.at("loss");
    if (!scenario.route.stages.empty() && !decides_at_once(scenario.route))
      return diagnostics_.error(
          loss,
          "divides by probabilities of acceptance, and nobody works out those of getting through several stages, "
          "capacity and patience",
          "loss: naive, or a route of one stage that decides by the scores of the population alone");
    const auto made = agent.factory->make(scenario.problem);
    const bool draws_at_cut_alone = made->explores() && made->decides_by_group();
    if (made->randomised() && !draws_at_cut_alone) return;
    diagnostics_.error(loss,
                       "divides by probabilities of acceptance, and agent `" + agent.label +
                           "` accepts some with probability 0, so nothing can be learnt of those whom it rejects",
                       "an agent that draws, as active_accept round it, or score_model: {loss: naive} for this agent");
  }

  void add_dynamics(const Node& settings, Scenario& scenario) {
    auto rule = catalog_.dynamics.make(settings.string("type"), settings, *scenario.law, diagnostics_);
    if (rule == nullptr) return;
    for (const StateEntry& entry : rule->moves())
      if (std::ranges::find(scenario.states, entry) == scenario.states.end()) scenario.states.push_back(entry);
    scenario.dynamics.push_back(std::move(rule));
  }

  static bool moves(const Scenario& scenario, StateEntry::Kind kind) {
    return std::ranges::find(scenario.states, kind, &StateEntry::kind) != scenario.states.end();
  }

  /// What moves must go with what is else asked for.
  void check_states(const Node& root, const Scenario& scenario) {
    const Node& environment = root.at("environment");
    if (moves(scenario, StateEntry::Kind::population) && scenario.arrivals != nullptr) {
      const Batches* batches = scenario.arrivals->batches();
      if (batches == nullptr || !batches->follows_population())
        diagnostics_.error(environment.at("arrivals").at("type"),
                           "does not follow a population that grows or shrinks, as a rule of the dynamics lets it",
                           "arrivals: {type: poisson, mean: ...}");
      if (scenario.level == TraceLevel::applicants)
        diagnostics_.error(root.at("trace").at("level"),
                           "gives every applicant a place from the start, and here decisions change how many come",
                           "level: epochs and `loopgate expand`");
    }
    if (moves(scenario, StateEntry::Kind::type_mass) && moves(scenario, StateEntry::Kind::qualification))
      diagnostics_.error(
          environment.at("dynamics"),
          "one rule moves people between scores that keep their probability of success, and another moves "
          "that probability of a whole group, so neither finds what it left",
          "credit_ladder, or qualification and replicator, in one scenario");
    for (std::size_t i = 0; i < scenario.dynamics.size() && !scenario.route.stages.empty(); ++i)
      if (scenario.dynamics[i]->needs_types())
        diagnostics_.error(environment.at("dynamics").items[i], "counts applicants by type, which a route does not do",
                           "rules of groups, or no route");
    for (std::size_t i = 0; i < scenario.dynamics.size() && scenario.fidelity == Fidelity::mean_field; ++i)
      if (scenario.dynamics[i]->cause() == Dynamics::Cause::random)
        diagnostics_.error(environment.at("dynamics").items[i],
                           "draws at random, so there is no one path of infinitely many applicants",
                           "fidelity: individuals or counts, or sd: 0");
  }

  static std::vector<double> values_of(const std::vector<Parameter>& parameters) {
    std::vector<double> values;
    for (const Parameter& one : parameters) values.push_back(one.value);
    return values;
  }

  /// Gives the number of residuals that agents are told.
  std::size_t add_constraint(const std::string& name, const Node& settings, Scenario& scenario) {
    auto constraint = catalog_.constraints.make(name, settings, scenario.law->groups(), diagnostics_);
    if (constraint == nullptr) return 0;
    const Node* told = settings.find("told");
    const std::size_t n_told = told == nullptr || told->boolean() ? constraint->n_residuals() : 0;
    if (constraint->reads_outcomes() && n_told > 0) check_outcomes_told(*told, name, scenario);
    scenario.reads_outcomes |= constraint->reads_outcomes();
    for (std::string& residual : constraint->residual_names()) scenario.residual_names.push_back(std::move(residual));
    scenario.constraints.push_back(std::move(constraint));
    return n_told;
  }

  void check_outcomes_told(const Node& told, const std::string& name, const Scenario& scenario) {
    if (scenario.feedback != FeedbackRegime::full)
      diagnostics_.error(told,
                         "the residuals of " + name + " take the outcomes of the rejected, which `feedback: " +
                             name_of(scenario.feedback) + "` tells nobody",
                         "`told: false`, which keeps them for the trace and the analysis, or `feedback: full`");
    else if (!scenario.outcomes.plain())
      diagnostics_.error(told,
                         "the residuals of " + name +
                             " take outcomes, and those of this scenario are not all known at "
                             "once (environment.outcomes)",
                         "`told: false`, which keeps them for the trace and the analysis");
  }

  static Problem problem_of(const Scenario& scenario, std::size_t n_told) {
    Problem problem;
    problem.groups = scenario.law->groups();
    problem.score_range = scenario.law->score_range();
    problem.score_tolerance = scenario.law->score_tolerance();
    problem.reward_range = scenario.start.utility.reward_range();
    problem.n_epochs = scenario.n_epochs;
    problem.residual_names = scenario.residual_names;
    problem.residual_ranges = residual_ranges(scenario, scenario.start);
    problem.residual_names.resize(n_told);
    problem.residual_ranges.resize(n_told);
    std::size_t before = 0;
    for (const auto& one : scenario.constraints) {
      problem.rates_suffice = problem.rates_suffice && (before >= n_told || !one->reads_outcomes());
      before += one->n_residuals();
    }
    return problem;
  }

  void add_agents(const Node& list, Scenario& scenario) {
    std::set<std::string> labels;
    for (const Node& settings : list.items) {
      const std::string& label = settings.string("label");
      const Node& named = settings.at("label");
      if (!labels.insert(label).second)
        diagnostics_.error(named, "two agents have this label", "a `label` of its own for each");
      if (label.empty() || label.find('/') != std::string::npos || label == "." || label == "..")
        diagnostics_.error(named, "cannot name an agent in the trace", "a name without `/`");
      const std::size_t before = diagnostics_.count();
      auto factory = catalog_.agents.make(settings.string("type"), settings, scenario.problem, diagnostics_);
      scenario.agents.push_back({label, settings.string("type"), std::move(factory), learning_of(settings, scenario)});
      if (diagnostics_.count() > before) continue;
      check_feedback(settings, scenario.agents.back(), scenario);
      check_learning(settings, scenario.agents.back(), scenario);
    }
  }

  /// Combinations of thresholds, one for each group, are no arms that the trace can audit.
  void check_audit(const Node& root, const Scenario& scenario) {
    if (scenario.arms_every == 0) return;
    for (const ScenarioAgent& one : scenario.agents) {
      const auto agent = one.factory->make(scenario.problem);
      if (agent->decides_by_group() && !agent->arms().empty())
        diagnostics_.warn(root.at("trace").at("arms"),
                          "keeps no audit of agent `" + one.label + "`, whose arms are combinations of thresholds");
    }
  }

  void check_feedback(const Node& settings, const ScenarioAgent& agent, const Scenario& scenario) {
    const FeedbackRegime needs = agent.factory->make(scenario.problem)->needs();
    if (needs > scenario.feedback)
      diagnostics_.error(settings.at("type"),
                         "agent `" + agent.label + "` needs " + name_of(needs) + " feedback (" + what_is_told(needs) +
                             "), and the scenario grants " + name_of(scenario.feedback),
                         std::string("`feedback: ") + name_of(needs) + "` at the top of the scenario");
    else if (needs == FeedbackRegime::semi && scenario.fidelity != Fidelity::individuals)
      diagnostics_.error(settings.at("type"),
                         "agent `" + agent.label + "` needs semi feedback, applicant by applicant, and fidelity " +
                             name_of(scenario.fidelity) + " draws no applicants",
                         "`fidelity: individuals`");
  }

  static const char* what_is_told(FeedbackRegime regime) {
    return regime == FeedbackRegime::semi ? "group, score and decision of every applicant, success of the accepted"
                                          : "the success of the rejected too, and the law that applicants follow";
  }

  const Catalog& catalog_;
  const DataFiles& files_;
  const RecordedPopulation* recorded_;
  Diagnostics& diagnostics_;
  std::unique_ptr<Population> population_;  ///< null where a trace gave the law
  std::unique_ptr<ScoreModel> score_model_;
  Node model_;  ///< environment.score_model
};

}  // namespace

void build_parts(const Node& root, const Catalog& catalog, const DataFiles& files, const RecordedPopulation* recorded,
                 Scenario& scenario, Diagnostics& diagnostics) {
  Builder(catalog, files, recorded, diagnostics).build(root, scenario);
}

}  // namespace loopgate
