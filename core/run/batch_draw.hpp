#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/types.hpp"

namespace loopgate {

/// Counts of one epoch, [n_groups] each. Whole numbers held as double.
struct Counts {
  std::vector<double> arrived, accepted, succeeded, qualified;

  explicit Counts(std::size_t n_groups)
      : arrived(n_groups), accepted(n_groups), succeeded(n_groups), qualified(n_groups) {}
};

/// Draws whole batches of individuals and counts what comes of them. Applicant i of an epoch is the Philox block with
/// counter (i, epoch, applicants, replication): word 0 gives the group, words 1 and 2 the 64-bit position in the
/// group's score law, word 3 the outcome, each by inverse CDF. Nothing else decides an applicant, so agents with the
/// same state meet the same people. Tables settle nearly everyone; the few near a cut ask the law itself, so the law is
/// exact.
class BatchDraw {
 public:
  /// laws_move: the dynamics change score laws, so tables are made anew in each epoch and kept small.
  enum class Laws : std::uint8_t { fixed, moving };
  BatchDraw(const ApplicantLaw& law, Seed seed, Replication replication, Laws laws);

  /// Counts n applicants of an epoch against threshold [n_groups].
  void tally(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch, std::uint32_t n,
             Counts& counts);

  /// The law's answers at the current state, remembered while the laws stay.
  Response respond(const Composition& composition, GroupId g, double threshold);
  double qualification_rate(const Composition& composition, GroupId g);

 private:
  struct Answer {
    Response response;
    AcceptanceCut cut;
  };
  struct GroupTable {
    OutcomeCells cells;
    AcceptanceCut cut;
    double qualification_rate = undefined;
    std::unordered_map<std::uint64_t, Answer> answers;  ///< by the threshold's bits
  };
  struct Unsettled {
    std::vector<std::uint64_t> position;
    std::vector<std::uint32_t> outcome, type;
    std::vector<double> score, success;
  };

  void refresh(const Composition& composition);
  const Answer& answer(const Composition& composition, GroupId g, double threshold);
  void classify(std::uint32_t n);
  void settle(const Composition& composition, std::span<const double> threshold);

  static constexpr std::uint32_t block = 1024;

  const ApplicantLaw& law_;
  std::array<std::uint32_t, 2> key_;
  std::uint32_t replication_;
  Laws laws_;
  std::uint64_t law_version_ = static_cast<std::uint64_t>(-1);
  std::vector<std::uint64_t> share_cuts_;  ///< [n_groups - 1] cumulative shares in units of 2^-32
  std::vector<GroupTable> tables_;         ///< [n_groups]
  std::vector<Unsettled> unsettled_;       ///< [n_groups]
  std::vector<std::uint64_t> histogram_;   ///< [n_groups x 4] by 2 accepted + success
  std::array<std::array<std::uint32_t, block>, 4> words_;
};

}  // namespace loopgate
