#pragma once

#include <vector>

#include "core/model/arrivals.hpp"
#include "core/model/clock.hpp"
#include "core/run/epoch_draw.hpp"

namespace loopgate {

/// Who has come in continuous time since the last decision, of one replication: in parts, in each of which the groups'
/// shares stay. Where single times are not needed (counts and mean_field with a clock that does not count arrivals) the
/// number is drawn from its Poisson law, or is its mean.
class ArrivalLog {
 public:
  /// process outlives the log; parameters and shares [n_groups]: those of the start.
  ArrivalLog(const ArrivalProcess& process, const Clock& clock, Fidelity fidelity, Seed seed, Replication replication,
             std::span<const double> parameters, std::span<const double> shares);

  /// When decision `epoch` falls, the next one, if nothing changes. Infinite: never.
  Time next_decision(std::uint32_t epoch, std::span<const double> parameters) const;
  /// Lets those come who come by now. To be called before shares or parameters change, and at a decision.
  void advance(Time now, std::span<const double> shares, std::span<const double> parameters);
  /// Parameters change now; advance came before.
  void change(Time now, std::span<const double> before, std::span<const double> after) {
    process_.change(position_, now, before, after);
  }

  double n() const noexcept { return n_; }
  double expected() const noexcept { return weight_; }  ///< mean number of these; where times are given, n()
  std::span<const ArrivalPart> parts() noexcept;
  /// [n_groups] shares of those expected since the last decision; where nobody is, the last that held.
  std::span<const double> shares() const noexcept { return shares_; }
  /// After decision `epoch`: nobody has come since.
  void clear(std::uint32_t epoch) noexcept;

 private:
  bool singly() const noexcept;
  double come(Time now, std::span<const double> parameters);
  void add(double n, std::span<const double> shares, std::span<const Time> times);
  void add_given(std::size_t first, std::size_t n);
  void mix(double weight, std::span<const double> shares);

  const ArrivalProcess& process_;
  Clock clock_;
  Fidelity fidelity_;
  Seed seed_;
  Replication replication_;
  ArrivalProcess::Position position_;
  Rng rng_;
  std::uint64_t come_ = 0;  ///< single arrivals ever
  Time last_ = 0.0;         ///< until when they have been let in
  double n_ = 0.0, weight_ = 0.0;
  std::vector<double> shares_;
  std::vector<Time> times_;          ///< [n], where they come singly
  std::vector<ArrivalPart> parts_;   ///< spans are set by parts()
  std::vector<double> part_shares_;  ///< [parts x n_groups]
  std::vector<double> one_hot_;      ///< [n_groups x n_groups]
};

}  // namespace loopgate
