#pragma once

#include <array>
#include <memory>

#include "core/model/dynamics.hpp"
#include "core/run/applicant_kernel.hpp"
#include "core/run/epoch_draw.hpp"
#include "core/run/law_answers.hpp"
#include "core/trace/applicant_rows.hpp"

namespace loopgate {

/// Fidelity `individuals`: draws every applicant. Applicant i of an epoch is the Philox block with counter (i, epoch,
/// applicants, replication): word 0 gives the group, words 1 and 2 the 64-bit position in the group's score law, word 3
/// the outcome, each by inverse CDF. Nothing else decides an applicant, so agents with the same state meet the same
/// people. Tables settle nearly everyone; the few near a cut ask the law itself, so the law is exact.
class IndividualDraw final : public EpochDraw {
 public:
  /// moving: dynamics or interventions change score laws, so tables are made anew and kept small.
  enum class Laws : std::uint8_t { fixed, moving };
  /// answers outlives the draw. rows: takes every applicant, or null.
  IndividualDraw(LawAnswers& answers, Seed seed, Replication replication, Laws laws, RowSink* rows = nullptr);
  ~IndividualDraw() override;

  void tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                   std::span<const ArrivalPart> parts, Counts& counts) override;

 private:
  struct Asked {  // of one group, for the exact law: what came in and what it says
    std::vector<std::uint64_t> position;
    std::vector<std::uint32_t> at, outcome;
    std::vector<double> score, success;
  };
  struct Rows;

  void refresh(const Composition& composition);
  void set_cuts(const Composition& composition, std::span<const double> threshold);
  void settle(const Composition& composition, std::span<const double> threshold, const ApplicantBlock& block);
  bool accepts_below(std::size_t g, double score, const ApplicantBlock& block, std::uint32_t at) const;
  void emit(const Composition& composition, std::uint32_t n, std::span<const Time> times);
  void find_types(const Composition& composition, std::uint32_t n);
  void find_scores(const Composition& composition, std::uint32_t n);

  LawAnswers& answers_;
  std::array<std::uint32_t, 2> key_;
  std::uint32_t replication_;
  Laws laws_;
  RowSink* sink_;
  std::uint64_t law_version_ = static_cast<std::uint64_t>(-1);
  KernelTables tables_;
  OutcomeCells cells_;  ///< scratch
  std::vector<Unsettled> unsettled_;
  std::vector<Asked> asked_;              ///< [n_groups]
  std::vector<std::uint64_t> histogram_;  ///< [n_groups x 4] by 2 accepted + success
  std::vector<double> explored_;          ///< [n_groups]
  std::unique_ptr<Rows> rows_;            ///< only with a sink
  bool keeps_each_ = false;               ///< the sink wants those of the epoch at hand
};

/// Whether dynamics or interventions of a scenario move score laws or outcomes.
IndividualDraw::Laws laws_of(std::span<const StateEntry> moved) noexcept;

}  // namespace loopgate
