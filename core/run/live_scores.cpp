#include "core/run/live_scores.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace loopgate {

class LiveScores::Counter final : public RowSink {
 public:
  Counter(TypeTally& tally, RowSink* next) : tally_(tally), next_(next) {}
  void begin_epoch(const AcceptPropensity* propensity) override {
    if (next_ != nullptr) next_->begin_epoch(propensity);
  }
  void append(const ApplicantRows& rows) override {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::uint32_t k = rows.type[i];
      tally_.arrived[k] += 1.0;
      tally_.accepted[k] += rows.accepted[i];
      tally_.succeeded[k] += rows.accepted[i] & rows.success[i];
      tally_.failed[k] += rows.accepted[i] & (1U ^ rows.success[i]);
    }
    if (next_ != nullptr) next_->append(rows);
  }

 private:
  TypeTally& tally_;
  RowSink* next_;
};

LiveScores::LiveScores(const ScoreLearning& learning, const ApplicantLaw& law, Seed seed, Replication replication,
                       Fidelity fidelity, EpochSink& sink)
    : every_(learning.every()),
      needs_propensity_(learning.needs_propensity()),
      sink_(sink),
      law_(law),
      types_(law.types()),
      mass_(types_.size()),
      moved_score_(types_.size()),
      success_(types_.size()),
      n_groups_(law.groups().size()),
      learner_(learning.make(seed, replication, fidelity)),
      start_coefficient_(learning.features().start),
      now_{TypeTally(types_.size()), {}, std::vector<double>(needs_propensity_ ? types_.size() : 0)} {
  LOOPGATE_EXPECT(learning.features().n_types() == types_.size());
  for (const ApplicantType& type : types_) score_.push_back(type.score);
}

RowSink& LiveScores::counter(RowSink* next) {
  counter_ = std::make_unique<Counter>(now_.tally, next);
  return *counter_;
}

void LiveScores::start(const Composition& composition) {
  ScoreFit fit;
  fit.coefficient = start_coefficient_;
  record(fit, composition);
}

void LiveScores::recount(const SeenApplicants& seen) {
  for (auto* column : {&now_.tally.succeeded, &now_.tally.failed}) std::ranges::fill(*column, 0.0);
  for (std::size_t i = 0; i < seen.type.size(); ++i) {
    if (seen.accepted[i] == 0 || std::isnan(seen.success[i])) continue;
    now_.tally.succeeded[seen.type[i]] += seen.success[i];
    now_.tally.failed[seen.type[i]] += 1.0 - seen.success[i];
  }
}

void LiveScores::observe(const Decision& decision) {
  close(decision);
  tell(now_);
}

void LiveScores::hold(const Decision& decision, std::uint32_t place) {
  close(decision);
  while (held_.size() <= place) held_.push_back({TypeTally(types_.size()), {}, now_.propensity});
  std::swap(now_, held_[place]);
}

void LiveScores::observe_held(std::uint32_t place) { tell(held_[place]); }

std::span<const double> LiveScores::scores_now(const Composition& composition) {
  law_.types_now(composition, mass_, moved_score_, success_);
  return moved_score_;
}

/// Who applied was decided by the score in use, and where interventions shift scores by what it came to.
void LiveScores::close(const Decision& decision) {
  now_.epoch = decision.epoch;
  now_.score = score_;
  if (now_.propensity.empty()) return;
  law_.types_now(decision.composition, mass_, moved_score_, success_);
  for (std::size_t k = 0; k < now_.propensity.size(); ++k)
    now_.propensity[k] = decision.known * decision.propensity(types_[k].group, moved_score_[k]);
}

void LiveScores::tell(Labels& labels) {
  learner_->observe(labels.epoch, labels.tally, labels.score, labels.propensity);
  labels.tally.clear();
}

void LiveScores::update(std::uint32_t epoch, Composition& composition) {
  const ScoreFit fit = learner_->refit(epoch, score_);
  if (fit.refitted) composition.set_type_scores(score_);
  ++version_;
  record(fit, composition);
}

/// Mean and sd of the scores of each group, and how well scores tell successes from failures in the whole population.
void LiveScores::record(const ScoreFit& fit, const Composition& composition) {
  std::vector<double> mean(n_groups_, 0.0), variance(n_groups_, 0.0), success, failure;
  law_.types_now(composition, mass_, moved_score_, success_);
  for (std::size_t k = 0; k < types_.size(); ++k) {
    const double weight = composition.shares()[types_[k].group] * mass_[k];
    mean[types_[k].group] += mass_[k] * score_[k];
    success.push_back(weight * success_[k]);
    failure.push_back(weight * (1.0 - success_[k]));
  }
  for (std::size_t k = 0; k < types_.size(); ++k) {
    const double apart = score_[k] - mean[types_[k].group];
    variance[types_[k].group] += mass_[k] * apart * apart;
  }
  for (double& one : variance) one = std::sqrt(one);
  ScoreRecord now;
  now.coefficient = fit.coefficient;
  now.mean_score = mean;
  now.score_sd = variance;
  now.auc = area_under_curve(score_, success, failure);
  now.observed = fit.observed;
  now.pseudo = fit.pseudo;
  now.effective_sample_size = fit.effective_sample_size;
  now.refitted = fit.refitted ? 1.0 : 0.0;
  sink_.record_scores(now);
}

}  // namespace loopgate
