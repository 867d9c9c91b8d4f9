#include "agents/active_accept.hpp"

#include <algorithm>
#include <cmath>

#include "agents/factory.hpp"
#include "agents/grid.hpp"
#include "core/error.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

using AgentRegistry = Registry<AgentFactory, const Problem&>;

struct Settings {
  std::vector<double> grid;  ///< scores where the chance steps
  ExplorationRule rule;
  double step = 0.01, budget = 0.1, window = 1000.0;
};

class ActiveAccept final : public Agent {
 public:
  ActiveAccept(std::unique_ptr<Agent> base, const Settings& settings)
      : base_(std::move(base)),
        settings_(settings),
        uncertainty_(settings.step),
        budget_(settings.budget, settings.window) {}

  FeedbackRegime needs() const noexcept override { return base_->needs(); }
  void choose(const Observation& observation, Rng& rng, std::span<double> threshold) override {
    base_->choose(observation, rng, threshold);
    LOOPGATE_EXPECT(std::ranges::count(threshold, threshold[0]) == std::ssize(threshold));
    threshold_ = threshold[0];
    scale_ = budget_.scale();
    exploration_.from.clear();
    exploration_.chance.clear();
    for (const double score : settings_.grid) {
      if (score >= threshold_) break;
      exploration_.from.push_back(score);
      exploration_.chance.push_back(chance(score, threshold_));
    }
  }

  void learn(const Feedback& feedback) override {
    base_->learn(feedback);
    if (!(feedback.arrived > 0.0)) return;
    budget_.spend(feedback.arrived, feedback.explored);
    uncertainty_.learn(feedback.explored, feedback.below - feedback.explored);
  }

  bool randomised() const noexcept override { return true; }
  double arm_probability() const override { return base_->arm_probability(); }
  double probability_error() const noexcept override { return base_->probability_error(); }
  double propensity_error() const noexcept override { return base_->propensity_error(); }
  bool explores() const noexcept override { return true; }
  std::span<const Exploration> exploration() const override { return {&exploration_, 1}; }

  /// The base's thresholds, each with its own exploring: the chance of acceptance as a function of the score, given by
  /// its steps.
  void choice_law(std::vector<double>& threshold, std::vector<double>& probability) const override {
    std::vector<double> arm{threshold_}, weight{1.0};
    if (base_->randomised()) base_->choice_law(arm, weight);
    threshold = settings_.grid;
    threshold.insert(threshold.end(), arm.begin(), arm.end());
    std::ranges::sort(threshold);
    threshold.erase(std::unique(threshold.begin(), threshold.end()), threshold.end());
    probability.assign(threshold.size(), 0.0);
    for (std::size_t a = 0; a < arm.size(); ++a) add_steps(arm[a], weight[a], threshold, probability);
  }

  /// The base's, under its own key; one number for all groups, as the threshold is.
  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all;
    for (Parameter& one : base_->parameters()) {
      one.name = "base." + one.name;
      one.group.reset();
      if (all.empty() || all.back().name != one.name) all.push_back(std::move(one));
    }
    return all;
  }
  void set_parameter(std::size_t i, double value) override {
    const std::string name = parameters().at(i).name;
    const std::vector<Parameter> of_base = base_->parameters();
    for (std::size_t j = 0; j < of_base.size(); ++j)
      if ("base." + of_base[j].name == name) base_->set_parameter(j, value);
  }

  std::vector<double> arms() const override { return base_->arms(); }
  std::vector<std::string> arm_streams() const override { return base_->arm_streams(); }
  void beliefs(ArmBeliefs& out) const override { base_->beliefs(out); }
  void stream_values(double reward, std::span<const double> residual, std::span<double> out) const override {
    base_->stream_values(reward, residual, out);
  }

 private:
  double chance(double score, double threshold) const {
    return scale_ * settings_.rule.chance(score, threshold, uncertainty_.theta());
  }

  void add_steps(double arm, double weight, std::span<const double> at, std::span<double> probability) const {
    double last = 0.0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      double now = last;
      if (at[i] >= arm) now = 1.0;
      else if (std::ranges::binary_search(settings_.grid, at[i])) now = chance(at[i], arm);
      probability[i] += weight * (now - last);
      last = now;
    }
  }

  std::unique_ptr<Agent> base_;
  Settings settings_;
  VariableUncertainty uncertainty_;
  ExplorationBudget budget_;
  double threshold_ = undefined, scale_ = 1.0;  ///< of the last choice
  Exploration exploration_;
};

Schema rule_schema() {
  const Interval positive{0.0, std::numeric_limits<double>::infinity(), true};
  return component(
      "type",
      {{"selective",
        "width / (width + threshold - score): above 0 everywhere",
        {defaulted("width", number(positive), "0.1", "distance below the threshold at which the chance is 1/2")},
        "",
        "Cesa-Bianchi, Gentile & Zaniboni 2006, JMLR 7"},
       {"logistic",
        "1 / (1 + exp(slope (threshold - score)))",
        {defaulted("slope", number(positive), "10", "per score unit")},
        "",
        "Kilbertus et al. 2020, arXiv 1902.02979"},
       {"uncertainty",
        "asks where max(score, 1 - score) < theta N(1, 1), and theta follows what was asked; scores are probabilities",
        {defaulted("step", number({0.0, 1.0, true, true}), "0.01", "change of theta by one applicant")},
        "",
        "Zliobaite et al. 2014, doi:10.1109/TNNLS.2012.2236570"}});
}

