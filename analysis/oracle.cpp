#include "analysis/oracle.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "analysis/constraint_statistics.hpp"
#include "analysis/intervals.hpp"
#include "analysis/mean_field.hpp"
#include "analysis/tolerance.hpp"
#include "core/error.hpp"
#include "core/run/jobs.hpp"
#include "core/run/simulation.hpp"

namespace loopgate {

namespace {

constexpr std::size_t most_favoured = 8;  ///< groups, one of which at a time is led by the lowest arm

/// Index of the arm that ranks first by key (a pair or number, larger is better; nullopt: does not take part).
template <class Key>
std::optional<std::size_t> first_by(const std::vector<ArmOutcome>& sweep, const Key& key) {
  std::optional<std::size_t> best;
  for (std::size_t k = 0; k < sweep.size(); ++k) {
    const auto value = key(sweep[k]);
    if (value && (!best || *value > *key(sweep[*best]))) best = k;
  }
  return best;
}

/// NaN where one is.
double largest(std::span<const double> values) {
  return values.empty() ? -std::numeric_limits<double>::infinity() : worst_residual(values);
}

std::vector<double> defined(std::vector<double> values) {
  std::erase_if(values, [](double x) { return std::isnan(x); });
  return values;
}

/// Plays one common threshold for ever.
class HeldThreshold final : public Agent {
 public:
  explicit HeldThreshold(double threshold) : threshold_(threshold) {}
  void choose(const Observation&, Rng&, std::span<double> threshold) override {
    std::ranges::fill(threshold, threshold_);
  }
  void learn(const Feedback&) override {}

 private:
  double threshold_;
};

/// Averages what epochs from `begin` on were expected to give, where it is defined.
class TailMean final : public EpochSink {
 public:
  TailMean(const Scenario& scenario, std::uint32_t begin)
      : residual(scenario.n_residuals(), undefined), n_defined_(residual.size(), 0), begin_(begin) {}

  void record(const EpochRecord& now) override {
    state.assign(now.state.begin(), now.state.end());
    if (epoch_++ < begin_) return;
    const double part = 1.0 / (epoch_ - begin_);
    reward += part * (now.expected_reward - reward);
    for (std::size_t m = 0; m < residual.size(); ++m) {
      if (std::isnan(now.expected_residual[m])) continue;
      if (n_defined_[m]++ == 0) residual[m] = 0.0;
      residual[m] += 1.0 / n_defined_[m] * (now.expected_residual[m] - residual[m]);
    }
  }
  void finish(double) override {}
  double undefined_share(std::size_t m) const { return 1.0 - static_cast<double>(n_defined_[m]) / (epoch_ - begin_); }

  double reward = 0.0;
  std::vector<double> residual, state;  ///< state: before the last decision

 private:
  std::vector<std::uint32_t> n_defined_;  ///< [n_residuals]
  std::uint32_t begin_, epoch_ = 0;
};

/// Keeps what each epoch was expected to give.
class ExpectedPath final : public EpochSink {
 public:
  ExpectedPath(std::vector<double>& reward, std::vector<double>& residual) : reward_(reward), residual_(residual) {}
  void record(const EpochRecord& now) override {
    reward_.push_back(now.expected_reward);
    residual_.insert(residual_.end(), now.expected_residual.begin(), now.expected_residual.end());
  }
  void finish(double) override {}

 private:
  std::vector<double>&reward_, &residual_;
};

/// One replication of the loop from the scenario's start.
void hold(const Scenario& scenario, double threshold, Fidelity fidelity, Seed seed, std::uint32_t replication,
          EpochSink& sink) {
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, std::make_unique<HeldThreshold>(threshold), fidelity, seed,
             static_cast<Replication>(replication), sink)
      .run(stop, progress);
}

class Sweep {
 public:
  Sweep(const Scenario& scenario, const OracleSettings& settings, OracleResult& result)
      : scenario_(scenario), settings_(settings), result_(result) {
    result.tolerance = limit_tolerance;
    if (at_rest()) {
      find_starts();
      result.n_starts = starts_.size();
      return;
    }
    result.tail_begin = settings.objective == Objective::stationary ? scenario.n_epochs / 2 : 0;
    result.tail_end = scenario.n_epochs;
    if (settings.fidelity != Fidelity::counts) return;
    result.seed = oracle_seed(scenario.seed);
    result.n_replications = scenario.n_replications;
  }

