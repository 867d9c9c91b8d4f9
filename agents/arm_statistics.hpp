#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/scenario/schema.hpp"

namespace loopgate {

/// How fast the past is forgotten, by the decisions that things were seen of and not by when they were told.
struct Memory {
  enum class Type : std::uint8_t { stationary, window, discount };
  Type type = Type::stationary;
  std::size_t length = 0;  ///< window: decision epochs remembered, >= 1
  double factor = 1.0;     ///< discount: weight of a decision fades by this each epoch (0, 1]
};

/// What was seen of each arm, on each stream (0: reward, 1..M: residuals). Every stream of an arm keeps its own count:
/// an undefined value adds nothing to it. Garivier & Moulines 2011 (arXiv 0805.3415) for window and discount.
///
/// A discounted past fades for all arms alike, so it is kept in units that grow instead: a count is kept_count x
/// weight, and an epoch changes the kept sums of the arm played alone. The statistics depend on what was added, and on
/// the latest epoch, but for rounding not on the order.
class ArmStatistics {
 public:
  enum class Seen : std::uint8_t { one_arm, every_arm };  ///< of a decision
  ArmStatistics(std::size_t n_arms, std::size_t n_streams, Memory memory, Seen seen = Seen::one_arm);

  /// Takes what was seen of a decision, or a part of it; nothing may be given twice. values: [n_streams]; NaN: not
  /// observed, or not in this part. Gives the arms whose kept sums changed, valid until the next add: the one played,
  /// those whose decisions left the window, or all, once in a long while, where the unit of a discounted past is set
  /// back.
  std::span<const std::uint32_t> add(std::uint32_t epoch, std::size_t arm, std::span<const double> values);

  /// The same of every arm at once, where seen is every_arm. values: [n_arms x n_streams]. Gives all arms.
  std::span<const std::uint32_t> add_all(std::uint32_t epoch, std::span<const double> values);

  /// A discounted count that fell below 1e-200 may be given as 0.
  double count(std::size_t stream, std::size_t arm) const noexcept { return kept_count(stream, arm) * weight_; }
  double mean(std::size_t stream, std::size_t arm) const noexcept;      ///< NaN where the count is 0
  double variance(std::size_t stream, std::size_t arm) const noexcept;  ///< biased (divided by the count), >= 0
  /// Counts and means of all [n_streams x n_arms]; overwrites both.
  void copy(std::vector<double>& count, std::vector<double>& mean) const;
  double kept_count(std::size_t stream, std::size_t arm) const noexcept { return at(stream, arm).count; }
  double weight() const noexcept { return weight_; }  ///< (0, 1]; 1 unless discounted
  /// Decision epochs that the statistics speak of: those up to the latest one, at most the window, or their discounted
  /// sum.
  double rounds() const noexcept;
  std::size_t n_arms() const noexcept { return n_arms_; }
  std::size_t n_streams() const noexcept { return n_streams_; }

 private:
  struct Sums {
    double count = 0.0, sum = 0.0, squares = 0.0;
  };
  const Sums& at(std::size_t stream, std::size_t arm) const noexcept { return sums_[arm * n_streams_ + stream]; }
  void put(std::size_t arm, std::span<const double> values, double weight) noexcept;
  void take(std::size_t arm, std::span<const double> values) noexcept;
  bool advance(std::uint32_t epoch);
  void forget(std::uint64_t epoch);
  void remember(std::uint32_t epoch, std::size_t arm, std::span<const double> values);
  bool in_memory(std::uint32_t epoch) const noexcept {
    return memory_.type != Memory::Type::window || epoch + memory_.length >= n_epochs_;
  }
  double kept_weight(std::uint32_t epoch) const noexcept;
  void set_unit_back() noexcept;

  std::size_t n_arms_, n_streams_;
  std::size_t n_places_;  ///< of what is remembered of an epoch: one, or one an arm
  Memory memory_;
  std::vector<Sums> sums_;  ///< [n_arms x n_streams]
  double weight_ = 1.0;
  double rounds_ = 0.0;
  std::uint64_t n_epochs_ = 0;            ///< the latest epoch and one
  std::vector<std::uint32_t> changed_;    ///< arms that left the window and the arm played
  std::vector<std::uint32_t> every_arm_;  ///< discount, or every arm is seen: 0, 1, ...
  /// [window x n_places] epoch e at e modulo its length; no_arm: nothing is known of it
  std::vector<std::uint32_t> past_arm_;
  std::vector<double> past_value_;  ///< [window x n_places x n_streams] NaN: not observed
};

Schema memory_schema();
Memory make_memory(const Node& settings);

}  // namespace loopgate