ExplorationRule read_rule(const Node& node) {
  ExplorationRule rule;
  const std::string& name = node.string("type");
  if (name == "selective") rule.width = node.number("width");
  if (name == "logistic") rule = {ExplorationRule::Kind::logistic, rule.width, node.number("slope")};
  if (name == "uncertainty") rule.kind = ExplorationRule::Kind::uncertainty;
  return rule;
}

Description describe_active_accept(const AgentRegistry& bases) {
  return {
      "active_accept",
      "another agent's threshold, below which some are accepted to learn of them, within a budget",
      {required("base", component("type", bases.descriptions()), "chooses the threshold, one for all groups"),
       defaulted("rule", rule_schema(), "{type: selective}", "chance of being accepted below the threshold"),
       defaulted("budget", number({0.0, 1.0, true}), "0.1", "share of applicants accepted to learn, on average"),
       defaulted("window", integer(1, 1e9), "1000", "applicants over which that average forgets"),
       defaulted("grid", one_of({integer(2, 1e6), list_of(number(), 2)}), "101",
                 "scores at which the chance steps: a number of them spread evenly over `range`, or a list; below "
                 "the least nobody is accepted"),
       optional("range", list_of(number(), 2), "[low, high] of the grid; default [0, 1] where scores lie in it")},
      "accept if s >= threshold, else with chance scale f(s); scale = min(1, budget / what f alone would spend)",
      "Cesa-Bianchi, Gentile & Zaniboni 2006; Kilbertus et al. 2020; Zliobaite et al. 2014",
      "Feedback: the base's, and how many it accepted to learn. Each applicant has a draw of her own. The chances of "
      "acceptance are exact and logged as `propensity`. That a budget scales the chances instead of stopping to ask is "
      "our own choice: no chance becomes 0, so outcomes can be weighted. Of `uncertainty`, a batch is learnt from as "
      "if its applicants had come one by one."};
}

std::unique_ptr<AgentFactory> make_active_accept(const AgentRegistry& bases, const Node& node, const Problem& problem,
                                                 Diagnostics& diagnostics) {
  const Node& base = node.at("base");
  Settings settings;
  settings.grid = make_grid(node, problem, diagnostics);
  const Node& rule = node.at("rule");
  settings.rule = read_rule(rule);
  if (rule.has("step")) settings.step = rule.number("step");
  settings.budget = node.number("budget");
  settings.window = static_cast<double>(node.integer("window"));
  if (settings.rule.kind == ExplorationRule::Kind::uncertainty &&
      (problem.score_range.low < 0.0 || problem.score_range.high > 1.0))
    diagnostics.error(rule, "takes scores for probabilities, and they can leave [0, 1]", "another rule");
  if (const Node* threshold = base.find("threshold"); threshold != nullptr && threshold->kind == Node::Kind::mapping)
    diagnostics.error(*threshold, "is one for each group, and exploring needs one for all");
  if (const Node* scope = base.find("scope"); scope != nullptr && scope->string() == "per_group")
    diagnostics.error(*scope, "gives each group a threshold of its own, and exploring needs one for all",
                      "a base with scope: common");
  if (const Node* side_info = base.find("side_info"); side_info != nullptr && side_info->boolean())
    diagnostics.error(*side_info, "counts whom thresholds accept, and those accepted to learn lie below them",
                      "a base with side_info: false");
  auto made = bases.make(base.string("type"), base, problem, diagnostics);
  if (made == nullptr) return nullptr;
  return factory([base_factory = std::shared_ptr<const AgentFactory>(std::move(made)), settings](const Problem& own) {
    return std::make_unique<ActiveAccept>(base_factory->make(own), settings);
  });
}

}  // namespace

double ExplorationRule::chance(double score, double threshold, double theta) const noexcept {
  switch (kind) {
    case Kind::selective:
      return width / (width + threshold - score);
    case Kind::logistic:
      return 1.0 / (1.0 + std::exp(slope * (threshold - score)));
    case Kind::uncertainty:
      return normal_cdf(1.0 - std::max(score, 1.0 - score) / theta);  // N(1, 1) > max / theta
  }
  return 0.0;
}

void VariableUncertainty::learn(double asked, double not_asked) noexcept {
  constexpr double least = 0.01, most = 100.0;
  theta_ *= std::exp(asked * std::log1p(-step_) + not_asked * std::log1p(step_));
  theta_ = std::clamp(theta_, least, most);
}

void ExplorationBudget::spend(double arrived, double explored) noexcept {
  const double now = explored / (arrived * scale());
  const double kept = std::exp(arrived * std::log1p(-1.0 / window_));
  demand_ = kept * demand_ + (1.0 - kept) * now;
}

void register_active_accept(Catalog& catalog) {
  const auto bases = std::make_shared<const AgentRegistry>(catalog.agents);
  catalog.agents.add(describe_active_accept(*bases),
                     [bases](const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
                       return make_active_accept(*bases, settings, problem, diagnostics);
                     });
}

}  // namespace loopgate
