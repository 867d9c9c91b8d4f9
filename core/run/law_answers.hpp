#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/model/exploration.hpp"

namespace loopgate {

/// The law's answers to thresholds at the current state, remembered while the laws stay as they are: thresholds come
/// back.
class LawAnswers {
 public:
  explicit LawAnswers(const ApplicantLaw& law);

  const ApplicantLaw& law() const noexcept { return law_; }
  const Response& respond(const Composition& composition, GroupId g, double threshold) {
    std::optional<Response>& known = find(composition, g, threshold).response;
    if (!known) known = law_.respond(composition, g, least_accepted(threshold, law_.score_tolerance()));
    return *known;
  }
  /// Of those below the threshold whom an exploration accepts: their share of the group, and that of the successful.
  Response explored(const Composition& composition, GroupId g, double threshold, const Exploration& exploration);
  const AcceptanceCut& cut(const Composition& composition, GroupId g, double threshold) {
    std::optional<AcceptanceCut>& known = find(composition, g, threshold).cut;
    if (!known) known = law_.cut(composition, g, least_accepted(threshold, law_.score_tolerance()));
    return *known;
  }
  double qualification_rate(const Composition& composition, GroupId g);

 private:
  /// One (law version, group, threshold) of an open-addressed table; an entry of another version counts as empty.
  struct Answer {
    std::uint64_t version = none;
    std::uint64_t threshold = 0;  ///< its bits
    std::uint32_t group = 0;
    std::optional<AcceptanceCut> cut;
    std::optional<Response> response;
  };
  struct Rate {
    std::uint64_t version = none;
    double value = undefined;
  };
  static constexpr std::uint64_t none = static_cast<std::uint64_t>(-1);

  /// Mostly the answer that was asked for last.
  Answer& find(const Composition& composition, GroupId g, double threshold) {
    const auto bits = std::bit_cast<std::uint64_t>(threshold);
    Answer& latest = answers_[latest_[index(g)]];
    const bool same =
        latest.version == composition.law_version() && latest.threshold == bits && latest.group == index(g);
    return same ? latest : search(composition, g, bits);
  }
  Answer& search(const Composition& composition, GroupId g, std::uint64_t threshold);
  Answer& place(std::uint64_t version, GroupId g, std::uint64_t threshold) noexcept;
  void grow();

  const ApplicantLaw& law_;
  std::vector<Answer> answers_;      ///< a power of two
  std::vector<std::size_t> latest_;  ///< [n_groups] where the group's last answer was: an epoch asks for it again
  std::vector<Rate> rates_;          ///< [n_groups]
  std::uint64_t version_ = none;
  std::size_t held_ = 0;  ///< answers of that version
};

}  // namespace loopgate
