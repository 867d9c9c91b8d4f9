#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/random/rng.hpp"
#include "core/scenario/yaml.hpp"
#include "tests/support/worlds.hpp"

using namespace loopgate;

namespace {

/// Rows with two numeric features on very different scales and one 0/1 feature. separable: success iff the first
/// feature is above 50.
Dataset rows(std::size_t n, bool separable) {
  Dataset data;
  data.groups = {"a", "b"};
  data.feature_names = {"income", "rate", "owner=yes"};
  data.numeric = {1, 1, 0};
  Rng rng(Seed{5}, Replication{0}, Stream{9});
  for (std::size_t i = 0; i < n; ++i) {
    const double income = 100.0 * rng.uniform(), rate = 0.01 * rng.uniform(), owner = rng.below(2);
    data.group.push_back(static_cast<std::uint32_t>(i % 2));
    data.features.insert(data.features.end(), {income, rate, owner});
    const double logit = 0.04 * (income - 50.0) + 100.0 * (rate - 0.005) + 0.5 * owner;
    data.success.push_back(separable ? income > 50.0 : rng.uniform() < 1.0 / (1.0 + std::exp(-logit)));
  }
  return data;
}

ScoredRows fit(const Dataset& data, const std::string& keys, Diagnostics& diagnostics) {
  const Catalog& catalog = test::catalog();
  const Node settings = validate(parse_yaml("{type: logistic_regression" + keys + "}", "model", diagnostics),
                                 component("type", catalog.score_models.descriptions()), diagnostics);
  REQUIRE(diagnostics.ok());
  return catalog.score_models.make("logistic_regression", settings, diagnostics)->score_rows(data, diagnostics);
}

/// What the model minimises, made anew: sum of log losses on the rows that are not held out + l2 / 2 |w|^2 without the
/// intercept, numeric features standardised by these rows' mean and sd.
struct Objective {
  std::vector<std::vector<double>> x;
  std::vector<double> y, mean{0, 0, 0}, sd{1, 1, 1};
  double l2;

  Objective(const Dataset& data, const std::vector<std::size_t>& held_out, double penalty) : l2(penalty) {
    std::vector<std::size_t> train;
    for (std::size_t i = 0; i < data.n_rows(); ++i)
      if (std::ranges::find(held_out, i) == held_out.end()) train.push_back(i);
    for (std::size_t j = 0; j < 2; ++j) {
      double sum = 0.0, squares = 0.0;
      for (const std::size_t i : train) sum += data.features[3 * i + j];
      mean[j] = sum / static_cast<double>(train.size());
      for (const std::size_t i : train) squares += std::pow(data.features[3 * i + j] - mean[j], 2);
      sd[j] = std::sqrt(squares / static_cast<double>(train.size()));
    }
    for (const std::size_t i : train) {
      x.push_back(terms(data, i));
      y.push_back(data.success[i]);
    }
  }
  std::vector<double> terms(const Dataset& data, std::size_t i) const {
    std::vector<double> row{1.0};
    for (std::size_t j = 0; j < 3; ++j) row.push_back((data.features[3 * i + j] - mean[j]) / sd[j]);
    return row;
  }
  static double linear(const std::vector<double>& row, const std::vector<double>& w) {
    double sum = 0.0;
    for (std::size_t j = 0; j < w.size(); ++j) sum += row[j] * w[j];
    return sum;
  }
  double operator()(const std::vector<double>& w) const {
    double total = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double z = linear(x[i], w);
      total += std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))) - y[i] * z;
    }
    for (std::size_t j = 1; j < w.size(); ++j) total += 0.5 * l2 * w[j] * w[j];
    return total;
  }
  double slope(const std::vector<double>& w, std::size_t j) const {  ///< by central differences, error about 1e-7
    constexpr double step = 1e-4;
    std::vector<double> up = w, down = w;
    up[j] += step;
    down[j] -= step;
    return ((*this)(up) - (*this)(down)) / (2 * step);
  }
};

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the coefficients are a stationary point of the penalised log loss") {
  const Dataset data = rows(400, false);
  for (const double l2 : {0.0, 1.0, 30.0}) {
    CAPTURE(l2);
    Diagnostics diagnostics;
    const ScoredRows scored = fit(data, ", l2: " + std::to_string(l2) + ", train_fraction: 0.6", diagnostics);
    REQUIRE(diagnostics.ok());
    CHECK(scored.row.size() == 160);
    const std::vector<double>& w = scored.report.coefficient;
    REQUIRE(w.size() == 4);
    CHECK(scored.report.term == std::vector<std::string>{"(intercept)", "income", "rate", "owner=yes"});
    const Objective objective(data, scored.row, l2), other(data, scored.row, l2 + 0.1);
    double other_slope = 0.0;
    for (std::size_t j = 0; j < w.size(); ++j) {
      CHECK(std::abs(objective.slope(w, j)) < 1e-5);
      other_slope = std::max(other_slope, std::abs(other.slope(w, j)));
    }
    CHECK(other_slope > 1e-3);  // the check would see a penalty that is off by 0.1
    for (std::size_t i = 0; i < scored.row.size(); ++i) {
      const double z = Objective::linear(objective.terms(data, scored.row[i]), w);
      CHECK(scored.score[i] == doctest::Approx(1.0 / (1.0 + std::exp(-z))).epsilon(1e-12));
    }
  }
}

TEST_CASE("separable classes without a penalty are told as the reason for no convergence") {
  const Dataset data = rows(200, true);
  Diagnostics diagnostics;
  fit(data, ", l2: 0", diagnostics);
  REQUIRE(diagnostics.count() == 1);
  CHECK(diagnostics.errors()[0].find("does not converge: with l2 = 0 features that separate the classes") !=
        std::string::npos);
  CHECK(diagnostics.errors()[0].find("a larger l2") != std::string::npos);
  Diagnostics fine;
  const ScoredRows scored = fit(data, ", l2: 1", fine);
  CHECK(fine.ok());
  CHECK(scored.report.auc > 0.99);
}

TEST_CASE("a category of successes alone leaves no best weights without a penalty") {
  Dataset data = rows(300, false);
  for (std::size_t i = 0; i < data.n_rows(); ++i)
    if (data.features[3 * i + 2] == 1.0) data.success[i] = 1;
  Diagnostics diagnostics, fine;
  fit(data, ", l2: 0", diagnostics);
  CHECK(diagnostics.count() == 1);
  fit(data, ", l2: 0.01", fine);
  CHECK(fine.ok());
}

TEST_CASE("a split that leaves one class to train on is an error") {
  Dataset data = rows(60, false);
  std::ranges::fill(data.success, std::uint8_t{1});
  Diagnostics diagnostics;
  fit(data, "", diagnostics);
  REQUIRE(diagnostics.count() == 1);
  CHECK(diagnostics.errors()[0].find("one class only") != std::string::npos);
}

TEST_SUITE_END();
