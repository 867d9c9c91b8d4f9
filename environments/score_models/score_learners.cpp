#include "environments/score_models/score_learners.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <deque>
#include <numeric>

#include "environments/score_models/learner.hpp"
#include "environments/score_models/logistic_fit.hpp"

namespace loopgate {

namespace {

/// Labels of some epochs.
struct Block {
  LabelSums sums;
  double pseudo = 0.0;  ///< labels made up, trusted or not

  void add(const Block& other) {
    sums.add(other.sums);
    pseudo += other.pseudo;
  }
  void scale(double factor) {
    sums.scale(factor);
    pseudo *= factor;
  }

  ScoreFit labels() const {
    ScoreFit fit;
    fit.observed = sums.observed();
    fit.pseudo = pseudo;
    fit.effective_sample_size = sums.effective_sample_size();
    return fit;
  }
};

class LogisticLearner final : public Learner {
 public:
  LogisticLearner(const LogisticSettings& settings, LearnerStart start)
      : Learner(std::move(start), Link::logistic),
        settings_(settings),
        // An update's window begins and ends where blocks of this length do.
        block_epochs_(settings.window ? std::gcd(*settings.window, settings.every) : settings.every) {}

  void observe(std::uint32_t epoch, const TypeTally& tally, std::span<const double> score,
               std::span<const double> propensity) override {
    const std::uint32_t place = settings_.window ? epoch / block_epochs_ : 0;
    if (place < first_) return;  // known too late for any window to come
    while (first_ + blocks_.size() <= place) blocks_.push_back({LabelSums(loss(), features().n_types())});
    Block& block = blocks_[place - first_];
    for (const TypeLabels& labels : labeller().label(epoch, tally, score, propensity)) {
      labeller().add(labels, block.sums);
      block.pseudo += labels.pseudo;
    }
  }

  ScoreFit refit(std::uint32_t epoch, std::span<double> score) override {
    if (settings_.window && epoch > *settings_.window) drop_before((epoch - *settings_.window) / block_epochs_);
    Block all{LabelSums(loss(), features().n_types())};
    for (const Block& block : blocks_) all.add(block);
    return deploy(fit(all.sums), all.labels(), score);
  }

 private:
  void drop_before(std::uint32_t place) {
    for (; first_ < place; ++first_)
      if (!blocks_.empty()) blocks_.pop_front();
  }

  /// Empty where there are no labels of both kinds, or the regression does not come to rest.
  std::vector<double> fit(const LabelSums& sums) const {
    const std::size_t n_terms = features().n_terms();
    const double scale = sums.fit_scale();
    std::vector<double> x, total, positive;
    double negatives = 0.0, positives = 0.0;
    for (std::size_t k = 0; k < sums.total().size(); ++k) {
      if (!(sums.total()[k] > 0.0)) continue;
      const auto row = std::span(features().value).subspan(k * n_terms, n_terms);
      x.insert(x.end(), row.begin(), row.end());
      total.push_back(scale * sums.total()[k]);
      positive.push_back(scale * sums.positive()[k]);
      positives += positive.back();
      negatives += total.back() - positive.back();
    }
    if (!(positives > 0.0 && negatives > 0.0)) return {};
    std::vector<double> w(in_use().begin(), in_use().end());
    if (!settings_.warm_start || !in_use_is_known()) w.assign(n_terms, 0.0);
    if (!fit_logistic(x, total, positive, settings_.l2, w)) return {};
    return w;
  }

  LogisticSettings settings_;
  std::uint32_t block_epochs_;
  std::deque<Block> blocks_;  ///< by the epochs of the decisions: of the window, or one of all epochs
  std::uint32_t first_ = 0;   ///< place of blocks_[0]
};

class RidgeLearner final : public Learner {
 public:
  RidgeLearner(const RidgeSettings& settings, LearnerStart start)
      : Learner(std::move(start), Link::linear), settings_(settings), held_{LabelSums(loss(), features().n_types())} {}

  void observe(std::uint32_t epoch, const TypeTally& tally, std::span<const double> score,
               std::span<const double> propensity) override {
    const std::uint32_t missed = n_updates_ - epoch / settings_.every;  // since the decision
    Block late{LabelSums(loss(), features().n_types())};
    Block& block = missed > 0 ? late : held_;
    for (const TypeLabels& labels : labeller().label(epoch, tally, score, propensity)) {
      labeller().add(labels, block.sums);
      block.pseudo += labels.pseudo;
    }
    if (missed == 0) return;
    late.scale(std::pow(settings_.discount, missed));
    held_.add(late);
  }

  ScoreFit refit(std::uint32_t, std::span<double> score) override {
    ++n_updates_;
    ScoreFit fit = deploy(solve(), held_.labels(), score);
    held_.scale(settings_.discount);
    return fit;
  }

 private:
  /// Empty where there are no labels.
  std::vector<double> solve() const {
    const auto n = static_cast<Eigen::Index>(features().n_terms());
    Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(n, n);
    Eigen::VectorXd moment = Eigen::VectorXd::Zero(n);
    const double scale = held_.sums.fit_scale();
    for (std::size_t k = 0; k < features().n_types(); ++k) {
      if (!(held_.sums.total()[k] > 0.0)) continue;
      const Eigen::Map<const Eigen::VectorXd> x(&features().value[k * features().n_terms()], n);
      gram.selfadjointView<Eigen::Lower>().rankUpdate(x, scale * held_.sums.total()[k]);
      moment += scale * held_.sums.positive()[k] * x;
    }
    if (!(gram(0, 0) > 0.0)) return {};
    gram.diagonal().tail(n - 1).array() += settings_.l2;
    const Eigen::VectorXd w = gram.selfadjointView<Eigen::Lower>().ldlt().solve(moment);
    if (!w.allFinite()) return {};
    return {w.begin(), w.end()};
  }

  RidgeSettings settings_;
  Block held_;
  std::uint32_t n_updates_ = 0;
};

}  // namespace

std::unique_ptr<ScoreLearner> make_logistic_learner(const LogisticSettings& settings, LearnerStart start) {
  return std::make_unique<LogisticLearner>(settings, std::move(start));
}

std::unique_ptr<ScoreLearner> make_ridge_learner(const RidgeSettings& settings, LearnerStart start) {
  return std::make_unique<RidgeLearner>(settings, std::move(start));
}

}  // namespace loopgate
