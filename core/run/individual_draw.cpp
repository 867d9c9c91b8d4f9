#include "core/run/individual_draw.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/random/philox.hpp"
#include "core/random/rng.hpp"

namespace loopgate {

namespace {

constexpr double two32 = 4294967296.0;
constexpr std::size_t cells_of_fixed_laws = 1024;  // 1 in 1,000 applicants asks the law itself
constexpr std::size_t cells_of_moving_laws = 64;   // a table an epoch must stay cheap beside a batch of 1,000

}  // namespace

/// A block's applicants as columns.
struct IndividualDraw::Rows {
  ClassifiedBlock each;
  std::array<std::uint8_t, ApplicantBlock::most> group, accepted, success;
  std::array<std::uint32_t, ApplicantBlock::most> type;
  std::array<double, ApplicantBlock::most> score;
  // of one group at a time
  std::array<std::uint64_t, ApplicantBlock::most> position;
  std::array<std::uint32_t, ApplicantBlock::most> at;
  std::array<double, ApplicantBlock::most> some_score;
  std::vector<std::uint32_t> cell_type;  ///< by cell of all groups; OutcomeCells::many: ask the law
};

IndividualDraw::Laws laws_of(std::span<const StateEntry> moved) noexcept {
  using Kind = StateEntry::Kind;
  const bool any = std::ranges::any_of(moved, [](const StateEntry& one) {
    return one.kind != Kind::share && one.kind != Kind::population && one.kind != Kind::volume;
  });
  return any ? IndividualDraw::Laws::moving : IndividualDraw::Laws::fixed;
}

IndividualDraw::IndividualDraw(LawAnswers& answers, Seed seed, Replication replication, Laws laws, RowSink* rows)
    : answers_(answers),
      key_{static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed)),
           static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed) >> 32)},
      replication_(static_cast<std::uint32_t>(replication)),
      laws_(laws),
      sink_(rows),
      tables_(answers.law().groups().size()),
      asked_(tables_.n_groups()),
      histogram_(4 * tables_.n_groups()),
      explored_(tables_.n_groups()),
      rows_(rows == nullptr ? nullptr : std::make_unique<Rows>()) {}

IndividualDraw::~IndividualDraw() = default;

void IndividualDraw::tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                                 std::span<const ArrivalPart> parts, Counts& counts) {
  const std::size_t n_groups = tables_.n_groups();
  LOOPGATE_EXPECT(threshold.size() == n_groups && counts.arrived.size() == n_groups);
  keeps_each_ = rows_ != nullptr && sink_->wants_rows();
  refresh(composition);
  set_cuts(composition, threshold);
  std::ranges::fill(histogram_, 0);
  std::ranges::fill(explored_, 0.0);
  ApplicantBlock block{0, 0, epoch, Stream::applicants().id, replication_, key_};
  for (const ArrivalPart& part : parts) {
    LOOPGATE_EXPECT(part.n >= 0.0 && part.n + block.first < two32);
    tables_.set_shares(part.shares);
    std::span<const Time> times = part.times;
    for (auto left = static_cast<std::uint32_t>(part.n); left > 0; left -= block.n, block.first += block.n) {
      block.n = std::min(ApplicantBlock::most, left);
      classify(tables_, block, histogram_, unsettled_, keeps_each_ ? &rows_->each : nullptr);
      settle(composition, threshold, block);
      if (keeps_each_) emit(composition, block.n, times.first(times.empty() ? 0 : block.n));
      if (!times.empty()) times = times.subspan(block.n);
      unsettled_.clear();
    }
  }
  for (std::size_t g = 0; g < n_groups; ++g) {
    const std::uint64_t* h = &histogram_[4 * g];
    counts.arrived[g] = static_cast<double>(h[0] + h[1] + h[2] + h[3]);
    counts.accepted[g] = static_cast<double>(h[2] + h[3]);
    counts.succeeded[g] = static_cast<double>(h[3]);
    counts.qualified[g] = static_cast<double>(h[1] + h[3]);
    counts.explored[g] = explored_[g];
  }
}

void IndividualDraw::refresh(const Composition& composition) {
  if (composition.law_version() == law_version_) return;
  law_version_ = composition.law_version();
  if (rows_ != nullptr) rows_->cell_type.clear();
  for (std::size_t g = 0; g < tables_.n_groups(); ++g) {
    answers_.law().tabulate(composition, static_cast<GroupId>(g),
                            laws_ == Laws::fixed ? cells_of_fixed_laws : cells_of_moving_laws, cells_);
    tables_.set_cells(g, cells_);
    if (rows_ != nullptr) rows_->cell_type.insert(rows_->cell_type.end(), cells_.type.begin(), cells_.type.end());
  }
}

/// Exploration leaves those open whom the threshold alone would reject.
void IndividualDraw::set_cuts(const Composition& composition, std::span<const double> threshold) {
  for (std::size_t g = 0; g < tables_.n_groups(); ++g) {
    AcceptanceCut cut = answers_.cut(composition, static_cast<GroupId>(g), threshold[g]);
    const Exploration* below = exploration(g);
    if (below != nullptr && !below->from.empty())
      cut.reject_below = std::min(cut.reject_below,
                                  answers_.cut(composition, static_cast<GroupId>(g), below->from.front()).reject_below);
    tables_.set_cut(g, cut);
  }
}

