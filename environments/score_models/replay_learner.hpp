#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/random/rng.hpp"
#include "core/scenario/schema.hpp"
#include "environments/score_models/score_learners.hpp"

namespace loopgate {

/// Stochastic gradient steps on new labels and on old ones from a buffer.
struct ReplaySettings {
  std::size_t buffer = 1000;                   ///< labels kept
  bool balanced = false;                       ///< as many of each group and outcome
  std::size_t steps = 100;                     ///< of an update
  std::size_t new_batch = 32, old_batch = 32;  ///< labels of a step
  double learning_rate = 0.1;                  ///< of the mean loss
  double l2 = 0.0;                             ///< beside the mean loss; the intercept is free
  double kappa = 0.0;                          ///< > 0: new labels are learnt by kappa cos(w, x) (UER, Lin et al. 2023)
  double distillation = 0.0;                   ///< weight of KL(old score || new score) on old labels
  bool warm_start = true;                      ///< from the coefficients in use, else from 0
};
Description describe_replay();
ReplaySettings read_replay(const Node& settings, bool warm_start);
std::unique_ptr<ScoreLearner> make_replay_learner(const ReplaySettings& settings, LearnerStart start);

/// A label to learn from: its loss is positive l(1) + (total - positive) l(0).
struct LabelledPoint {
  std::uint32_t type;
  Provenance provenance;
  double total, positive;
  double weight;  ///< of the label; 0: a rejection that the implicit loss takes for a failure
};

/// A uniform sample without replacement of all that was offered: the i-th is kept with probability min(1, capacity / i)
/// (Vitter 1985, algorithm R, doi:10.1145/3147.3165).
class Reservoir {
 public:
  explicit Reservoir(std::size_t capacity) : capacity_(capacity) {}
  void offer(const LabelledPoint& point, Rng& rng);
  const std::vector<LabelledPoint>& points() const noexcept { return points_; }

 private:
  std::size_t capacity_;
  std::uint64_t offered_ = 0;
  std::vector<LabelledPoint> points_;
};

/// Labels to learn from again: one reservoir of all, or balanced, one of equal size for each group and outcome.
class ReplayBuffer {
 public:
  /// n_groups: 0: not balanced. EXPECTs a label for each reservoir.
  ReplayBuffer(std::size_t capacity, std::size_t n_groups);
  void offer(const LabelledPoint& point, std::uint32_t group, Rng& rng);
  std::size_t size() const noexcept;
  /// Any of those that are held, each as likely. EXPECTs size() > 0.
  const LabelledPoint& any(Rng& rng) const;
  template <class Visit>
  void each(const Visit& visit) const {
    for (const Reservoir& part : parts_)
      for (const LabelledPoint& point : part.points()) visit(point);
  }

 private:
  std::vector<Reservoir> parts_;
};

/// The cosine of the angle between w and x [n], and in gradient [n] its derivative by w. EXPECTs w and x other than 0.
double cosine(std::span<const double> w, std::span<const double> x, std::span<double> gradient);

/// The sum of losses of one step and its gradient by w.
class GradientSum {
 public:
  explicit GradientSum(std::size_t n_terms) : sum_(n_terms, 0.0), scratch_(n_terms) {}
  /// logit w x.
  void add_dot(std::span<const double> w, std::span<const double> x, const LabelledPoint& point);
  /// logit kappa cos(w, x); w x where w is 0.
  void add_cosine(double kappa, std::span<const double> w, std::span<const double> x, const LabelledPoint& point);
  /// weight KL(old || sigma(w x)), but for a constant. old [0, 1].
  void add_distillation(double weight, double old, std::span<const double> w, std::span<const double> x);
  /// w <- w - rate (mean gradient over n labels + l2 w without the intercept); starts anew.
  void step(double rate, double l2, std::size_t n, std::span<double> w);

 private:
  void add(double factor, std::span<const double> gradient);
  std::vector<double> sum_, scratch_;
};

}  // namespace loopgate
