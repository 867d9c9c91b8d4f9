#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/model/applicant_law.hpp"

namespace loopgate {

/// Everything that settles an applicant by looking up, at one state and one set of thresholds.
class KernelTables {
 public:
  explicit KernelTables(std::size_t n_groups);

  /// Cumulative shares decide the group: word 0 (in units of 2^-32) below the sum of shares 0..g means group <= g.
  void set_shares(std::span<const double> shares);
  void set_cut(std::size_t g, AcceptanceCut cut) noexcept;
  void set_cells(std::size_t g, const OutcomeCells& cells);  ///< of groups 0, 1, ... in order: group 0 starts anew

  std::size_t n_groups() const noexcept { return n_groups_; }

 private:
  friend struct KernelAccess;
  /// A cell's outcome bounds, cut to the upper 16 bits so that one word holds both: bits 0-15 success for certain
  /// below, bits 16-31 failure for certain above. The cut widens what is unsettled by 2^-16 at the most.
  std::vector<std::uint32_t> entry_;
  std::size_t n_groups_;
  std::vector<std::uint32_t> share_cut_;  ///< [<= n_groups - 1], those below 2^32; word 0 >= cut: the next group
  // [n_groups], padded to whole vectors
  std::vector<std::uint32_t> n_cells_, first_cell_, reject_below_, accept_above_;
};

/// Consecutive applicants of one epoch: Philox blocks with counter (first + i, counter1, counter2, counter3).
struct ApplicantBlock {
  static constexpr std::uint32_t most = 1024;
  std::uint32_t first, n;  ///< n <= most
  std::uint32_t counter1, counter2, counter3;
  std::array<std::uint32_t, 2> key;
};

/// An applicant whom the tables cannot settle: the exact law must be asked.
struct Unsettled {
  std::uint32_t at;  ///< index within the block
  std::uint32_t group;
  std::uint32_t high, low;  ///< position in the score law
  std::uint32_t outcome;

  friend bool operator==(const Unsettled&, const Unsettled&) = default;
};

/// Each applicant of a block on her own. What concerns an unsettled one, but for group and position, is undefined.
struct ClassifiedBlock {
  alignas(32) std::array<std::uint32_t, ApplicantBlock::most> bucket;     ///< 4 group + 2 accepted + success
  alignas(32) std::array<std::uint32_t, ApplicantBlock::most> cell;       ///< counted over the cells of all groups
  alignas(32) std::array<std::uint32_t, ApplicantBlock::most> high, low;  ///< position in the score law
};

/// Decides group, acceptance and success of a block. histogram [4 n_groups] by 4 group + 2 accepted + success is added
/// to for those who are settled; the others are appended to unsettled in order. each: where to put every applicant, or
/// null to count only. Vectorised where the processor can and there are at most 8 groups; equal to classify_scalar bit
/// for bit.
void classify(const KernelTables& tables, const ApplicantBlock& block, std::span<std::uint64_t> histogram,
              std::vector<Unsettled>& unsettled, ClassifiedBlock* each);
void classify_scalar(const KernelTables& tables, const ApplicantBlock& block, std::span<std::uint64_t> histogram,
                     std::vector<Unsettled>& unsettled, ClassifiedBlock* each);

}  // namespace loopgate
