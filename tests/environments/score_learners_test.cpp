#include "environments/score_models/score_learners.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace loopgate;

namespace {

constexpr std::size_t n_types = 6;

/// Six types with an intercept and one feature.
std::shared_ptr<const TypeFeatures> line() {
  TypeFeatures features{{"(intercept)", "x"}, {}, {0.0, 0.0}, std::vector<std::uint32_t>(n_types, 0)};
  for (std::size_t k = 0; k < n_types; ++k)
    features.value.insert(features.value.end(), {1.0, static_cast<double>(k) - 2.5});
  return std::make_shared<const TypeFeatures>(std::move(features));
}

LearnerStart start(const LabelSettings& labels = {}, Fidelity fidelity = Fidelity::mean_field,
                   Replication replication = Replication{0}) {
  return {line(), labels, Seed{7}, replication, fidelity};
}

/// Arrivals of an epoch, of whom a part is accepted and succeeds.
TypeTally epoch(double accepted_share, double tilt) {
  TypeTally tally(n_types);
  for (std::size_t k = 0; k < n_types; ++k) {
    tally.arrived[k] = 10.0 + static_cast<double>(k);
    tally.accepted[k] = tally.arrived[k] * accepted_share;
    tally.succeeded[k] = tally.accepted[k] * (0.1 + tilt * static_cast<double>(k));
    tally.failed[k] = tally.accepted[k] - tally.succeeded[k];
  }
  return tally;
}

const std::vector<double> middling(n_types, 0.5);

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("ridge from sums is the ridge regression of all labels") {
  const auto learner = make_ridge_learner({2.0, 1.0}, start());
  double n = 0, x = 0, xx = 0, y = 0, xy = 0;
  for (std::uint32_t t = 0; t < 4; ++t) {
    const TypeTally tally = epoch(0.5, 0.03 * t);
    learner->observe(t, tally, middling, {});
    for (std::size_t k = 0; k < n_types; ++k) {
      const double at = static_cast<double>(k) - 2.5;
      n += tally.accepted[k], x += tally.accepted[k] * at, xx += tally.accepted[k] * at * at;
      y += tally.succeeded[k], xy += tally.succeeded[k] * at;
    }
  }
  std::vector<double> score(n_types, 0.5);
  const ScoreFit fit = learner->refit(4, score);
  const double determinant = n * (xx + 2.0) - x * x;  // the intercept is free
  CHECK(fit.refitted);
  CHECK(fit.coefficient[0] == doctest::Approx(((xx + 2.0) * y - x * xy) / determinant).epsilon(1e-12));
  CHECK(fit.coefficient[1] == doctest::Approx((n * xy - x * y) / determinant).epsilon(1e-12));
  CHECK(score[5] == doctest::Approx(fit.coefficient[0] + 2.5 * fit.coefficient[1]).epsilon(1e-12));
  CHECK(fit.observed == doctest::Approx(n));
}

TEST_CASE("ridge forgets what an update held by its discount") {
  const RidgeSettings forgetful{1.0, 0.0, 1};
  const auto part = make_ridge_learner(forgetful, start()), fresh = make_ridge_learner(forgetful, start());
  std::vector<double> score(n_types, 0.5);
  part->observe(0, epoch(0.9, 0.02), middling, {});
  part->refit(1, score);
  fresh->refit(1, score);
  part->observe(1, epoch(0.4, 0.1), middling, {});
  fresh->observe(1, epoch(0.4, 0.1), middling, {});
  CHECK(part->refit(2, score).coefficient == fresh->refit(2, score).coefficient);
}

TEST_CASE("labels that come late weigh as they would have by then") {
  LogisticSettings windowed{1.0, 4, 8, false};
  const auto make = [&](bool ridge) {
    return ridge ? make_ridge_learner({1.0, 0.7, 4}, start()) : make_logistic_learner(windowed, start());
  };
  for (const bool ridge : {false, true}) {
    CAPTURE(ridge);
    const auto prompt = make(ridge), late = make(ridge);
    std::vector<double> score(n_types, 0.5);
    for (std::uint32_t t = 0; t < 16; ++t) {
      if (t > 0 && t % 4 == 0) {
        prompt->refit(t, score);
        late->refit(t, score);
      }
      prompt->observe(t, epoch(0.6, 0.01 * t), middling, {});
    }
    for (const std::uint32_t t : {9U, 15U, 0U, 14U, 3U, 1U, 2U, 12U, 4U, 8U, 5U, 7U, 10U, 6U, 13U, 11U})
      late->observe(t, epoch(0.6, 0.01 * t), middling, {});
    const ScoreFit a = prompt->refit(16, score), b = late->refit(16, score);
    REQUIRE(a.refitted);
    CHECK(a.observed == doctest::Approx(b.observed).epsilon(1e-12));
    for (std::size_t j = 0; j < 2; ++j) CHECK(a.coefficient[j] == doctest::Approx(b.coefficient[j]).epsilon(1e-9));
  }
}

TEST_CASE("refits on what scores have made of outcomes come to rest where they agree") {  // KA-RRM
  // Mean outcome 1 + theta / 2 under score theta: the fixed point is 1 / (1 - 1/2) = 2 (Perdomo et al. 2020).
  const auto constant = std::make_shared<const TypeFeatures>(TypeFeatures{{"(intercept)"}, {1.0}, {0.0}, {0}});
  const auto learner = make_ridge_learner({1.0, 0.0, 1}, {constant, {}, Seed{1}, Replication{0}, Fidelity::mean_field});
  double theta = 0.0;
  std::vector<double> score{0.0};
  for (std::uint32_t t = 0; t < 50; ++t) {
    TypeTally tally(1);
    tally.arrived[0] = tally.accepted[0] = 10.0;
    tally.succeeded[0] = 10.0 * (1.0 + 0.5 * theta);  // a mean of outcomes, not a share
    tally.failed[0] = 10.0 - tally.succeeded[0];
    learner->observe(t, tally, score, {});
    theta = learner->refit(t + 1, score).coefficient[0];
    if (t == 0) CHECK(theta == doctest::Approx(1.0).epsilon(1e-12));
  }
  CHECK(theta == doctest::Approx(2.0).epsilon(1e-12));
}

TEST_CASE("a guess of propensities grows with the root of how often a type was accepted") {  // KA-PSCORE
  PopularityPropensity guess(3);
  CHECK(guess(0) == 0.0);
  for (const auto& [type, count] : {std::pair{0, 16.0}, {1, 4.0}, {2, 1.0}}) guess.add(type, count);
  CHECK(guess(0) == 1.0);
  CHECK(guess(1) == 0.5);
  CHECK(guess(2) == 0.25);
  LabelSettings labels;
  labels.loss = LabelLoss::ipw;
  labels.propensity = LabelSettings::Propensity::counts;
  labels.clip = 0.4;
  CHECK(!labels.needs_propensity());
  Labeller labeller(labels, 3, Seed{1}, Replication{0}, Fidelity::counts);
  TypeTally tally(3);
  tally.arrived = {20.0, 20.0, 20.0};
  tally.accepted = tally.succeeded = {16.0, 4.0, 1.0};
  std::vector<double> used;
  for (const TypeLabels& one : labeller.label(0, tally, middling, {})) used.push_back(one.propensity);
  CHECK(used == std::vector<double>{1.0, 0.5, 0.4});
}

TEST_CASE("a window holds the labels of its epochs alone whatever it shares with the period") {
  for (const std::uint32_t window : {1U, 4U, 6U, 9U}) {
    CAPTURE(window);
    LogisticSettings settings{1.0, 6, window, false};
    const auto whole = make_logistic_learner(settings, start()), late = make_logistic_learner(settings, start());
    std::vector<double> score(n_types, 0.5);
    for (std::uint32_t t = 0; t < 18; ++t) {
      if (t > 0 && t % 6 == 0) whole->refit(t, score);
      whole->observe(t, epoch(0.6, 0.01 * t), middling, {});
      if (t >= 18 - window) late->observe(t, epoch(0.6, 0.01 * t), middling, {});
    }
    const ScoreFit all = whole->refit(18, score), some = late->refit(18, score);
    CHECK(all.refitted);
    CHECK(all.observed == doctest::Approx(some.observed));
    for (std::size_t j = 0; j < 2; ++j) CHECK(all.coefficient[j] == doctest::Approx(some.coefficient[j]).epsilon(1e-9));
  }
}

TEST_CASE("weighting by inverse propensity learns from some what all would have told") {
  const auto all = make_logistic_learner({}, start());
  LabelSettings weighted;
  weighted.clip = 0.01;
  const std::vector<double> propensity{0.05, 0.1, 0.2, 0.4, 0.7, 1.0};
  TypeTally everyone = epoch(1.0, 0.12), some = everyone;
  for (std::size_t k = 0; k < n_types; ++k) {
    some.accepted[k] *= propensity[k];
    some.succeeded[k] *= propensity[k];
    some.failed[k] *= propensity[k];
  }
  std::vector<double> score(n_types, 0.5);
  all->observe(0, everyone, middling, {});
  const ScoreFit truth = all->refit(1, score);
  for (const LabelLoss loss : {LabelLoss::ipw, LabelLoss::self_normalised_ipw}) {
    weighted.loss = loss;
    const auto learner = make_logistic_learner({}, start(weighted));
    learner->observe(0, some, middling, propensity);
    const ScoreFit fit = learner->refit(1, score);
    for (std::size_t j = 0; j < 2; ++j)
      CHECK(fit.coefficient[j] == doctest::Approx(truth.coefficient[j]).epsilon(1e-6));
    CHECK(fit.effective_sample_size < fit.observed);
  }
}

TEST_CASE("an update without labels of both kinds keeps the model") {
  for (const bool ridge : {false, true}) {
    const auto learner = ridge ? make_ridge_learner({}, start()) : make_logistic_learner({}, start());
    std::vector<double> score(n_types, 0.25);
    learner->observe(0, TypeTally(n_types), score, {});
    const ScoreFit fit = learner->refit(1, score);
    CHECK(!fit.refitted);
    CHECK(score == std::vector<double>(n_types, 0.25));
    CHECK(std::isnan(fit.effective_sample_size));
  }
  const auto learner = make_logistic_learner({}, start());
  TypeTally lucky = epoch(1.0, 0.0);
  lucky.succeeded = lucky.accepted;
  lucky.failed.assign(n_types, 0.0);
  std::vector<double> score(n_types, 0.25);
  learner->observe(0, lucky, score, {});
  CHECK(!learner->refit(1, score).refitted);
}

TEST_CASE("labels that are not trusted are counted and change nothing") {
  LabelSettings labels;
  labels.contamination = {0.5, Contamination::Labels::hard, true};
  const auto trusting = make_logistic_learner({}, start()), wary = make_logistic_learner({}, start(labels));
  labels.contamination.trusted_only = false;
  const auto contaminated = make_logistic_learner({}, start(labels));
  std::vector<double> score(n_types, 0.5);
  for (auto* learner : {trusting.get(), wary.get(), contaminated.get()})
    learner->observe(0, epoch(0.5, 0.1), score, {});
  const ScoreFit plain = trusting->refit(1, score), kept = wary->refit(1, score), mixed = contaminated->refit(1, score);
  CHECK(kept.coefficient == plain.coefficient);
  CHECK(kept.pseudo == doctest::Approx(0.25 * 75.0));  // half of the rejected half of 75
  CHECK(mixed.pseudo == kept.pseudo);
  CHECK(mixed.coefficient[0] > plain.coefficient[0] + 0.1);  // score 1/2 counts as a success
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("statistical");

TEST_CASE("a model that learns from labels it drew itself collapses at the known rate") {  // KA-COLLAPSE
  // A share p is refitted to n = 10 draws of its own in each of 5 generations: E p (1 - p) = (1 - 1/n)^5 p_0 (1 - p_0)
  // = 0.590490 / 4. Null: that mean over r = 20,000 replications; p (1 - p) lies in [0, 1/4], so its sd is at most 1/8;
  // alpha = 1e-5: |z| < 4.42. The wrong value is that of n = 11.
  constexpr std::uint32_t n_replications = 20000;
  const auto after = [](bool trusted_only) {
    LabelSettings labels;
    labels.contamination = {1.0, Contamination::Labels::soft, trusted_only};
    const auto constant = std::make_shared<const TypeFeatures>(TypeFeatures{{"(intercept)"}, {1.0}, {0.5}, {0}});
    TypeTally rejected(1);
    rejected.arrived[0] = 10.0;
    double sum = 0.0;
    for (std::uint32_t r = 0; r < n_replications; ++r) {
      const auto learner =
          make_ridge_learner({1.0, 0.0, 1}, {constant, labels, Seed{11}, Replication{r}, Fidelity::individuals});
      std::vector<double> score{0.5};
      for (std::uint32_t t = 0; t < 5; ++t) {
        learner->observe(t, rejected, score, {});
        learner->refit(t + 1, score);
      }
      sum += score[0] * (1.0 - score[0]);
    }
    return sum / n_replications;
  };
  const auto z = [](double mean, double expected) {
    return std::abs(mean - expected) * std::sqrt(n_replications) / 0.125;
  };
  const double mean = after(false);
  CHECK(z(mean, 0.590490 / 4.0) < 4.42);
  CHECK(z(mean, std::pow(1.0 - 1.0 / 11.0, 5) / 4.0) > 4.42);
  CHECK(after(true) == 0.25);  // nothing that can be trusted: the model stays
}

TEST_SUITE_END();
