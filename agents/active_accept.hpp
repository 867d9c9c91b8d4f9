#pragma once

#include "core/scenario/catalog.hpp"

namespace loopgate {

/// Wraps any of the agents that are registered before it: below the base's threshold it accepts some to learn of them.
void register_active_accept(Catalog& catalog);

/// How the chance of being accepted to learn falls below a threshold.
struct ExplorationRule {
  enum class Kind : std::uint8_t { selective, logistic, uncertainty } kind = Kind::selective;
  double width = 0.1;   ///< selective (score units, > 0): width / (width + threshold - score)
  double slope = 10.0;  ///< logistic (per score unit, > 0): 1 / (1 + exp(slope (threshold - score)))

  /// Of a score below the threshold. theta: what the uncertainty rule has come to, see VariableUncertainty.
  double chance(double score, double threshold, double theta) const noexcept;
};

/// The limit of uncertainty below which a label is asked for (Zliobaite et al. 2014, doi:10.1109/TNNLS.2012.2236570),
/// with its random factor N(1, 1): asks if max(p, 1 - p) < theta N(1, 1).
class VariableUncertainty {
 public:
  explicit VariableUncertainty(double step) : step_(step) {}
  double theta() const noexcept { return theta_; }
  /// Each of asked labels takes theta to theta (1 - step), each of the others to theta (1 + step).
  void learn(double asked, double not_asked) noexcept;

 private:
  double step_;         ///< (0, 1)
  double theta_ = 1.0;  ///< kept in [least, most], so that both questions stay possible
};

/// Keeps the share of applicants who are accepted to learn within a budget, by scaling all chances alike. What chances
/// of full size would spend is estimated by an average that forgets over about `window` applicants.
class ExplorationBudget {
 public:
  ExplorationBudget(double share, double window) : share_(share), window_(window) {}
  double share() const noexcept { return share_; }
  void set_share(double share) noexcept { share_ = share; }
  double scale() const noexcept { return demand_ > share_ ? share_ / demand_ : 1.0; }  ///< (0, 1]
  /// After a batch at the present scale: arrived >= explored >= 0.
  void spend(double arrived, double explored) noexcept;

 private:
  double share_;         ///< (0, 1]
  double window_;        ///< applicants, >= 1
  double demand_ = 1.0;  ///< share that full chances would spend; at first all, so that nothing is overspent
};

}  // namespace loopgate
