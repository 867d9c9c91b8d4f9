#include "agents/group_agents.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "agents/factory.hpp"
#include "agents/grid.hpp"
#include "agents/group_policy.hpp"
#include "core/error.hpp"
#include "core/model/applicant_law.hpp"

namespace loopgate {

namespace {

/// Plays a rule for each group, with the draws of single applicants that it asks for.
class GroupRuleAgent : public Agent {
 public:
  explicit GroupRuleAgent(std::size_t n_groups) : exploration_(n_groups) {}

  bool randomised() const noexcept final { return true; }
  bool explores() const noexcept final { return true; }
  std::span<const Exploration> exploration() const final { return exploration_; }
  bool decides_by_group() const noexcept final { return true; }
  void group_law(GroupId g, std::vector<double>& threshold, std::vector<double>& probability) const final {
    const Exploration& below = exploration_[index(g)];
    threshold = below.from;
    threshold.push_back(threshold_[index(g)]);
    probability.clear();
    double last = 0.0;
    for (const double chance : below.chance) {
      probability.push_back(chance - last);
      last = chance;
    }
    probability.push_back(1.0 - last);
  }

 protected:
  void play(const std::vector<GroupRule>& rules, std::span<double> threshold) {
    threshold_.clear();
    for (std::size_t g = 0; g < rules.size(); ++g) {
      threshold_.push_back(rules[g].threshold);
      exploration_[g] = rules[g].below;
    }
    std::ranges::copy(threshold_, threshold.begin());
  }

 private:
  std::vector<double> threshold_;
  std::vector<Exploration> exploration_;
};

class GroupOracle final : public GroupRuleAgent {
 public:
  GroupOracle(Criterion criterion, std::uint32_t n_levels, std::size_t n_groups)
      : GroupRuleAgent(n_groups), criterion_(criterion), n_levels_(n_levels), levels_(n_groups) {}

  FeedbackRegime needs() const noexcept override { return FeedbackRegime::full; }
  void choose(const Observation& observation, Rng&, std::span<double> threshold) override {
    LOOPGATE_EXPECT(observation.world != nullptr);
    const KnownWorld& world = *observation.world;
    const std::span<const double> shares = world.composition.shares();
    const bool same_law = version_ == world.composition.law_version();
    const bool same_worth = utility_.success == world.utility.success && utility_.failure == world.utility.failure;
    if (!same_law) read_levels(world);
    if (!same_law || !same_worth || !std::ranges::equal(shares, shares_))
      rules_ = best_rules(criterion_, levels_, shares, world.utility);
    version_ = world.composition.law_version();
    utility_ = world.utility;
    shares_.assign(shares.begin(), shares.end());
    play(rules_, threshold);
  }
  void learn(const Feedback&) override {}

 private:
  void read_levels(const KnownWorld& world) {
    const std::vector<ApplicantType> types = world.law.types();
    if (!types.empty()) return read_types(world, types);
    for (std::size_t g = 0; g < levels_.size(); ++g) cut_law(world, static_cast<GroupId>(g), levels_[g]);
  }

  void read_types(const KnownWorld& world, const std::vector<ApplicantType>& types) {
    std::vector<double> mass(types.size()), score(types.size()), success(types.size());
    world.law.types_now(world.composition, mass, score, success);
    std::vector<std::size_t> order(types.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t k) { return std::pair(score[k], k); });
    const double tolerance = world.law.score_tolerance();
    for (ScoreLevels& one : levels_) one = {{}, {}, {}, tolerance};
    for (const std::size_t k : order) {
      ScoreLevels& levels = levels_[types[k].group];
      if (levels.score.empty() || least_accepted(score[k], tolerance) > levels.score.back()) {
        levels.score.push_back(score[k]);
        levels.mass.push_back(0.0);
        levels.succeeded.push_back(0.0);
      }
      levels.mass.back() += mass[k];
      levels.succeeded.back() += mass[k] * success[k];
    }
  }

  void cut_law(const KnownWorld& world, GroupId g, ScoreLevels& levels) const {
    levels.score = quantiles(world, g);
    levels.mass.resize(levels.score.size());
    levels.succeeded.resize(levels.score.size());
    Response above{0.0, 0.0};
    for (std::size_t i = levels.score.size(); i-- > 0;) {
      const Response from = world.law.respond(world.composition, g, levels.score[i]);
      levels.mass[i] = std::max(0.0, from.acceptance - above.acceptance);
      levels.succeeded[i] = std::clamp(from.accepted_success - above.accepted_success, 0.0, levels.mass[i]);
      above = from;
    }
  }