  void judge(ArmOutcome& arm) const {
    MeanFieldMap map(scenario_);
    const std::vector<double> thresholds(scenario_.problem.n_groups(), arm.threshold);
    arm.residual_now.resize(scenario_.n_residuals());
    arm.reward_now = map.outcome(thresholds, map.start(), arm.residual_now);
    arm.residual.assign(arm.residual_now.size(), undefined);
    arm.residual_half_width = arm.undefined_share = arm.residual;
    if (at_rest()) rest(map, thresholds, arm);
    else if (settings_.fidelity == Fidelity::counts) replicate(arm);
    else follow(arm);
    if (std::isnan(arm.reward)) return;
    arm.verdict = verdict_at(arm, 0.0);
    const bool no_interval = settings_.fidelity == Fidelity::counts && result_.n_replications < 2;
    arm.unsure = no_interval ? !arm.residual.empty() : verdict_at(arm, -1.0) != verdict_at(arm, 1.0);
  }

 private:
  /// side: -1, 0 or 1, of the residuals' intervals the low ends, the means or the high ends.
  static Feasibility verdict_at(const ArmOutcome& arm, double side) {
    for (std::size_t m = 0; m < arm.residual.size(); ++m) {
      const double width = std::isnan(arm.residual_half_width[m]) ? 0.0 : arm.residual_half_width[m];
      if (is_violated(arm.residual[m] + side * width)) return Feasibility::infeasible;
    }
    const bool known = std::ranges::none_of(arm.residual, [](double one) { return std::isnan(one); });
    return known ? Feasibility::feasible : Feasibility::no_value;
  }

  bool at_rest() const {
    return settings_.objective == Objective::stationary && settings_.fidelity == Fidelity::mean_field;
  }

  /// Points to which the lowest and the highest arm lead, in all groups or in one (of the first 8) against the others,
  /// drawn a little towards equal shares so that no group is gone for good; the scenario's own start is the first.
  void find_starts() {
    MeanFieldMap map(scenario_);
    starts_ = {map.start()};
    if (map.n_coordinates() == 0) return;
    const std::size_t n_groups = scenario_.problem.n_groups();
    const double low = result_.sweep.front().threshold, high = result_.sweep.back().threshold;
    const auto lead = [&](const std::vector<double>& thresholds) {
      const Settling led = settle(map, thresholds, map.start());
      if (led.converged) starts_.push_back(map.blended(led.at.point, 0.05));
    };
    lead(std::vector<double>(n_groups, low));
    lead(std::vector<double>(n_groups, high));
    for (std::size_t g = 0; g < std::min(n_groups, most_favoured); ++g) {
      std::vector<double> thresholds(n_groups, high);
      thresholds[g] = low;
      lead(thresholds);
    }
  }

  void rest(MeanFieldMap& map, std::span<const double> thresholds, ArmOutcome& arm) const {
    std::vector<std::vector<double>> seen;
    for (const std::vector<double>& start : starts_) {
      const Settling found = settle(map, thresholds, start);
      const bool own = &start == &starts_.front();
      if (own) arm.period = found.period;
      if (!found.converged) continue;
      if (std::ranges::any_of(seen, [&](const auto& point) { return same_point(point, found.at.point); })) continue;
      seen.push_back(found.at.point);
      Equilibrium here{map.states(found.at.point), undefined, std::vector<double>(arm.residual.size()),
                       found.at.spectral_radius};
      here.reward = map.outcome(thresholds, found.at.point, here.residual);
      if (!own) {
        arm.others.push_back(std::move(here));
        continue;
      }
      arm.reward = here.reward;
      arm.residual = std::move(here.residual);
      for (std::size_t m = 0; m < arm.residual.size(); ++m)
        arm.undefined_share[m] = std::isnan(arm.residual[m]) ? 1.0 : 0.0;
      arm.state = std::move(here.state);
      arm.spectral_radius = here.spectral_radius;
    }
  }

  void follow(ArmOutcome& arm) const {
    TailMean mean(scenario_, result_.tail_begin);
    hold(scenario_, arm.threshold, Fidelity::mean_field, scenario_.seed, 0, mean);
    arm.reward = mean.reward;
    arm.residual = std::move(mean.residual);
    for (std::size_t m = 0; m < arm.residual.size(); ++m) arm.undefined_share[m] = mean.undefined_share(m);
    arm.state = std::move(mean.state);
  }

  void replicate(ArmOutcome& arm) const {
    const std::size_t n_residuals = arm.residual.size();
    std::vector<std::vector<double>> values(1 + n_residuals);
    arm.state.assign(scenario_.states.size(), 0.0);
    arm.undefined_share.assign(n_residuals, 0.0);
    for (std::uint32_t r = 0; r < result_.n_replications; ++r) {
      TailMean mean(scenario_, result_.tail_begin);
      hold(scenario_, arm.threshold, Fidelity::counts, result_.seed, r, mean);
      values[0].push_back(mean.reward);
      for (std::size_t m = 0; m < n_residuals; ++m) {
        values[m + 1].push_back(mean.residual[m]);
        arm.undefined_share[m] += mean.undefined_share(m) / result_.n_replications;
      }
      for (std::size_t s = 0; s < arm.state.size(); ++s) arm.state[s] += mean.state[s] / result_.n_replications;
    }
    const auto take = [](const Estimate& estimate, double& mean, double& half_width) {
      mean = estimate.mean;
      half_width = estimate.high - estimate.mean;
    };
    take(t_interval(values[0], 0.95), arm.reward, arm.reward_half_width);
    for (std::size_t m = 0; m < n_residuals; ++m)
      take(t_interval(defined(values[m + 1]), 0.95), arm.residual[m], arm.residual_half_width[m]);
  }

