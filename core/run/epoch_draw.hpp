#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/composition.hpp"
#include "core/model/exploration.hpp"
#include "core/types.hpp"

namespace loopgate {

/// Counts of one epoch, [n_groups] each. Whole numbers held as double; fractional at fidelity mean_field.
struct Counts {
  std::vector<double> arrived, accepted, succeeded, qualified;
  std::vector<double> explored;  ///< accepted below the threshold; 0 without exploration

  explicit Counts(std::size_t n_groups)
      : arrived(n_groups), accepted(n_groups), succeeded(n_groups), qualified(n_groups), explored(n_groups) {}
};

/// Applicants of an epoch who came under the same shares.
struct ArrivalPart {
  double n;
  std::span<const double> shares;  ///< [n_groups] by which their groups are drawn
  std::span<const Time> times{};   ///< [n] when each came, in order; empty: all at the decision, or not known
};

/// What comes of an epoch's arrivals: one class a fidelity, called once an epoch.
class EpochDraw {
 public:
  virtual ~EpochDraw() = default;
  /// Decides those who came, part after part, by threshold [n_groups] and counts what came of it.
  virtual void tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                           std::span<const ArrivalPart> parts, Counts& counts) = 0;
  /// The same for n who came under the composition's own shares.
  void tally(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch, double n,
             Counts& counts) {
    const ArrivalPart all{n, composition.shares()};
    tally_parts(composition, threshold, epoch, {&all, 1}, counts);
  }
  /// From the next tally on, in each group [n_groups] or in all of them [1]. law outlives its use; empty: nobody below
  /// a threshold is accepted, as at first.
  void explore(std::span<const Exploration> law) noexcept { exploration_ = law; }

 protected:
  bool explores() const noexcept { return !exploration_.empty(); }
  const Exploration* exploration(std::size_t g) const noexcept { return of_group(exploration_, g); }

 private:
  std::span<const Exploration> exploration_;
};

}  // namespace loopgate
