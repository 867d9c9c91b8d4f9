#include "environments/score_models/labeller.hpp"

#include <algorithm>
#include <cmath>

#include "core/random/samplers.hpp"

namespace loopgate {

const std::vector<TypeLabels>& Labeller::label(std::uint32_t epoch, const TypeTally& tally,
                                               std::span<const double> score, std::span<const double> propensity) {
  labels_.clear();
  rng_.begin_epoch(epoch);
  const Contamination& made_up = settings_.contamination;
  for (std::size_t k = 0; k < tally.arrived.size(); ++k) {
    if (!(tally.arrived[k] > 0.0)) continue;
    TypeLabels one{static_cast<std::uint32_t>(k),
                   tally.arrived[k],
                   tally.succeeded[k] + tally.failed[k],
                   tally.succeeded[k],
                   1.0,
                   0.0,
                   0.0};
    popularity_.add(k, one.observed);
    if (made_up.share > 0.0) {
      one.pseudo = draw(tally.arrived[k] - tally.accepted[k], made_up.share);
      const double p = made_up.labels == Contamination::Labels::soft ? score[k] : score[k] >= 0.5 ? 1.0 : 0.0;
      one.pseudo_positive = draw(one.pseudo, p);
    }
    labels_.push_back(one);
  }
  if (settings_.loss != LabelLoss::naive)
    for (TypeLabels& one : labels_) one.propensity = propensity_of(one.type, propensity);
  return labels_;
}

double Labeller::propensity_of(std::size_t type, std::span<const double> logged) const noexcept {
  const double p = settings_.needs_propensity() ? logged[type] : popularity_(type);
  return std::clamp(p, settings_.clip, 1.0);
}

void Labeller::add(const TypeLabels& labels, LabelSums& sums) const {
  sums.add_observed(labels.type, labels.arrived, labels.observed, labels.succeeded, labels.propensity);
  if (!settings_.contamination.trusted_only && labels.pseudo > 0.0)
    sums.add_pseudo(labels.type, labels.pseudo, labels.pseudo_positive);
}

void PopularityPropensity::add(std::size_t type, double observed) noexcept {
  count_[type] += observed;
  largest_ = std::max(largest_, count_[type]);
}

double PopularityPropensity::operator()(std::size_t type) const noexcept {
  return largest_ > 0.0 ? std::sqrt(count_[type] / largest_) : 0.0;
}

double Labeller::draw(double n, double p) {
  if (expected_) return n * p;
  return n > 0.0 ? static_cast<double>(sample_binomial(static_cast<std::uint64_t>(n), p, rng_)) : 0.0;
}

}  // namespace loopgate