  /// Scores that cut the group's law into levels of equal mass; the first is the least finite one.
  std::vector<double> quantiles(const KnownWorld& world, GroupId g) const {
    std::vector<std::uint64_t> position;
    for (std::uint64_t i = 0; i < n_levels_; ++i) position.push_back((~std::uint64_t{0} / n_levels_) * i);
    std::vector<double> score(n_levels_);
    world.law.resolve(world.composition, g, position, score, {}, {});
    if (!std::isfinite(score[0])) {
      position[0] = 1;
      world.law.resolve(world.composition, g, std::span(position).first(1), std::span(score).first(1), {}, {});
    }
    std::ranges::sort(score);  // non-decreasing but for rounding
    score.erase(std::unique(score.begin(), score.end()), score.end());
    return score;
  }

  Criterion criterion_;
  std::uint32_t n_levels_;
  std::vector<ScoreLevels> levels_;
  std::vector<GroupRule> rules_;  ///< the best for what follows
  std::uint64_t version_ = static_cast<std::uint64_t>(-1);
  Utility utility_;
  std::vector<double> shares_;
};

class GroupLearner final : public GroupRuleAgent {
 public:
  struct Settings {
    Criterion criterion;
    std::vector<double> grid;
    double prior_success, prior_weight;
  };
  GroupLearner(const Settings& settings, const Problem& problem)
      : GroupRuleAgent(problem.n_groups()),
        settings_(settings),
        utility_{problem.reward_range.high, problem.reward_range.low},
        score_tolerance_(problem.score_tolerance),
        seen_(problem.n_groups(), Seen(settings.grid.size())) {
    for (const double x : settings.grid) least_.push_back(least_accepted(x, problem.score_tolerance));
  }

  FeedbackRegime needs() const noexcept override { return FeedbackRegime::semi; }

  void choose(const Observation&, Rng&, std::span<double> threshold) override {
    std::vector<double> weight;
    std::vector<ScoreLevels> levels;
    for (const Seen& one : seen_) {
      weight.push_back(one.arrived);
      levels.push_back(estimate(one));
    }
    std::vector<GroupRule> rules = best_rules(settings_.criterion, levels, weight, utility_);
    for (std::size_t g = 0; g < rules.size(); ++g)
      if (seen_[g].arrived == 0.0) rules[g] = {settings_.grid.front(), {}};  // whom one has never seen, one must meet
    play(rules, threshold);
  }

  /// Who applies is learnt of everyone, with the rates; who succeeds of the accepted, with the reward. Whole numbers,
  /// so that their order does not matter.
  void learn(const Feedback& told) override {
    const bool outcomes = told.part != FeedbackPart::rates, scores = told.part != FeedbackPart::reward;
    for (std::size_t i = 0; i < told.group.size(); ++i) {
      Seen& seen = seen_[told.group[i]];
      if (scores) seen.arrived += 1.0;
      const auto above = std::ranges::upper_bound(least_, told.score[i]) - least_.begin();
      if (above == 0) continue;
      const auto level = static_cast<std::size_t>(above - 1);
      if (scores) seen.in_level[level] += 1.0;
      if (!outcomes || std::isnan(told.success[i])) continue;
      seen.known[level] += 1.0;
      seen.succeeded[level] += told.success[i];
    }
  }

 private:
  struct Seen {
    explicit Seen(std::size_t n_levels) : in_level(n_levels), known(n_levels), succeeded(n_levels) {}
    double arrived = 0.0;
    std::vector<double> in_level, known, succeeded;  ///< [n_levels]
  };

  ScoreLevels estimate(const Seen& seen) const {
    ScoreLevels levels{settings_.grid, {}, {}, score_tolerance_};
    for (std::size_t i = 0; i < settings_.grid.size(); ++i) {
      const double mass = seen.arrived > 0.0 ? seen.in_level[i] / seen.arrived : 0.0;
      const double success = (settings_.prior_weight * settings_.prior_success + seen.succeeded[i]) /
                             (settings_.prior_weight + seen.known[i]);
      levels.mass.push_back(mass);
      levels.succeeded.push_back(mass * success);
    }
    return levels;
  }

