#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/model/composition.hpp"
#include "core/model/threshold.hpp"
#include "core/types.hpp"

namespace loopgate {

/// The infinite batch: what a least accepted score does to one group at the current state.
struct Response {
  double acceptance = undefined;        ///< P(score >= least) in the group [0, 1]
  double accepted_success = undefined;  ///< P(score >= least and success) in the group [0, 1]
};

/// One group's law cut into cells of equal probability, for drawing many applicants: an applicant at 64-bit position v
/// of the score law (v / 2^64 is the uniform of the inverse CDF) lies in cell floor(v n_cells / 2^64). Her outcome word
/// w (success iff w / 2^32 < P(success | score)) decides success at once if w < certain_success[cell], failure at once
/// if w > certain_failure[cell]; between them (both ends included) the exact law must be asked.
struct OutcomeCells {
  std::vector<std::uint32_t> certain_success;  ///< [n_cells]
  std::vector<std::uint32_t> certain_failure;  ///< [n_cells], >= certain_success
  /// Finite laws: the one type, as an index within types(), that owns the whole cell, or `many`. Else empty.
  std::vector<std::uint32_t> type;

  static constexpr std::uint32_t many = 0xffffffffU;

  std::size_t size() const noexcept { return certain_success.size(); }
};

/// Where a threshold cuts the upper 32 bits h of an applicant's position: h < reject_below is rejected, h >
/// accept_above accepted; between them (both ends included) the exact law must be asked.
struct AcceptanceCut {
  std::uint32_t reject_below = 0;
  std::uint32_t accept_above = 0xffffffffU;
};

/// A person behind a score, for the trace: finite populations only.
struct ApplicantType {
  std::uint32_t group;
  double score;
  double mass;     ///< within the group; sums to 1
  double success;  ///< P(success | type)
};

/// Who arrives, as a decision rule meets them: in each group the law of (score, potential outcome). Immutable and
/// shared between threads; all that moves is in the Composition. Scores grow with the position, so that a threshold is
/// a cut; where the Composition holds new scores of types, everyone keeps her position and a cut leaves a band.
class ApplicantLaw {
 public:
  virtual ~ApplicantLaw() = default;

  virtual const std::vector<std::string>& groups() const noexcept = 0;  ///< [n_groups] names
  virtual Interval score_range() const noexcept = 0;                    ///< of all groups; infinite ends are possible
  virtual double score_tolerance() const noexcept { return 0.0; }       ///< see threshold.hpp
  virtual Composition start() const = 0;
  /// Values the mean parameter of group g may take; empty (low > high) where the law has no mean.
  virtual Interval score_mean_range(GroupId g) const noexcept = 0;
  virtual std::vector<ApplicantType> types() const = 0;  ///< empty for continuous laws; as at the start
  /// Masses within the group, scores and probabilities of success of the types at a state: [n_types] each, overwritten.
  virtual void types_now(const Composition& /*now*/, std::span<double> /*mass*/, std::span<double> /*score*/,
                         std::span<double> /*success*/) const {}

  /// least, here and in cut: what a threshold leaves as the least accepted score.
  virtual Response respond(const Composition&, GroupId, double least) const = 0;
  virtual double qualification_rate(const Composition&, GroupId) const = 0;  ///< P(success) in the group [0, 1]

  virtual AcceptanceCut cut(const Composition&, GroupId, double least) const = 0;
  /// cells is overwritten. A law that is a step function may choose n_cells itself.
  virtual void tabulate(const Composition&, GroupId, std::size_t n_cells, OutcomeCells& cells) const = 0;
  /// The exact law at given positions of group g: all spans [n]. type: index within types(), 0 for continuous laws.
  /// success and type may be empty, and for finite laws score, where they are not wanted.
  virtual void resolve(const Composition&, GroupId g, std::span<const std::uint64_t> position, std::span<double> score,
                       std::span<double> success, std::span<std::uint32_t> type) const = 0;
};

}  // namespace loopgate
