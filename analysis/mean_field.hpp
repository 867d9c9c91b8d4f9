#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/run/count_draw.hpp"
#include "core/run/law_answers.hpp"
#include "core/run/type_counts.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate {

/// The closed loop of infinitely many applicants under fixed thresholds, as a map from an epoch's state to the next's,
/// with the parameters of the start: interventions are no part of it.
/// A state is a point: the shares of all groups but the last, if dynamics move shares, then what else they move in the
/// order of scenario.states, of a group's type masses all but the last.
class MeanFieldMap {
 public:
  /// The scenario outlives the map. ScenarioError where a rule draws at random, so that there is no such map.
  explicit MeanFieldMap(const Scenario& scenario);
  MeanFieldMap(const MeanFieldMap&) = delete;
  MeanFieldMap& operator=(const MeanFieldMap&) = delete;

  std::size_t n_coordinates() const noexcept { return coordinates_.size(); }
  std::vector<double> start() const;  ///< the scenario's own
  bool valid(std::span<const double> point) const;
  /// The point one epoch later. EXPECTs a valid one; threshold [n_groups].
  std::vector<double> next(std::span<const double> threshold, std::span<const double> point);
  /// The expected reward at a valid point; residual [n_residuals] is overwritten.
  double outcome(std::span<const double> threshold, std::span<const double> point, std::span<double> residual);
  /// The point as the values of scenario.states.
  std::vector<double> states(std::span<const double> point);
  /// The other way: states [n_states], such as a trace holds.
  std::vector<double> point(std::span<const double> states) const;
  /// Independent directions, [n_coordinates] of them, of length about 1 + |x|, along which a valid point has valid ones
  /// near it on one side at least: share or mass passes from the largest group or type to each other one.
  std::vector<std::vector<double>> directions(std::span<const double> point) const;
  /// A point part of the way from the first to where all groups have equal shares; all else stays.
  std::vector<double> blended(std::vector<double> point, double part) const;

 private:
  /// States that sum to 1, such as shares: the last is no coordinate, what the others leave.
  struct Simplex {
    std::vector<std::size_t> states;  ///< places in scenario.states
    std::size_t first;                ///< coordinate of the first
  };

  bool valid(std::size_t s, double value) const;
  void add_simplex(std::vector<std::size_t> states);
  /// What the coordinates of a simplex leave for its last state.
  static double left_by(const Simplex& simplex, std::span<const double> point) noexcept;
  void put(std::span<const double> point);
  std::vector<double> point_of(const Composition& composition) const;

  const Scenario& scenario_;
  Composition composition_;  ///< the only one that answers_ is asked about, since answers go by its version
  LawAnswers answers_;
  std::unique_ptr<TypeCounter> by_type_;  ///< where a rule needs types, or null
  std::unique_ptr<EpochDraw> draw_;
  Counts counts_;
  std::vector<std::size_t> coordinates_;  ///< places in scenario.states
  std::vector<Simplex> simplices_;        ///< shares first, if they move
  std::vector<double> value_;             ///< [n_states] scratch
  std::vector<double> rate_;              ///< [n_groups] scratch
};

/// Where the loop comes to rest.
struct FixedPoint {
  std::vector<double> point;
  double spectral_radius = undefined;  ///< of the map's Jacobian there; < 1: it attracts; NaN: nothing moves
};

struct Settling {
  bool converged = false;
  FixedPoint at;        ///< meaningful if converged
  unsigned period = 0;  ///< not converged: length of the cycle that it ended in; 0: none up to 16 was found
  unsigned iterations = 0;
};

/// Follows the map from a valid point to rest: iterates, and takes Newton's method once the way that is left is so
/// nearly straight that two corrections fall by a factor of 10 (Deuflhard 2011, doi:10.1007/978-3-642-23899-4, section
/// 2.1) and lead to a point that attracts. At rest: moves by at most 1e-13 (1 + |x|). Gives up after so many epochs.
Settling settle(MeanFieldMap& map, std::span<const double> threshold, std::vector<double> point,
                unsigned most_epochs = 20000);

/// Of the map's Jacobian at a valid point, by central differences (one-sided where a point has valid neighbours on one
/// side only). NaN without coordinates.
double spectral_radius(MeanFieldMap& map, std::span<const double> threshold, std::span<const double> point);

/// Whether two points agree to 1e-6 (1 + |x|) in every coordinate.
bool same_point(std::span<const double> a, std::span<const double> b);

}  // namespace loopgate
