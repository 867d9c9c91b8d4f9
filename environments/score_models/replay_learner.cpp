#include "environments/score_models/replay_learner.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "environments/score_models/learner.hpp"

namespace loopgate {

namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double sigmoid(double z) { return 1.0 / (1.0 + std::exp(-z)); }

class ReplayLearner final : public Learner {
 public:
  ReplayLearner(const ReplaySettings& settings, LearnerStart start)
      : Learner(start, Link::logistic),
        settings_(settings),
        trusted_only_(start.labels.contamination.trusted_only),
        rng_(start.seed, start.replication, Stream::replay()),
        buffer_(settings.buffer, settings.balanced ? n_groups() : 0),
        gradient_(features().n_terms()) {}

  void observe(std::uint32_t epoch, const TypeTally& tally, std::span<const double> score,
               std::span<const double> propensity) override {
    for (const TypeLabels& labels : labeller().label(epoch, tally, score, propensity)) {
      add_new(labels, Provenance::observed, labels.succeeded, 1.0);
      add_new(labels, Provenance::observed, labels.observed - labels.succeeded, 0.0);
      add_new(labels, Provenance::pseudo, labels.pseudo_positive, 1.0);
      add_new(labels, Provenance::pseudo, labels.pseudo - labels.pseudo_positive, 0.0);
      if (loss() == LabelLoss::implicit) {  // all without a label are failures there
        const double rest = labels.arrived - labels.observed - (trusted_only_ ? 0.0 : labels.pseudo);
        for (double n = rest; n >= 1.0; n -= 1.0) new_.push_back({labels.type, Provenance::observed, 1.0, 0.0, 0.0});
      }
    }
  }

  ScoreFit refit(std::uint32_t epoch, std::span<double> score) override {
    rng_.begin_epoch(epoch);
    const ScoreFit known = labels();
    std::vector<double> w = learn(score);
    for (const LabelledPoint& point : new_) buffer_.offer(replayed(point), features().group[point.type], rng_);
    new_.clear();
    n_pseudo_ = 0.0;
    return deploy(std::move(w), known, score);
  }

 private:
  static LabelledPoint replayed(LabelledPoint point) {
    if (point.provenance == Provenance::pseudo) point.provenance = Provenance::replayed_pseudo;
    return point;
  }

  /// n labels of one kind.
  void add_new(const TypeLabels& labels, Provenance provenance, double n, double success) {
    const bool pseudo = provenance == Provenance::pseudo;
    if (pseudo) n_pseudo_ += n;
    if (pseudo && trusted_only_) return;
    const double propensity = pseudo ? 1.0 : labels.propensity;
    const WeightedLabels one = weigh(loss(), 1.0, 1.0, success, propensity);
    for (; n >= 1.0; n -= 1.0) new_.push_back({labels.type, provenance, one.total, one.positive, 1.0 / propensity});
  }

  std::span<const double> row(const LabelledPoint& point) const {
    return std::span(features().value).subspan(point.type * features().n_terms(), features().n_terms());
  }

  std::size_t n_groups() const { return 1 + *std::ranges::max_element(features().group); }

  /// Empty where there is nothing to learn from, or the steps run away.
  std::vector<double> learn(std::span<const double> old_score) {
    const std::size_t n_new = new_.empty() ? 0 : settings_.new_batch,
                      n_old = buffer_.size() == 0 ? 0 : settings_.old_batch;
    if (n_new + n_old == 0) return {};
    std::vector<double> w(in_use().begin(), in_use().end());
    if (!settings_.warm_start || !in_use_is_known()) std::ranges::fill(w, 0.0);
    for (std::size_t step = 0; step < settings_.steps; ++step) {
      for (std::size_t i = 0; i < n_new; ++i) {
        const LabelledPoint& point = new_[rng_.below(static_cast<std::uint32_t>(new_.size()))];
        if (settings_.kappa > 0.0) gradient_.add_cosine(settings_.kappa, w, row(point), point);
        else gradient_.add_dot(w, row(point), point);
      }
      for (std::size_t i = 0; i < n_old; ++i) {
        const LabelledPoint& point = buffer_.any(rng_);
        gradient_.add_dot(w, row(point), point);
        if (settings_.distillation > 0.0)
          gradient_.add_distillation(settings_.distillation, old_score[point.type], w, row(point));
      }
      gradient_.step(settings_.learning_rate, settings_.l2, n_new + n_old, w);
    }
    const bool finite = std::ranges::all_of(w, [](double x) { return std::isfinite(x); });
    return finite ? w : std::vector<double>{};
  }

  /// Of all that this update can draw.
  ScoreFit labels() const {
    ScoreFit fit;
    fit.pseudo = n_pseudo_;
    double weight = 0.0, squares = 0.0;
    const auto add = [&](const LabelledPoint& point) {
      weight += point.weight;
      squares += point.weight * point.weight;
      if (point.provenance == Provenance::observed && point.weight > 0.0) fit.observed += 1.0;
      if (point.provenance == Provenance::replayed_pseudo) fit.pseudo += 1.0;
    };
    std::ranges::for_each(new_, add);
    buffer_.each(add);
    if (squares > 0.0) fit.effective_sample_size = weight * weight / squares;
    return fit;
  }

  ReplaySettings settings_;
  bool trusted_only_;
  Rng rng_;
  ReplayBuffer buffer_;
  std::vector<LabelledPoint> new_;  ///< since the last update
  double n_pseudo_ = 0.0;           ///< labels made up since then, trusted or not
  GradientSum gradient_;
};

}  // namespace

