#include "core/run/law_answers.hpp"

#include <algorithm>

namespace loopgate {

namespace {

constexpr std::size_t first_size = 256, most_answers = 1U << 16U;

}  // namespace

LawAnswers::LawAnswers(const ApplicantLaw& law)
    : law_(law), answers_(first_size), latest_(law.groups().size()), rates_(law.groups().size()) {}

Response LawAnswers::explored(const Composition& composition, GroupId g, double threshold,
                              const Exploration& exploration) {
  Response all{0.0, 0.0};
  const std::size_t n = exploration.from.size();
  for (std::size_t j = 0; j < n && exploration.from[j] < threshold; ++j) {
    const double next = j + 1 < n ? std::min(exploration.from[j + 1], threshold) : threshold;
    const Response above = respond(composition, g, exploration.from[j]);  // a copy: the next answer may move it
    const Response& beyond = respond(composition, g, next);
    all.acceptance += exploration.chance[j] * (above.acceptance - beyond.acceptance);
    all.accepted_success += exploration.chance[j] * (above.accepted_success - beyond.accepted_success);
  }
  return all;
}

double LawAnswers::qualification_rate(const Composition& composition, GroupId g) {
  Rate& rate = rates_[index(g)];
  if (rate.version != composition.law_version()) {
    rate.value = law_.qualification_rate(composition, g);
    rate.version = composition.law_version();
  }
  return rate.value;
}

LawAnswers::Answer& LawAnswers::search(const Composition& composition, GroupId g, std::uint64_t threshold) {
  if (version_ != composition.law_version()) {
    version_ = composition.law_version();
    held_ = 0;
  }
  Answer* answer = &place(version_, g, threshold);
  if (answer->version != version_) {
    if (2 * held_ >= answers_.size()) {
      grow();
      answer = &place(version_, g, threshold);
    }
    ++held_;
    *answer = {version_, threshold, static_cast<std::uint32_t>(index(g)), {}, {}};
  }
  latest_[index(g)] = static_cast<std::size_t>(answer - answers_.data());
  return *answer;
}

/// Where the answer is, or the empty place where it belongs.
LawAnswers::Answer& LawAnswers::place(std::uint64_t version, GroupId g, std::uint64_t threshold) noexcept {
  const std::size_t mask = answers_.size() - 1;
  const std::uint64_t hash = (threshold + index(g)) * 0x9E3779B97F4A7C15U;  // Fibonacci hashing (Knuth, TAOCP 6.4)
  for (std::size_t i = (hash >> 32U) & mask;; i = (i + 1) & mask) {
    Answer& answer = answers_[i];
    if (answer.version != version || (answer.threshold == threshold && answer.group == index(g))) return answer;
  }
}

void LawAnswers::grow() {
  if (answers_.size() >= most_answers) {  // thresholds that never come back: start anew
    std::ranges::fill(answers_, Answer{});
    held_ = 0;
    return;
  }
  std::vector<Answer> old(2 * answers_.size());
  old.swap(answers_);
  for (const Answer& answer : old)
    if (answer.version == version_) place(version_, static_cast<GroupId>(answer.group), answer.threshold) = answer;
}

}  // namespace loopgate