  const Scenario& scenario_;
  const OracleSettings& settings_;
  OracleResult& result_;
  std::vector<std::vector<double>> starts_;
};

/// What the sweep says, once every arm has been judged.
void conclude(OracleResult& result) {
  const std::vector<ArmOutcome>& sweep = result.sweep;
  using Rank = std::optional<std::pair<double, double>>;
  for (std::size_t k = 0; k < sweep.size(); ++k) {
    if (sweep[k].verdict != Feasibility::feasible) continue;
    if (k > 0 && sweep[k - 1].verdict == Feasibility::feasible) result.feasible.back().last = k;
    else result.feasible.push_back({k, k});
  }
  result.best = first_by(sweep, [](const ArmOutcome& arm) {
    return arm.verdict == Feasibility::feasible ? std::optional(arm.reward) : std::nullopt;
  });
  result.unconstrained = first_by(sweep, [](const ArmOutcome& arm) {
    return arm.verdict == Feasibility::undecided ? std::nullopt : std::optional(arm.reward);
  });
  if (!result.best)
    result.least_violating = first_by(sweep, [](const ArmOutcome& arm) {
      const double worst = arm.worst_residual();
      return std::isnan(worst) ? std::nullopt : Rank({-worst, arm.reward});
    });
  result.myopic = first_by(sweep, [&result](const ArmOutcome& arm) {
    const double worst = largest(arm.residual_now);
    return std::isnan(worst) ? std::nullopt : Rank({-std::max(worst, result.tolerance), arm.reward_now});
  });
  std::vector<double> reward, residual;
  for (const ArmOutcome& arm : sweep) {
    reward.push_back(arm.verdict == Feasibility::no_value ? undefined : arm.reward);
    residual.insert(residual.end(), arm.residual.begin(), arm.residual.end());
  }
  result.mixture = best_mixture(reward, residual, result.tolerance);
}

}  // namespace

std::size_t ArmOutcome::worst() const {
  std::size_t worst = 0;
  for (std::size_t m = 1; m < residual.size(); ++m)
    if (!(residual[m] <= residual[worst]) && !std::isnan(residual[m])) worst = m;
  return worst;
}

double ArmOutcome::worst_residual() const { return loopgate::worst_residual(residual); }

double ArmOutcome::summed_violation() const {
  double sum = 0.0;
  for (const double g : residual) sum += violation_of(g);
  return sum;
}

std::vector<double> learners_arms(const Scenario& scenario) {
  std::vector<double> all;
  for (const ScenarioAgent& agent : scenario.agents) {
    const std::vector<double> arms = agent.factory->make(scenario.problem)->arms();
    all.insert(all.end(), arms.begin(), arms.end());
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

OracleResult sweep_thresholds(const Scenario& scenario, std::span<const double> thresholds,
                              const OracleSettings& settings) {
  LOOPGATE_EXPECT(!thresholds.empty() && std::ranges::is_sorted(thresholds));
  LOOPGATE_EXPECT(settings.fidelity != Fidelity::individuals);
  LOOPGATE_EXPECT(settings.objective == Objective::horizon || !scenario.world_changes());
  OracleResult result;
  for (const double threshold : thresholds) {
    ArmOutcome arm;
    arm.threshold = threshold;
    result.sweep.push_back(std::move(arm));
  }
  const Sweep sweep(scenario, settings, result);
  std::atomic<bool> halt{false};
  std::atomic<std::size_t> done{0};
  const auto judge = [&](std::size_t k) {
    sweep.judge(result.sweep[k]);
    ++done;
  };
  run_jobs(settings.n_threads, result.sweep.size(), halt, judge, [&] {
    if (settings.report) settings.report(done);
  });
  conclude(result);
  return result;
}

void expected_path(const Scenario& scenario, double threshold, std::vector<double>& reward,
                   std::vector<double>& residual) {
  reward.clear();
  residual.clear();
  ExpectedPath path(reward, residual);
  hold(scenario, threshold, Fidelity::mean_field, scenario.seed, 0, path);
}

Seed oracle_seed(Seed seed) {
  constexpr std::uint64_t golden = 0x9E3779B97F4A7C15U, exact = (std::uint64_t{1} << 53U) - 1;
  const std::uint64_t given = static_cast<std::uint64_t>(seed), other = (given ^ golden) & exact;
  return static_cast<Seed>(other);
}

}  // namespace loopgate