void Reservoir::offer(const LabelledPoint& point, Rng& rng) {
  ++offered_;
  if (points_.size() < capacity_) return points_.push_back(point);
  const auto at = static_cast<std::uint64_t>(rng.uniform() * static_cast<double>(offered_));
  if (at < capacity_) points_[at] = point;
}

ReplayBuffer::ReplayBuffer(std::size_t capacity, std::size_t n_groups) {
  const std::size_t n_parts = n_groups == 0 ? 1 : 2 * n_groups;
  LOOPGATE_EXPECT(capacity >= n_parts);
  for (std::size_t i = 0; i < n_parts; ++i) parts_.emplace_back(capacity / n_parts + (i < capacity % n_parts ? 1 : 0));
}

void ReplayBuffer::offer(const LabelledPoint& point, std::uint32_t group, Rng& rng) {
  const std::size_t part = parts_.size() == 1 ? 0 : 2 * group + (point.positive > 0.0 ? 1 : 0);
  parts_[part].offer(point, rng);
}

std::size_t ReplayBuffer::size() const noexcept {
  std::size_t n = 0;
  for (const Reservoir& part : parts_) n += part.points().size();
  return n;
}

const LabelledPoint& ReplayBuffer::any(Rng& rng) const {
  std::size_t i = rng.below(static_cast<std::uint32_t>(size())), part = 0;
  for (; i >= parts_[part].points().size(); ++part) i -= parts_[part].points().size();
  return parts_[part].points()[i];
}

double cosine(std::span<const double> w, std::span<const double> x, std::span<double> gradient) {
  const double w_norm = std::sqrt(dot(w, w)), x_norm = std::sqrt(dot(x, x));
  LOOPGATE_EXPECT(w_norm > 0.0 && x_norm > 0.0);
  const double value = dot(w, x) / (w_norm * x_norm);
  for (std::size_t j = 0; j < w.size(); ++j) gradient[j] = (x[j] / x_norm - value * w[j] / w_norm) / w_norm;
  return value;
}

void GradientSum::add_dot(std::span<const double> w, std::span<const double> x, const LabelledPoint& point) {
  add(point.total * sigmoid(dot(w, x)) - point.positive, x);
}

void GradientSum::add_cosine(double kappa, std::span<const double> w, std::span<const double> x,
                             const LabelledPoint& point) {
  if (std::ranges::all_of(w, [](double one) { return one == 0.0; })) return add_dot(w, x, point);
  const double z = kappa * cosine(w, x, scratch_);
  add(kappa * (point.total * sigmoid(z) - point.positive), scratch_);
}

void GradientSum::add_distillation(double weight, double old, std::span<const double> w, std::span<const double> x) {
  add(weight * (sigmoid(dot(w, x)) - old), x);
}

void GradientSum::step(double rate, double l2, std::size_t n, std::span<double> w) {
  for (std::size_t j = 0; j < w.size(); ++j)
    w[j] -= rate * (sum_[j] / static_cast<double>(n) + (j == 0 ? 0.0 : l2 * w[j]));
  std::ranges::fill(sum_, 0.0);
}

void GradientSum::add(double factor, std::span<const double> gradient) {
  for (std::size_t j = 0; j < sum_.size(); ++j) sum_[j] += factor * gradient[j];
}

Description describe_replay() {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return {
      "replay",
      "logistic regression by stochastic gradient steps on new labels and on old ones from a buffer",
      {defaulted("buffer", integer(1, 1e8), "1000", "labels kept"),
       defaulted("reservoir", choice({"uniform", "balanced"}), "uniform",
                 "which: a uniform sample of all so far, or of those of each group and outcome as many"),
       defaulted("steps", integer(1, 1e6), "100", "gradient steps of an update"),
       defaulted("new_batch", integer(1, 1e6), "32", "labels of a step from those since the last update"),
       defaulted("old_batch", integer(0, 1e6), "32", "labels of a step from the buffer"),
       defaulted("learning_rate", number({0.0, infinity, true}), "0.1", "length of a step along the mean gradient"),
       defaulted("l2", number({0.0}), "0.001", "weight of l2 / 2 |w|^2 beside the mean loss; the intercept is free"),
       optional("uer", record({defaulted("kappa", number({0.0, infinity, true}), "5", "factor of the cosine")}),
                "learn new labels by the direction of w alone, logit kappa cos(w, x); old ones by w x (UER, Lin et al. "
                "2023)"),
       defaulted("distillation", number({0.0}), "0", "weight of KL(old score || new score) on labels of the buffer")},
      "",
      "",
      ""};
}

ReplaySettings read_replay(const Node& settings, bool warm_start) {
  const auto count = [&settings](const char* key) { return static_cast<std::size_t>(settings.integer(key)); };
  ReplaySettings replay;
  replay.buffer = count("buffer");
  replay.balanced = settings.string("reservoir") == "balanced";
  replay.steps = count("steps");
  replay.new_batch = count("new_batch");
  replay.old_batch = count("old_batch");
  replay.learning_rate = settings.number("learning_rate");
  replay.l2 = settings.number("l2");
  if (settings.has("uer")) replay.kappa = settings.at("uer").number("kappa");
  replay.distillation = settings.number("distillation");
  replay.warm_start = warm_start;
  return replay;
}

std::unique_ptr<ScoreLearner> make_replay_learner(const ReplaySettings& settings, LearnerStart start) {
  return std::make_unique<ReplayLearner>(settings, std::move(start));
}

}  // namespace loopgate
