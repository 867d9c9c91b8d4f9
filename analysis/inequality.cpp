#include "analysis/inequality.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace loopgate {

namespace {

double weight_of(std::span<const double> weight, std::size_t i) { return weight.empty() ? 1.0 : weight[i]; }

struct Total {
  double n = 0.0, sum = 0.0;
  double mean() const { return n > 0.0 ? sum / n : undefined; }
};

Total total_of(std::span<const double> x, std::span<const double> weight) {
  LOOPGATE_EXPECT(weight.empty() || weight.size() == x.size());
  Total all;
  for (std::size_t i = 0; i < x.size(); ++i) {
    all.n += weight_of(weight, i);
    all.sum += weight_of(weight, i) * x[i];
  }
  return all;
}

/// One amount's part of a generalised entropy, as a function of its ratio to the mean.
double entropy_term(double ratio, double a) {
  if (a == 0.0) return -std::log(ratio);
  if (a == 1.0) return ratio > 0.0 ? ratio * std::log(ratio) : 0.0;
  return (std::pow(ratio, a) - 1.0) / (a * (a - 1.0));
}

}  // namespace

double gini(std::span<const double> x, std::span<const double> weight) {
  const Total all = total_of(x, weight);
  if (!(all.sum > 0.0)) return undefined;
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  double before = 0.0, sum = 0.0;
  for (const std::size_t i : order) {
    const double w = weight_of(weight, i);
    sum += w * x[i] * (2.0 * before + w - all.n);
    before += w;
  }
  return sum / (all.n * all.sum);
}

std::vector<double> lorenz_curve(std::span<const double> x) {
  const Total all = total_of(x, {});
  if (!(all.sum > 0.0)) return {};
  std::vector<double> sorted(x.begin(), x.end()), curve{0.0};
  std::ranges::sort(sorted);
  double sum = 0.0;
  for (const double amount : sorted) curve.push_back((sum += amount) / all.sum);
  return curve;
}

double generalised_entropy(std::span<const double> x, double a, std::span<const double> weight) {
  const Total all = total_of(x, weight);
  if (!(all.sum > 0.0)) return undefined;
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (weight_of(weight, i) > 0.0) sum += weight_of(weight, i) * entropy_term(x[i] / all.mean(), a);
  return sum / all.n;
}

EntropySplit generalised_entropy_split(std::span<const double> x, std::span<const std::uint32_t> group, double a,
                                       std::span<const double> weight) {
  LOOPGATE_EXPECT(group.size() == x.size());
  std::vector<Total> groups;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (group[i] >= groups.size()) groups.resize(group[i] + 1);
    groups[group[i]].n += weight_of(weight, i);
    groups[group[i]].sum += weight_of(weight, i) * x[i];
  }
  std::vector<double> means, counts;
  for (const Total& one : groups) {
    if (!(one.n > 0.0)) continue;
    means.push_back(one.mean());
    counts.push_back(one.n);
  }
  EntropySplit out;
  out.between = generalised_entropy(means, a, counts);
  out.within = generalised_entropy(x, a, weight) - out.between;  // additive by definition
  return out;
}

double atkinson(std::span<const double> x) {
  const Total all = total_of(x, {});
  if (!(all.sum > 0.0)) return undefined;
  double logs = 0.0;
  for (const double amount : x) logs += std::log(amount);
  return 1.0 - std::exp(logs / all.n) / all.mean();
}

}  // namespace loopgate
