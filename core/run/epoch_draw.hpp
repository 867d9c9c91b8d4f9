#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/composition.hpp"
#include "core/types.hpp"

namespace loopgate {

/// Counts of one epoch, [n_groups] each. Whole numbers held as double; fractional at fidelity mean_field.
struct Counts {
  std::vector<double> arrived, accepted, succeeded, qualified;

  explicit Counts(std::size_t n_groups)
      : arrived(n_groups), accepted(n_groups), succeeded(n_groups), qualified(n_groups) {}
};

/// What comes of an epoch's arrivals: one class a fidelity, called once an epoch.
class EpochDraw {
 public:
  virtual ~EpochDraw() = default;
  /// Decides n applicants by threshold [n_groups] and counts what came of it.
  virtual void tally(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch, double n,
                     Counts& counts) = 0;
};

}  // namespace loopgate
