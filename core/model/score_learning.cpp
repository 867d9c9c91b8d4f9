#include "core/model/score_learning.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace loopgate {

void linear_scores(Link link, const TypeFeatures& features, std::span<const double> coefficient,
                   std::span<double> score) {
  const std::size_t n_terms = features.n_terms();
  LOOPGATE_EXPECT(coefficient.size() == n_terms && score.size() == features.n_types());
  for (std::size_t k = 0; k < score.size(); ++k) {
    const double* row = &features.value[k * n_terms];
    const double z = std::inner_product(coefficient.begin(), coefficient.end(), row, 0.0);
    score[k] = link == Link::logistic ? 1.0 / (1.0 + std::exp(-z)) : std::clamp(z, 0.0, 1.0);
  }
}

double area_under_curve(std::span<const double> score, std::span<const double> success,
                        std::span<const double> failure) {
  std::vector<std::size_t> order(score.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&score](std::size_t a, std::size_t b) { return score[a] < score[b]; });
  double pairs = 0.0, failures = 0.0, successes = 0.0;
  for (std::size_t i = 0; i < order.size();) {
    double tied_failures = 0.0, tied_successes = 0.0;
    const double value = score[order[i]];
    for (; i < order.size() && score[order[i]] == value; ++i) {
      tied_successes += success[order[i]];
      tied_failures += failure[order[i]];
    }
    pairs += tied_successes * (failures + 0.5 * tied_failures);
    failures += tied_failures;
    successes += tied_successes;
  }
  return failures * successes > 0.0 ? pairs / (failures * successes) : undefined;
}

void TypeTally::clear() noexcept {
  for (auto* column : {&arrived, &accepted, &succeeded, &failed}) std::ranges::fill(*column, 0.0);
}

}  // namespace loopgate
