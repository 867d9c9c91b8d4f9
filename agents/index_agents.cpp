#include "agents/index_agents.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>

#include "agents/arm_statistics.hpp"
#include "agents/bound_table.hpp"
#include "agents/factory.hpp"
#include "agents/grid.hpp"
#include "agents/radius.hpp"
#include "agents/selector.hpp"
#include "agents/side_info.hpp"

namespace loopgate {

namespace {

const Interval factors{0.0};  ///< of penalties and steps

enum class Rule : std::uint8_t { feasible, reward_only, lagrangian, penalised };

struct IndexSettings {
  ArmGrid arms = ArmGrid::common({});
  Rule rule = Rule::reward_only;
  RadiusRule radius;
  Memory memory;
  std::size_t init_pulls = 1;
  Feasible feasible = Feasible::optimistic;
  Fallback fallback = Fallback::max;
  double step = 0.0, cap = 0.0;  ///< lagrangian
  double penalty = 0.0;          ///< penalised
  bool side_info = false;
};

class IndexAgent final : public Agent {
 public:
  IndexAgent(const IndexSettings& settings, const Problem& problem)
      : settings_(settings),
        problem_(problem),
        n_residuals_(uses_residuals() ? problem.n_residuals() : 0),
        statistics_(settings.arms.size(), 1 + n_residuals_, settings.memory,
                    settings.side_info ? ArmStatistics::Seen::every_arm : ArmStatistics::Seen::one_arm),
        table_(settings.arms.size(), radius(), widths(), settings.feasible),
        initial_(settings.arms.size(), settings.init_pulls),
        multiplier_(settings.rule == Rule::lagrangian ? n_residuals_ : 0, 0.0),
        values_((settings.side_info ? settings.arms.size() : 1) * (1 + n_residuals_)),
        streams_{settings.rule == Rule::penalised ? "penalised_reward" : "reward"} {
    streams_.insert(streams_.end(), problem.residual_names.begin(),
                    problem.residual_names.begin() + static_cast<std::ptrdiff_t>(n_residuals_));
    if (settings.side_info) side_info_.emplace(settings_.arms, problem);
  }
  IndexAgent(const IndexAgent&) = delete;
  IndexAgent& operator=(const IndexAgent&) = delete;

  FeedbackRegime needs() const noexcept override {
    return settings_.side_info ? FeedbackRegime::semi : FeedbackRegime::bandit;
  }

  void choose(const Observation&, Rng& rng, std::span<double> threshold) override {
    arm_ = initial_.done() ? select() : initial_.next(rng);
    settings_.arms.play(arm_, threshold);
  }

  void learn(const Feedback& feedback) override {
    if (!multiplier_.empty() && feedback.part != FeedbackPart::reward) step_in_order(feedback);
    const std::size_t arm = settings_.arms.arm_of(feedback.threshold, arm_);
    if (side_info_) return learn_all(feedback, arm);
    values_[0] = feedback.reward;
    if (settings_.rule == Rule::penalised) {
      const double penalty = settings_.penalty * worst(feedback.residual);
      penalise(feedback, {values_.data(), 1}, {&penalty, 1});
    }
    for (std::size_t m = 0; m < n_residuals_; ++m) values_[1 + m] = feedback.residual[m];
    table_.update(statistics_.add(feedback.epoch, arm, values_), statistics_);
  }

  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all{{"radius.scale", radius_scales, settings_.radius.scale, {}}};
    if (settings_.rule == Rule::lagrangian) all.push_back({"step", factors, settings_.step, {}});
    if (settings_.rule == Rule::penalised) all.push_back({"penalty", factors, settings_.penalty, {}});
    return all;
  }
  /// A penalty holds from the next decision on: rewards keep what was taken off them.
  void set_parameter(std::size_t i, double value) override {
    if (i == 0) settings_.radius.scale = value;
    else (settings_.rule == Rule::lagrangian ? settings_.step : settings_.penalty) = value;
    table_.change(radius(), widths(), statistics_);
  }

  bool decides_by_group() const noexcept override { return settings_.arms.by_group(); }
  std::vector<double> arms() const override { return settings_.arms.grid(); }
  std::vector<std::string> arm_streams() const override { return streams_; }
  void beliefs(ArmBeliefs& out) const override {
    statistics_.copy(out.count, out.mean);
    table_.radii(statistics_, out.radius);
  }
  void stream_values(double reward, std::span<const double> residual, std::span<double> out) const override {
    Agent::stream_values(reward, residual, out);
    if (settings_.rule == Rule::penalised) out[0] -= settings_.penalty * worst(residual);
  }

 private:
  bool uses_residuals() const noexcept {
    return settings_.rule == Rule::feasible || settings_.rule == Rule::lagrangian;
  }

  Radius radius() const noexcept {
    const std::size_t n_streams = settings_.arms.size() * (1 + n_residuals_);
    return {settings_.radius, static_cast<double>(n_streams), static_cast<double>(problem_.n_epochs)};
  }

