#include "analysis/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr std::size_t n_resamples = reported_resamples;

/// Its own numbers for each use (0: interval_numbers), the same for every agent, so that naming one more agent changes
/// nothing.
Rng numbers(Seed seed, std::uint32_t use, std::size_t set = 0) {
  Rng rng(seed, static_cast<Replication>(set), Stream::resampling());
  rng.begin_epoch(use);
  return rng;
}
constexpr std::uint32_t for_flips = 1, for_ranks = 2;

/// Random sign flips of each pair: enough for the least p-value, times the number of pairs, to be 0.01.
std::size_t flips_for(std::size_t n_contestants) {
  return std::max(n_resamples, 100 * n_contestants * (n_contestants - 1) / 2);
}

struct PairTest {
  Estimate difference;
  double p = undefined;
  double largest_share = undefined;
};

bool excludes_0(const Estimate& difference) { return difference.low > 0.0 || difference.high < 0.0; }

/// Whether the intervals say what the test does: t's, and of pairs Hall's.
bool intervals_agree(const Standing& agent, const Standing& best, std::span<const Contestant> contestants,
                     double level) {
  if (!excludes_0(agent.difference) || !agent.paired) return excludes_0(agent.difference);
  return excludes_0(hall_interval(
      paired_differences(contestants[agent.contestant].values, contestants[best.contestant].values), level));
}

double largest_share_of_squares(std::span<const double> d) {
  const double centre = mean(d);
  double squares = 0.0, largest = 0.0, scale = 0.0;
  for (const double value : d) {
    const double square = (value - centre) * (value - centre);
    squares += square;
    largest = std::max(largest, square);
    scale = std::max(scale, std::abs(value));
  }
  return std::sqrt(squares) > 1e-12 * scale ? largest / squares : undefined;  // less is rounding
}

PairTest compare_pair(const Contestant& a, const Contestant& b, double level, Seed seed, std::size_t n_flips) {
  if (a.paired_set != b.paired_set) {
    const WelchComparison w = welch(a.values, b.values, level);
    return {w.difference, w.p, undefined};
  }
  const std::vector<double> d = paired_differences(a.values, b.values);
  Rng rng = numbers(seed, for_flips);
  return {t_interval(d, level), d.size() < 2 ? undefined : sign_flip_p_value(d, n_flips, rng),
          largest_share_of_squares(d)};
}

/// Means of one bootstrap draw of replications, drawn once for each paired set.
class Draw {
 public:
  Draw(std::span<const Contestant> contestants, Seed seed) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      auto& members = members_[contestants[i].paired_set];
      members.push_back(i);
      LOOPGATE_EXPECT(contestants[i].values.size() == contestants[members[0]].values.size());
    }
    for (const auto& set : members_) rng_.push_back(numbers(seed, for_ranks, set.first));
  }
  void next(std::span<const Contestant> contestants, std::span<double> means) {
    std::size_t s = 0;
    for (const auto& [number, members] : members_) {
      const auto n = static_cast<std::uint32_t>(contestants[members[0]].values.size());
      for (const std::size_t i : members) means[i] = 0.0;
      for (std::uint32_t k = 0; k < n; ++k) {
        const std::uint32_t r = rng_[s].below(n);
        for (const std::size_t i : members) means[i] += contestants[i].values[r];
      }
      for (const std::size_t i : members) means[i] /= n;
      ++s;
    }
  }

 private:
  std::map<std::size_t, std::vector<std::size_t>> members_;
  std::vector<Rng> rng_;  ///< in the order of members_
};

