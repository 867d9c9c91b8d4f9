#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/types.hpp"

namespace loopgate {

/// How a weighted sum of features becomes a score in [0, 1]: 1 / (1 + exp(-z)), or z cut to [0, 1].
enum class Link : std::uint8_t { logistic, linear };

/// A finite population as a score model that learns sees it, types in the law's order.
struct TypeFeatures {
  std::vector<std::string> term;     ///< [n_terms] "(intercept)" first, then the features
  std::vector<double> value;         ///< [n_types x n_terms] row-major; 1 first, numeric features standardised
  std::vector<double> start;         ///< [n_terms] coefficients of the model in use at the start; NaN where it has none
  std::vector<std::uint32_t> group;  ///< [n_types]

  std::size_t n_terms() const noexcept { return term.size(); }
  std::size_t n_types() const noexcept { return term.empty() ? 0 : value.size() / term.size(); }
};

/// Scores of all types: score [n_types] is overwritten. coefficient [n_terms].
void linear_scores(Link link, const TypeFeatures& features, std::span<const double> coefficient,
                   std::span<double> score);

/// Area under the ROC curve, in its Mann-Whitney form, ties counting half: score [n], weights of successes and failures
/// [n]. NaN where either has no weight.
double area_under_curve(std::span<const double> score, std::span<const double> success,
                        std::span<const double> failure);

/// What came of one epoch's applicants by type: all [n_types], counts (fractional in mean_field).
struct TypeTally {
  std::vector<double> arrived, accepted;
  std::vector<double> succeeded, failed;  ///< of the accepted whose outcomes are or will be known

  explicit TypeTally(std::size_t n_types) : arrived(n_types), accepted(n_types), succeeded(n_types), failed(n_types) {}
  void clear() noexcept;
};

/// What an update made of the score model.
struct ScoreFit {
  bool refitted = false;                     ///< false: there was nothing to learn from, and the old model stays
  std::vector<double> coefficient;           ///< [n_terms] in use from now on; NaN: scores are not made of features
  double observed = 0.0;                     ///< accepted applicants whose outcomes the model holds
  double pseudo = 0.0;                       ///< rejected applicants whose outcomes it made up and holds
  double effective_sample_size = undefined;  ///< (sum w)^2 / sum w^2 over labels in the fit; NaN: there are none
};

/// A score model that learns while it is in use. One object serves one replication of one agent. It sees of an epoch
/// what the decision-maker sees: who applied, who was accepted, and the outcomes of those.
class ScoreLearner {
 public:
  virtual ~ScoreLearner() = default;
  /// Once the outcomes of an epoch's decisions are known, so not always in the order of epochs. score [n_types]: in use
  /// at the decision. propensity [n_types]: probability with which an applicant's outcome comes to be known, accepted
  /// by the agent's random choice and not lost; empty where needs_propensity() is false.
  virtual void observe(std::uint32_t epoch, const TypeTally& tally, std::span<const double> score,
                       std::span<const double> propensity) = 0;
  /// At a score update: score [n_types] holds the scores in use and gets those of the new model.
  virtual ScoreFit refit(std::uint32_t epoch, std::span<double> score) = 0;
};

/// Makes learners. Immutable and shared between threads.
class ScoreLearning {
 public:
  virtual ~ScoreLearning() = default;
  virtual std::uint32_t every() const noexcept = 0;  ///< epochs from one update to the next, >= 1
  virtual bool needs_propensity() const noexcept = 0;
  virtual Link link() const noexcept = 0;
  virtual const TypeFeatures& features() const noexcept = 0;
  virtual std::unique_ptr<ScoreLearner> make(Seed seed, Replication replication, Fidelity fidelity) const = 0;
};

}  // namespace loopgate