  /// Of the ranges of what each stream adds to the statistics.
  std::vector<double> widths() const {
    double worst_possible = 0.0;
    for (const Interval& range : problem_.residual_ranges) worst_possible = std::max(worst_possible, range.high);
    std::vector<double> all{problem_.reward_range.width()};
    if (settings_.rule == Rule::penalised) all[0] += settings_.penalty * worst_possible;
    for (std::size_t m = 0; m < n_residuals_; ++m) all.push_back(problem_.residual_ranges[m].width());
    return all;
  }

  static double worst(std::span<const double> residual) noexcept {
    double largest = 0.0;
    for (const double g : residual) largest = std::fmax(largest, g);  // fmax passes NaN over
    return largest;
  }

  /// Takes penalties off the rewards of arms, all [n]. NaN until both parts of a decision are there; what came first is
  /// held. A reward that never comes leaves its numbers behind.
  void penalise(const Feedback& feedback, std::span<double> reward, std::span<const double> penalty) {
    const auto held = feedback.part == FeedbackPart::whole ? half_.end() : half_.find(feedback.epoch);
    if (feedback.part != FeedbackPart::whole && held == half_.end()) {
      const bool rates = feedback.part == FeedbackPart::rates;
      half_.emplace(feedback.epoch,
                    rates ? std::vector(penalty.begin(), penalty.end()) : std::vector(reward.begin(), reward.end()));
      std::ranges::fill(reward, undefined);
      return;
    }
    for (std::size_t i = 0; i < reward.size(); ++i) {
      if (feedback.part == FeedbackPart::whole) reward[i] -= penalty[i];
      else if (feedback.part == FeedbackPart::rates) reward[i] = held->second[i] - penalty[i];
      else reward[i] -= held->second[i];
    }
    if (held != half_.end()) half_.erase(held);
  }

  /// What semi feedback tells of each arm; of the one that was played, what it was told.
  void learn_all(const Feedback& feedback, std::size_t played) {
    const std::size_t n_arms = settings_.arms.size(), n_streams = 1 + n_residuals_;
    side_info_->read(feedback);
    std::vector<double> residual(feedback.residual.size(), undefined), reward(n_arms), penalty(n_arms);
    for (std::size_t k = 0; k < n_arms; ++k) {
      reward[k] = feedback.part == FeedbackPart::rates ? undefined : side_info_->reward(k);
      if (feedback.part != FeedbackPart::reward) side_info_->residuals(k, residual);
      if (k == played) {
        reward[k] = feedback.reward;
        std::ranges::copy(feedback.residual, residual.begin());
      }
      penalty[k] = settings_.penalty * worst(residual);
      for (std::size_t m = 0; m < n_residuals_; ++m) values_[k * n_streams + 1 + m] = residual[m];
    }
    if (settings_.rule == Rule::penalised) penalise(feedback, reward, penalty);
    for (std::size_t k = 0; k < n_arms; ++k) values_[k * n_streams] = reward[k];
    table_.update(statistics_.add_all(feedback.epoch, values_), statistics_);
  }

  /// Steps of a multiplier that is kept within bounds depend on their order, so they are taken in that of the
  /// decisions; those that come early wait.
  void step_in_order(const Feedback& feedback) {
    if (feedback.epoch != next_step_) {
      early_.emplace(feedback.epoch, std::vector(feedback.residual.begin(), feedback.residual.end()));
      return;
    }
    step(feedback.residual);
    for (auto next = early_.begin(); next != early_.end() && next->first == next_step_; next = early_.erase(next))
      step(next->second);
  }
  void step(std::span<const double> residual) {
    for (std::size_t m = 0; m < multiplier_.size(); ++m)
      multiplier_[m] = step_multiplier(multiplier_[m], residual[m], settings_.step, settings_.cap);
    ++next_step_;
  }

  std::size_t select() noexcept {
    const ArmBounds bounds = table_.bounds(statistics_);
    return settings_.rule == Rule::feasible ? select_feasible(bounds, settings_.fallback)
                                            : select_lagrangian(bounds, multiplier_);
  }