/// Holm's p-value of each agent against the best, within the family of all pairs, and what comes of it.
void adjust(std::span<const Contestant> contestants, double level, Seed seed, std::vector<Standing>& standings) {
  std::vector<double> p, least;  // of best against 1, 2, ... in rank order, then of the other pairs; what p could be
  std::size_t n_flipped = 0;
  for (std::size_t i = 0; i < standings.size(); ++i)
    for (std::size_t j = i + 1; j < standings.size(); ++j) {
      const Contestant &a = contestants[standings[i].contestant], &b = contestants[standings[j].contestant];
      const std::size_t n_flips = flips_for(contestants.size());
      const double one = i == 0 ? standings[j].p : compare_pair(b, a, level, seed, n_flips).p;
      p.push_back(std::isnan(one) ? 1.0 : one);
      const bool flipped = a.paired_set == b.paired_set;
      least.push_back(flipped ? least_sign_flip_p_value(a.values.size(), n_flips) : 0.0);
      n_flipped += flipped ? 1 : 0;
    }
  const std::vector<double> adjusted = holm(p), adjusted_least = holm(least);
  const double alpha = 1.0 - level;
  const std::size_t needed =
      std::max(minimum_replications, n_flipped > 0 ? least_replications(n_flipped, alpha) : std::size_t{0});
  for (std::size_t j = 1; j < standings.size(); ++j) {
    Standing& one = standings[j];
    if (!std::isnan(one.p)) one.p_adjusted = adjusted[j - 1];
    one.needed = one.paired ? needed : minimum_replications;
    one.against_best = verdict(std::min(one.t.n, standings[0].t.n), one.p_adjusted, alpha);
    if (one.against_best == Verdict::different && !intervals_agree(one, standings[0], contestants, level))
      one.against_best = Verdict::undecided;
    if (adjusted_least[j - 1] > alpha) one.against_best = Verdict::too_few;
  }
}

}  // namespace

std::vector<double> probability_best(std::span<const Contestant> contestants, Better better, std::size_t n_draws,
                                     Seed seed) {
  std::vector<double> share(contestants.size(), undefined), means(contestants.size());
  if (std::ranges::any_of(contestants, [](const Contestant& one) { return one.values.size() < 2; })) return share;
  std::ranges::fill(share, 0.0);
  Draw draw(contestants, seed);
  for (std::size_t b = 0; b < n_draws; ++b) {
    draw.next(contestants, means);
    const double best = better == Better::higher ? std::ranges::max(means) : std::ranges::min(means);
    const auto ties = static_cast<double>(std::ranges::count(means, best));
    for (std::size_t i = 0; i < means.size(); ++i)
      if (means[i] == best) share[i] += 1.0 / ties;
  }
  for (double& one : share) one /= static_cast<double>(n_draws);
  return share;
}

std::string too_few_text(std::span<const Standing> standings) {
  std::size_t needed = 0;
  for (const Standing& one : standings)
    if (one.against_best == Verdict::too_few) needed = std::max(needed, one.needed);
  if (needed == 0) return "";
  return "too few replications for " + std::to_string(standings.size()) + " agents: at least " + std::to_string(needed);
}

std::vector<std::string> lone_replication_texts(std::span<const Standing> standings,
                                                std::span<const std::string> names) {
  std::vector<std::string> texts;
  for (const Standing& one : standings) {
    if (!(one.largest_share > 0.5) || one.against_best == Verdict::too_few) continue;
    texts.push_back(names[one.contestant] + ": one of " + std::to_string(one.difference.n) + " replications carries " +
                    std::to_string(std::lround(100.0 * one.largest_share)) +
                    " % of the squared deviations of its differences from the best, so much hangs on it");
  }
  return texts;
}

std::vector<Standing> rank_agents(std::span<const Contestant> contestants, Better better, double level, Seed seed) {
  LOOPGATE_EXPECT(!contestants.empty());
  const bool enough =
      std::ranges::all_of(contestants, [](const Contestant& one) { return one.values.size() >= minimum_replications; });
  std::vector<double> best_share(contestants.size(), undefined);
  if (enough) best_share = probability_best(contestants, better, n_resamples, seed);
  std::vector<Standing> standings(contestants.size());
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    LOOPGATE_EXPECT(!contestants[i].values.empty());
    standings[i].contestant = i;
    standings[i].t = t_interval(contestants[i].values, level);
    Rng rng = interval_numbers(seed);
    standings[i].bca = bca_interval(contestants[i].values, level, n_resamples, rng);
    standings[i].probability_best = best_share[i];
  }
  std::ranges::stable_sort(standings, [&](const Standing& a, const Standing& b) {
    return better == Better::higher ? a.t.mean > b.t.mean : a.t.mean < b.t.mean;
  });
  const Contestant& best = contestants[standings[0].contestant];
  for (std::size_t j = 1; j < standings.size(); ++j) {
    const Contestant& one = contestants[standings[j].contestant];
    const PairTest test = compare_pair(one, best, level, seed, flips_for(contestants.size()));
    standings[j].difference = test.difference;
    standings[j].p = test.p;
    standings[j].largest_share = test.largest_share;
    standings[j].paired = one.paired_set == best.paired_set;
    if (standings[j].paired) standings[j].variance_reduction = variance_reduction_factor(one.values, best.values);
  }
  adjust(contestants, level, seed, standings);
  return standings;
}

}  // namespace loopgate