/// By a draw of the applicant's own, which shifts no other.
bool IndividualDraw::accepts_below(std::size_t g, double score, const ApplicantBlock& block, std::uint32_t at) const {
  const double chance = (*exploration(g))(score, answers_.law().score_tolerance());
  if (!(chance > 0.0)) return false;
  const auto words = philox_block({block.first + at, block.counter1, Stream::exploration().id, block.counter3}, key_);
  return static_cast<double>(words[0]) / two32 < chance;
}

/// Decides those whom the tables left open.
void IndividualDraw::settle(const Composition& composition, std::span<const double> threshold,
                            const ApplicantBlock& block) {
  for (const Unsettled& one : unsettled_) {
    Asked& some = asked_[one.group];
    some.position.push_back((static_cast<std::uint64_t>(one.high) << 32U) | one.low);
    some.at.push_back(one.at);
    some.outcome.push_back(one.outcome);
  }
  for (std::size_t g = 0; g < asked_.size(); ++g) {
    Asked& some = asked_[g];
    if (some.position.empty()) continue;
    const double least = least_accepted(threshold[g], answers_.law().score_tolerance());
    some.score.resize(some.position.size());
    some.success.resize(some.position.size());
    answers_.law().resolve(composition, static_cast<GroupId>(g), some.position, some.score, some.success, {});
    for (std::size_t i = 0; i < some.position.size(); ++i) {
      bool accepted = some.score[i] >= least;
      if (!accepted && explores() && accepts_below(g, some.score[i], block, some.at[i])) {
        accepted = true;
        explored_[g] += 1.0;
      }
      const bool success = static_cast<double>(some.outcome[i]) / two32 < some.success[i];
      const std::size_t bucket = 4 * g + (accepted ? 2U : 0U) + (success ? 1U : 0U);
      ++histogram_[bucket];
      if (keeps_each_) rows_->each.bucket[some.at[i]] = static_cast<std::uint32_t>(bucket);
    }
    some.position.clear();
    some.at.clear();
    some.outcome.clear();
  }
}

/// Hands a block's applicants to the sink.
void IndividualDraw::emit(const Composition& composition, std::uint32_t n, std::span<const Time> times) {
  Rows& rows = *rows_;
  for (std::uint32_t i = 0; i < n; ++i) rows.group[i] = static_cast<std::uint8_t>(rows.each.bucket[i] >> 2U);
  for (std::uint32_t i = 0; i < n; ++i) rows.accepted[i] = (rows.each.bucket[i] >> 1U) & 1U;
  for (std::uint32_t i = 0; i < n; ++i) rows.success[i] = rows.each.bucket[i] & 1U;
  ApplicantRows out{std::span(rows.group).first(n),   {},   {}, std::span(rows.accepted).first(n),
                    std::span(rows.success).first(n), times};
  if (rows.cell_type.empty()) {
    find_scores(composition, n);
    out.score = std::span(rows.score).first(n);
  } else {
    find_types(composition, n);
    out.type = std::span(rows.type).first(n);
    out.type_score = composition.type_scores();
    if (!composition.scores_are_moved()) return sink_->append(out);
    find_scores(composition, n);
    out.score = std::span(rows.score).first(n);
  }
  sink_->append(out);
}

/// From the tables, and for those whose cell does not tell from the law.
void IndividualDraw::find_types(const Composition& composition, std::uint32_t n) {
  Rows& rows = *rows_;
  for (std::uint32_t i = 0; i < n; ++i) rows.type[i] = rows.cell_type[rows.each.cell[i]];
  for (const Unsettled& one : unsettled_) rows.type[one.at] = OutcomeCells::many;  // perhaps in the next cell
  for (std::uint32_t i = 0; i < n; ++i) {
    if (rows.type[i] != OutcomeCells::many) [[likely]]
      continue;
    const std::uint64_t position = (static_cast<std::uint64_t>(rows.each.high[i]) << 32U) | rows.each.low[i];
    answers_.law().resolve(composition, static_cast<GroupId>(rows.group[i]), {&position, 1}, {}, {},
                           {&rows.type[i], 1});
  }
}

void IndividualDraw::find_scores(const Composition& composition, std::uint32_t n) {
  Rows& rows = *rows_;
  for (std::size_t g = 0; g < asked_.size(); ++g) {
    std::uint32_t some = 0;
    for (std::uint32_t i = 0; i < n; ++i) {  // without a branch: a place is kept only if the group is this one
      rows.position[some] = (static_cast<std::uint64_t>(rows.each.high[i]) << 32U) | rows.each.low[i];
      rows.at[some] = i;
      some += rows.group[i] == g ? 1 : 0;
    }
    const std::span<double> score = std::span(rows.some_score).first(some);
    answers_.law().resolve(composition, static_cast<GroupId>(g), std::span(rows.position).first(some), score, {}, {});
    for (std::uint32_t i = 0; i < some; ++i) rows.score[rows.at[i]] = score[i];
  }
}

}  // namespace loopgate