  Settings settings_;
  Utility utility_;
  double score_tolerance_;
  std::vector<Seen> seen_;     ///< [n_groups]
  std::vector<double> least_;  ///< [n_levels] least score of each
};

Key criterion_key() {
  return required("criterion", choice({"max_utility", "demographic_parity", "equal_opportunity", "equalised_odds"}),
                  "what the groups' rules must have in common: nothing, selection rates, true positive rates, or true "
                  "and false positive rates");
}

Criterion read_criterion(const Node& settings) {
  const std::string& name = settings.string("criterion");
  return name == "max_utility"          ? Criterion::max_utility
         : name == "demographic_parity" ? Criterion::demographic_parity
         : name == "equal_opportunity"  ? Criterion::equal_opportunity
                                        : Criterion::equalised_odds;
}

void check_utility(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  if (!(problem.reward_range.low < 0.0 && problem.reward_range.high > 0.0))
    diagnostics.error(settings.at("type"), "weighs successes against failures, and here one rule is best for all",
                      "environment.utility with success > 0 > failure");
}

const char* const policies_equation =
    "max over rules of sum_g share_g (success S_g + failure (A_g - S_g)), A_g accepted and S_g accepted successes of "
    "the "
    "group, on the concave hull of (A_g, S_g) over its cuts; demographic_parity: A_g equal; equal_opportunity: S_g / "
    "q_g "
    "equal; equalised_odds: that and (A_g - S_g) / (1 - q_g) equal";
const char* const policies_reference =
    "Liu et al. 2018, arXiv 1803.04383 (max_utility, demographic_parity); Hardt, Price & Srebro 2016, arXiv 1610.02413 "
    "(equal_opportunity, equalised_odds)";

Description describe_group_oracle() {
  return {
      "group_oracle",
      "the best rule for each group under a criterion, from the law itself as it is in each epoch",
      {criterion_key(),
       defaulted("levels", integer(2, 1e6), "1000", "continuous laws: parts of equal mass that scores are cut into")},
      policies_equation,
      policies_reference,
      "Feedback: full, for the law; runs in every fidelity. Looks at this epoch alone, not at what decisions lead "
      "to. Where a rate falls between two cuts, scores at the cut are accepted by chance, each applicant by a draw "
      "of her own, logged as `propensity`. Of the chances that give equalised odds, that between the two cuts whose "
      "true and false positive rates differ alike is our own choice."};
}

std::unique_ptr<AgentFactory> make_group_oracle(const Node& settings, const Problem& problem,
                                                Diagnostics& diagnostics) {
  check_utility(settings, problem, diagnostics);
  return factory([criterion = read_criterion(settings),
                  n_levels = static_cast<std::uint32_t>(settings.integer("levels"))](const Problem& own) {
    return std::make_unique<GroupOracle>(criterion, n_levels, own.n_groups());
  });
}

Description describe_group_learner() {
  return {
      "group_learner",
      "the same rules from estimates: who applies, and of the accepted who succeeds",
      grid_keys({criterion_key(),
                 defaulted("prior_success", number({0.0, 1.0}), "1",
                           "success rate that a level of scores is taken to have before anything is known of it; "
                           "1: what is unknown is tried"),
                 defaulted("prior_weight", number({0.0, std::numeric_limits<double>::infinity(), true}), "1",
                           "outcomes that this is worth")}),
      policies_equation,
      policies_reference,
      "Feedback: semi. Levels of the score reach from one threshold of the grid to the next; nobody below the least "
      "is accepted. A level that is no longer accepted is no longer learnt of. Estimates weigh all epochs alike. "
      "That, the prior and its default are our own choices. Knows the utility of the start."};
}

std::unique_ptr<AgentFactory> make_group_learner(const Node& settings, const Problem& problem,
                                                 Diagnostics& diagnostics) {
  check_utility(settings, problem, diagnostics);
  GroupLearner::Settings made{read_criterion(settings), make_grid(settings, problem, diagnostics),
                              settings.number("prior_success"), settings.number("prior_weight")};
  return factory([made](const Problem& own) { return std::make_unique<GroupLearner>(made, own); });
}

}  // namespace

void register_group_agents(Catalog& catalog) {
  catalog.agents.add(describe_group_oracle(), make_group_oracle);
  catalog.agents.add(describe_group_learner(), make_group_learner);
}

}  // namespace loopgate