  IndexSettings settings_;
  Problem problem_;
  std::size_t n_residuals_;
  ArmStatistics statistics_;
  BoundTable table_;
  InitialOrder initial_;
  std::vector<double> multiplier_, values_;
  std::uint32_t next_step_ = 0;                                  ///< lagrangian: the decision whose residuals come next
  std::map<std::uint32_t, std::vector<double>> early_;           ///< lagrangian: residuals of later decisions
  std::unordered_map<std::uint32_t, std::vector<double>> half_;  ///< penalised: penalties or rewards of a decision
  std::optional<SideInfo> side_info_;
  std::size_t arm_ = 0;               ///< chosen last
  std::vector<std::string> streams_;  ///< names of what is averaged
};

std::vector<Key> index_keys(std::vector<Key> more = {}) {
  std::vector<Key> keys{
      defaulted("radius", radius_schema(), default_radius,
                "confidence radius; widths come from utility and constraints"),
      defaulted("statistics", memory_schema(), "{type: stationary}", "how the past is weighed"),
      defaulted("side_info", boolean(), "false",
                "learn also of thresholds not played: rates of all, rewards of those above; needs `feedback: semi`"),
      defaulted("init_pulls", integer(1, 1e6), "1", "plays of each arm, in a random order, before the index decides")};
  std::ranges::move(more, std::back_inserter(keys));
  return arm_keys(std::move(keys));
}

IndexSettings common(const Node& settings, const Problem& problem, Rule rule, Diagnostics& diagnostics) {
  IndexSettings made;
  made.arms = make_arms(settings, problem, diagnostics);
  made.rule = rule;
  made.radius = make_radius(settings.at("radius"));
  made.memory = make_memory(settings.at("statistics"));
  made.side_info = settings.boolean("side_info");
  if (made.side_info && !problem.rates_suffice)
    diagnostics.error(settings.at("side_info"),
                      "works out what other thresholds would have been told, and some residuals take the outcomes of "
                      "the rejected",
                      "`told: false` for constraints on outcomes");
  made.init_pulls = static_cast<std::size_t>(settings.integer("init_pulls"));
  check_initial_order(settings, made.arms, made.init_pulls, problem, diagnostics);
  return made;
}

std::unique_ptr<AgentFactory> index_agent(IndexSettings settings) {
  return factory(
      [held = std::move(settings)](const Problem& problem) { return std::make_unique<IndexAgent>(held, problem); });
}

const char* const bandit_note =
    "Feedback: bandit; with `side_info` semi (apple tasting: Helmbold et al. 2000; graph feedback: Mannor & Shamir "
    "2011). ";

Description describe_ofs() {
  return {"ofs",
          "Optimistic Feasible Search: best optimistic reward among thresholds that look feasible",
          index_keys({defaulted("fallback", choice({"max", "sum"}), "max",
                                "violation that is minimised where nothing looks feasible"),
                      defaulted("feasible", choice({"optimistic", "pessimistic"}), "optimistic",
                                "judge a residual by its lower or by its upper confidence bound")}),
          "argmax_k U_k over { k : L_mk <= 0 for all m }, else argmin_k max_m [L_mk]_+ (or the sum over m)",
          "Du 2025, arXiv 2512.22313",
          std::string(bandit_note) +
              "Radius, its default scale, tie rules, `statistics`, `sum` and `pessimistic` are our own choices, not "
              "the paper's."};
}

std::unique_ptr<AgentFactory> make_ofs(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  IndexSettings made = common(settings, problem, Rule::feasible, diagnostics);
  made.fallback = settings.string("fallback") == "sum" ? Fallback::sum : Fallback::max;
  made.feasible = settings.string("feasible") == "pessimistic" ? Feasible::pessimistic : Feasible::optimistic;
  return index_agent(std::move(made));
}

Description describe_ucb1() {
  return {"ucb1",
          "upper confidence bound of the reward; sees no constraint",
          index_keys(),
          "argmax_k R_k + radius_k",
          "Auer, Cesa-Bianchi & Fischer 2002, doi:10.1023/A:1013689704352",
          std::string(bandit_note) + "radius: {type: ucb1, scale: 1.4142135623730951} is the paper's index."};
}

std::unique_ptr<AgentFactory> make_ucb1(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  return index_agent(common(settings, problem, Rule::reward_only, diagnostics));
}

Description describe_primal_dual() {
  return {
      "primal_dual",
      "Lagrangian UCB with projected gradient steps on the multipliers",
      index_keys({optional("step", number(factors), "step of the multipliers; default 1 / sqrt(horizon)"),
                  defaulted("cap", number({0.0}), "10", "largest multiplier")}),
      "argmax_k U_k - sum_m lambda_m L_mk; lambda_m <- clip(lambda_m + step g_m, 0, cap)",
      "Efroni, Mannor & Pirotta 2020, arXiv 2003.02189",
      std::string(bandit_note) +
          "Controls the signed sum of residuals, so it may alternate between violating and over-feasible thresholds."};
}

std::unique_ptr<AgentFactory> make_primal_dual(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  IndexSettings made = common(settings, problem, Rule::lagrangian, diagnostics);
  made.step = settings.has("step") ? settings.number("step") : 1.0 / std::sqrt(static_cast<double>(problem.n_epochs));
  made.cap = settings.number("cap");
  return index_agent(std::move(made));
}

Description describe_penalty_ucb() {
  return {"penalty_ucb",
          "upper confidence bound of reward less a penalty on the worst violation",
          index_keys(
              {defaulted("penalty", number(factors), "5", "price of one unit of the worst residual's positive part")}),
          "UCB on r - penalty max_m [g_m]_+",
          "",
          std::string(bandit_note) + "A baseline of our own wording."};
}

std::unique_ptr<AgentFactory> make_penalty_ucb(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  IndexSettings made = common(settings, problem, Rule::penalised, diagnostics);
  made.penalty = settings.number("penalty");
  return index_agent(std::move(made));
}

}  // namespace

void register_index_agents(Catalog& catalog) {
  catalog.agents.add(describe_ofs(), make_ofs);
  catalog.agents.add(describe_ucb1(), make_ucb1);
  catalog.agents.add(describe_primal_dual(), make_primal_dual);
  catalog.agents.add(describe_penalty_ucb(), make_penalty_ucb);
}

}  // namespace loopgate
