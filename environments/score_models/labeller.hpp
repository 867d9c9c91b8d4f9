#pragma once

#include <vector>

#include "core/model/score_learning.hpp"
#include "core/random/rng.hpp"
#include "environments/score_models/label_loss.hpp"

namespace loopgate {

/// Where a label comes from: an outcome that was observed, one that the model's own score stood for, or one of these
/// that is learnt from again.
enum class Provenance : std::uint8_t { observed, pseudo, replayed_pseudo };

/// Labels that a model makes up for rejected applicants and then learns from.
struct Contamination {
  double share = 0.0;                                                     ///< of the rejected [0, 1]
  enum class Labels : std::uint8_t { hard, soft } labels = Labels::soft;  ///< score >= 1/2, or drawn by the score
  bool trusted_only = false;                                              ///< learn from observed outcomes alone
};

/// Labels of one type in one epoch; counts, fractional in mean_field.
struct TypeLabels {
  std::uint32_t type;
  double arrived;
  double observed, succeeded;      ///< provenance observed: accepted with a known outcome, and of these successes
  double propensity;               ///< clipped, in (0, 1]; 1 for the naive loss
  double pseudo, pseudo_positive;  ///< provenance pseudo
};

/// What the loss is computed from.
struct LabelSettings {
  enum class Propensity : std::uint8_t { logged, counts };

  LabelLoss loss = LabelLoss::naive;
  Propensity propensity = Propensity::logged;  ///< the agent's own, or a guess, see PopularityPropensity
  double clip = 0.05;                          ///< least propensity (0, 1]
  Contamination contamination;

  bool needs_propensity() const noexcept { return loss != LabelLoss::naive && propensity == Propensity::logged; }
};

/// A guess of the chance of being observed from how often each type was: (count / largest count)^(1/2), as for the data
/// sets of Saito et al. 2020, arXiv 1909.03601, whose chances are not known.
class PopularityPropensity {
 public:
  explicit PopularityPropensity(std::size_t n_types) : count_(n_types, 0.0) {}
  void add(std::size_t type, double observed) noexcept;
  double operator()(std::size_t type) const noexcept;  ///< [0, 1]; 0 while nothing was observed

 private:
  std::vector<double> count_;
  double largest_ = 0.0;
};

/// Labels each epoch's applicants.
class Labeller {
 public:
  Labeller(const LabelSettings& settings, std::size_t n_types, Seed seed, Replication replication, Fidelity fidelity)
      : settings_(settings),
        popularity_(n_types),
        rng_(seed, replication, Stream::retraining()),
        expected_(fidelity == Fidelity::mean_field) {}

  /// Of the types that have arrivals, in order; valid until the next call. score, propensity: as ScoreLearner::observe.
  const std::vector<TypeLabels>& label(std::uint32_t epoch, const TypeTally& tally, std::span<const double> score,
                                       std::span<const double> propensity);
  /// Adds what the settings trust to sums; pseudo labels that they do not are counted here alone.
  void add(const TypeLabels& labels, LabelSums& sums) const;

 private:
  double draw(double n, double p);  ///< binomial; in mean_field its mean

  double propensity_of(std::size_t type, std::span<const double> logged) const noexcept;

  LabelSettings settings_;
  PopularityPropensity popularity_;
  Rng rng_;
  bool expected_;
  std::vector<TypeLabels> labels_;
};

}  // namespace loopgate
