#include "agents/grid.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

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

std::size_t arm_of(std::span<const double> grid, double threshold, std::size_t guess) {
  if (grid[guess] == threshold) return guess;
  const auto found = std::ranges::lower_bound(grid, threshold);
  LOOPGATE_EXPECT(found != grid.end() && *found == threshold);
  return static_cast<std::size_t>(found - grid.begin());
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
