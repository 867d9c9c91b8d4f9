#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/parameter.hpp"
#include "core/random/rng.hpp"
#include "core/types.hpp"

namespace loopgate {

class Batches;
class ArrivalProcess;

/// How many apply and when: in batches, one at each decision epoch, or one by one in continuous time. In what follows
/// `parameters` is the current value of each of parameters().
class Arrivals {
 public:
  virtual ~Arrivals() = default;
  virtual std::vector<Parameter> parameters() const { return {}; }
  virtual const Batches* batches() const noexcept { return nullptr; }         ///< this or
  virtual const ArrivalProcess* process() const noexcept { return nullptr; }  ///< this is not null
};

/// A batch at each decision epoch.
class Batches : public Arrivals {
 public:
  const Batches* batches() const noexcept final { return this; }
  virtual double mean(std::span<const double> parameters) const noexcept = 0;  ///< applicants of a batch, > 0
  /// Whether the number can follow a population that grows or shrinks.
  virtual bool follows_population() const noexcept { return false; }
  /// Size of a batch, >= 0, of `scale` times the mean. scale: >= 0; 1 where the number does not follow a population.
  virtual std::uint32_t draw(std::span<const double> parameters, double scale, Rng& rng) const = 0;
};

/// Arrivals at times of their own, the same whatever is decided and whenever decisions fall.
class ArrivalProcess : public Arrivals {
 public:
  const ArrivalProcess* process() const noexcept final { return this; }

  /// How far a replication has come: a plain value, so that a copy may look ahead.
  struct Position {
    Time next = 0.0;          ///< of the next candidate; infinite: nobody comes any more
    std::uint64_t drawn = 0;  ///< candidates so far
  };
  virtual Position start(std::span<const double> parameters, Seed seed, Replication replication) const = 0;
  /// Appends the times of those who come by `until`, in order, but at most `most`. position moves past them.
  virtual void advance(Position& position, Time until, std::size_t most, std::span<const double> parameters, Seed seed,
                       Replication replication, std::vector<Time>& times) const = 0;
  /// Parameters change at a time up to which position has been advanced.
  virtual void change(Position& position, Time now, std::span<const double> before,
                      std::span<const double> after) const = 0;
  /// Expected number of those who come in (from, until], of from = 0 in [0, until].
  virtual double expected(Time from, Time until, std::span<const double> parameters) const = 0;
  /// Whether the number of those who come in a time is Poisson with that mean; else it is that number.
  virtual bool poisson() const noexcept = 0;
  virtual bool ends() const noexcept = 0;  ///< whether nobody comes after some time
  /// The group of each arrival, in order, where these are given; else empty, and the composition's shares decide.
  virtual std::span<const std::uint32_t> groups() const noexcept { return {}; }
  virtual std::span<const Time> given_times() const noexcept { return {}; }  ///< all arrivals, where these are given
};

}  // namespace loopgate
