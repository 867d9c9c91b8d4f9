#include "agents/grid.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <string>

#include "core/error.hpp"

namespace loopgate {

std::vector<Key> grid_keys(std::vector<Key> more) {
  std::vector<Key> keys{
      required("grid", one_of({integer(2, 1e6), list_of(number(), 2)}),
               "number of thresholds spread evenly over `range`, or the thresholds themselves, increasing"),
      optional("range", list_of(number(), 2), "[low, high] of the grid; default [0, 1] where scores lie in [0, 1]")};
  std::ranges::move(more, std::back_inserter(keys));
  return keys;
}

std::vector<Key> arm_keys(std::vector<Key> more) {
  std::vector<Key> keys{defaulted("scope", choice({"common", "per_group"}), "common",
                                  "one threshold for all groups, or one for each: every combination is an arm")};
  std::ranges::move(more, std::back_inserter(keys));
  return grid_keys(std::move(keys));
}

std::vector<double> make_grid(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  const Node& grid = settings.at("grid");
  std::vector<double> values;
  if (grid.kind == Node::Kind::sequence) {
    values = grid.numbers();
    for (std::size_t k = 1; k < values.size(); ++k) {
      if (values[k] > values[k - 1]) continue;
      diagnostics.error(grid.items[k], "is not above the threshold before it", "thresholds in increasing order");
      return {};
    }
    if (settings.has("range")) diagnostics.error(settings.at("range"), "means nothing for a grid given as a list");
    return values;
  }
  double low = 0.0, high = 1.0;
  if (settings.has("range")) {
    const Node& range = settings.at("range");
    if (range.items.size() != 2 || !(range.items[0].number() < range.items[1].number())) {
      diagnostics.error(range, "is not a range", "[low, high] with low < high");
      return {};
    }
    low = range.items[0].number();
    high = range.items[1].number();
  } else if (problem.score_range.low < 0.0 || problem.score_range.high > 1.0) {
    diagnostics.error(settings.mark, settings.path, "the key `range` is missing, and scores can leave [0, 1]",
                      "range: [low, high], or the grid as a list");
    return {};
  }
  const auto n = static_cast<std::size_t>(grid.integer());
  for (std::size_t k = 0; k < n; ++k)
    values.push_back(low + (high - low) * static_cast<double>(k) / static_cast<double>(n - 1));
  return values;
}

namespace {

/// K to the power of n, or most and one where that is more.
std::size_t product(std::size_t k, std::size_t n, std::size_t most) noexcept {
  std::size_t all = 1;
  for (; n > 0 && all <= most; --n) all = k <= most / all ? all * k : most + 1;
  return all;
}

/// K^n in digits, rounded where it has more than a double holds.
std::string power_in_words(std::size_t k, std::size_t n) {
  constexpr std::size_t most_exact = std::size_t{1} << 53U;
  const std::string formula = std::to_string(k) + "^" + std::to_string(n);
  const std::size_t exact = product(k, n, most_exact);
  if (exact <= most_exact) return formula + " = " + std::to_string(exact);
  const double digits = static_cast<double>(n) * std::log10(static_cast<double>(k));
  return formula + " = more than 10^" + std::to_string(static_cast<std::size_t>(digits));
}

void check_size(const Node& settings, std::size_t k, const Problem& problem, Diagnostics& diagnostics) {
  const std::size_t n_groups = problem.n_groups(), most = ArmGrid::most_arms;
  const std::size_t n_arms = product(k, n_groups, most);
  if (n_arms <= most) return;
  std::size_t fits = k;
  while (fits > 1 && product(fits, n_groups, most) > most) --fits;
  diagnostics.error(settings.at("scope"),
                    "makes every combination of " + std::to_string(k) + " thresholds for " + std::to_string(n_groups) +
                        " groups an arm, " + power_in_words(k, n_groups) + " of them",
                    "at most " + std::to_string(most) + ": " +
                        (fits > 1 ? "a grid of at most " + std::to_string(fits) + " thresholds" : "fewer groups") +
                        ", or scope: common");
}

}  // namespace

ArmGrid make_arms(const Node& settings, const Problem& problem, Diagnostics& diagnostics) {
  std::vector<double> grid = make_grid(settings, problem, diagnostics);
  if (grid.empty() || settings.string("scope") == "common") return ArmGrid::common(std::move(grid));
  const std::size_t before = diagnostics.count();
  check_size(settings, grid.size(), problem, diagnostics);
  if (diagnostics.count() > before) return ArmGrid::common({});
  return ArmGrid::per_group(std::move(grid), problem.n_groups());
}

void check_initial_order(const Node& settings, const ArmGrid& arms, std::size_t pulls, const Problem& problem,
                         Diagnostics& diagnostics) {
  if (arms.by_group() && arms.size() * pulls >= problem.n_epochs)
    diagnostics.warn(settings.at("scope"), "plays each of " + std::to_string(arms.size()) +
                                               " combinations of thresholds " +
                                               (pulls == 1 ? "" : std::to_string(pulls) + " times ") +
                                               "before it decides by what it learnt, and there are " +
                                               std::to_string(problem.n_epochs) + " decisions");
}

ArmGrid::ArmGrid(std::vector<double> grid, std::size_t n_digits, bool by_group)
    : grid_(std::move(grid)),
      n_digits_(n_digits),
      n_arms_(by_group ? product(grid_.size(), n_digits, most_arms) : grid_.size()),
      step_(n_digits, 1),
      by_group_(by_group) {
  LOOPGATE_EXPECT(!by_group || (n_arms_ >= 1 && n_arms_ <= most_arms));
  for (std::size_t g = n_digits - 1; g-- > 0;) step_[g] = step_[g + 1] * grid_.size();
}

ArmGrid ArmGrid::per_group(std::vector<double> grid, std::size_t n_groups) { return {std::move(grid), n_groups, true}; }

std::size_t ArmGrid::arm_of(std::span<const double> threshold, std::size_t guess) const {
  if (n_digits_ == 1 && grid_[guess] == threshold[0]) return guess;
  std::size_t arm = 0;
  for (const double one : threshold.first(n_digits_)) {
    const auto found = std::ranges::lower_bound(grid_, one);
    LOOPGATE_EXPECT(found != grid_.end() && *found == one);
    arm = arm * grid_.size() + static_cast<std::size_t>(found - grid_.begin());
  }
  return arm;
}

void ArmGrid::group_law(GroupId g, std::span<const double> arm_probability, std::vector<double>& probability) const {
  LOOPGATE_EXPECT(arm_probability.size() == n_arms_);
  probability.assign(grid_.size(), 0.0);
  for (std::size_t arm = 0; arm < n_arms_; ++arm) probability[place(arm, index(g))] += arm_probability[arm];
}

std::size_t InitialOrder::next(Rng& rng) {
  LOOPGATE_EXPECT(!done());
  if (left_.empty()) {
    left_.resize(n_arms_);
    std::iota(left_.begin(), left_.end(), 0U);
  }
  probability_ = 1.0 / static_cast<double>(left_.size());
  const std::size_t i = rng.below(static_cast<std::uint32_t>(left_.size()));
  const std::size_t arm = left_[i];
  left_[i] = left_.back();
  left_.pop_back();
  if (left_.empty()) --pulls_;
  return arm;
}

void InitialOrder::law(std::size_t arm, std::vector<double>& probability) const {
  probability.assign(n_arms_, 0.0);
  probability[arm] = probability_;
  for (const std::uint32_t other : left_) probability[other] = probability_;
}

}  // namespace loopgate
