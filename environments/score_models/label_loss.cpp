#include "environments/score_models/label_loss.hpp"

#include "core/error.hpp"
#include "core/types.hpp"

namespace loopgate {

WeightedLabels weigh(LabelLoss loss, double arrived, double accepted, double succeeded, double propensity) noexcept {
  switch (loss) {
    case LabelLoss::naive:
      return {accepted, succeeded};
    case LabelLoss::ipw:
    case LabelLoss::self_normalised_ipw:
      return {accepted / propensity, succeeded / propensity};
    case LabelLoss::implicit:
      return {arrived, succeeded / propensity};
  }
  return {};
}

void LabelSums::add_observed(std::size_t type, double arrived, double accepted, double succeeded, double propensity) {
  const WeightedLabels labels = weigh(loss_, arrived, accepted, succeeded, propensity);
  total_[type] += labels.total;
  positive_[type] += labels.positive;
  applicants_ += arrived;
  observed_ += accepted;
  const double w = loss_ == LabelLoss::naive ? 1.0 : 1.0 / propensity;
  if (accepted > 0.0) weight_ += accepted * w;
  if (accepted > 0.0) squares_ += accepted * w * w;
}

void LabelSums::add_pseudo(std::size_t type, double labels, double positive) {
  if (loss_ != LabelLoss::implicit) total_[type] += labels;  // there the rejected are rows already
  positive_[type] += positive;
  weight_ += labels;
  squares_ += labels;
}

void LabelSums::add(const LabelSums& other) {
  LOOPGATE_EXPECT(other.total_.size() == total_.size() && other.loss_ == loss_);
  for (std::size_t k = 0; k < total_.size(); ++k) {
    total_[k] += other.total_[k];
    positive_[k] += other.positive_[k];
  }
  applicants_ += other.applicants_;
  observed_ += other.observed_;
  weight_ += other.weight_;
  squares_ += other.squares_;
}

void LabelSums::scale(double factor) {
  for (auto* column : {&total_, &positive_})
    for (double& x : *column) x *= factor;
  for (double* x : {&applicants_, &observed_, &weight_}) *x *= factor;
  squares_ *= factor * factor;
}

double LabelSums::normaliser() const noexcept {
  switch (loss_) {
    case LabelLoss::naive:
    case LabelLoss::self_normalised_ipw:
      return weight_;
    case LabelLoss::ipw:
    case LabelLoss::implicit:
      return applicants_;
  }
  return undefined;
}

double LabelSums::mean(std::span<const double> success, std::span<const double> failure) const {
  LOOPGATE_EXPECT(success.size() == total_.size() && failure.size() == total_.size());
  double sum = 0.0;
  for (std::size_t k = 0; k < total_.size(); ++k)
    sum += positive_[k] * success[k] + (total_[k] - positive_[k]) * failure[k];
  return normaliser() > 0.0 ? sum / normaliser() : undefined;
}

double LabelSums::effective_sample_size() const noexcept {
  return squares_ > 0.0 ? weight_ * weight_ / squares_ : undefined;
}

}  // namespace loopgate
