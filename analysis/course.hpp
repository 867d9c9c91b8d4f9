#pragma once

#include <string_view>
#include <vector>

#include "core/model/change.hpp"

namespace loopgate {

/// A parameter of the scenario over time, as interventions change it.
class Course {
 public:
  Course(double always) : start_(always) {}  // NOLINT(google-explicit-constructor): a number is a course that rests
  /// start: before any change. changes: of the scenario, in the order in which they happen. name: as a change spells
  /// what it sets, `constraints.demographic_parity.tolerance`.
  Course(double start, const std::vector<Change>& changes, std::string_view name);

  double start() const noexcept { return start_; }
  bool moves() const noexcept { return !pieces_.empty(); }
  double at(Time now) const noexcept;  ///< in force for a decision at `now`

 private:
  struct Piece {
    Time from, until;  ///< from `until` on it stays
    double start, end;
  };
  double start_;
  std::vector<Piece> pieces_;  // in order of time
};

}  // namespace loopgate
