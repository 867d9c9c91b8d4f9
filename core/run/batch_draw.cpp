#include "core/run/batch_draw.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/error.hpp"
#include "core/random/philox.hpp"
#include "core/random/rng.hpp"

namespace loopgate {

namespace {

constexpr double two32 = 4294967296.0;
constexpr std::size_t cells_of_fixed_laws = 1024;  // 1 in 1,000 applicants asks the law itself
constexpr std::size_t cells_of_moving_laws = 64;   // a table an epoch must stay cheap beside a batch of 1,000
constexpr std::size_t most_answers = 4096;         // thresholds remembered per group

}  // namespace

BatchDraw::BatchDraw(const ApplicantLaw& law, Seed seed, Replication replication, Laws laws)
    : law_(law),
      key_{static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed)),
           static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed) >> 32)},
      replication_(static_cast<std::uint32_t>(replication)),
      laws_(laws),
      share_cuts_(law.groups().size() - 1),
      tables_(law.groups().size()),
      unsettled_(law.groups().size()),
      histogram_(4 * law.groups().size()) {}

void BatchDraw::refresh(const Composition& composition) {
  if (composition.law_version() == law_version_) return;
  law_version_ = composition.law_version();
  for (std::size_t g = 0; g < tables_.size(); ++g) {
    law_.tabulate(composition, static_cast<GroupId>(g),
                  laws_ == Laws::fixed ? cells_of_fixed_laws : cells_of_moving_laws, tables_[g].cells);
    tables_[g].answers.clear();
    tables_[g].qualification_rate = undefined;
  }
}

const BatchDraw::Answer& BatchDraw::answer(const Composition& composition, GroupId g, double threshold) {
  refresh(composition);
  auto& answers = tables_[index(g)].answers;
  const auto bits = std::bit_cast<std::uint64_t>(threshold);
  if (const auto found = answers.find(bits); found != answers.end()) return found->second;
  if (answers.size() >= most_answers) answers.clear();
  return answers.emplace(bits, Answer{law_.respond(composition, g, threshold), law_.cut(composition, g, threshold)})
      .first->second;
}

Response BatchDraw::respond(const Composition& composition, GroupId g, double threshold) {
  return answer(composition, g, threshold).response;
}

double BatchDraw::qualification_rate(const Composition& composition, GroupId g) {
  refresh(composition);
  double& rate = tables_[index(g)].qualification_rate;
  if (std::isnan(rate)) rate = law_.qualification_rate(composition, g);
  return rate;
}

void BatchDraw::tally(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                      std::uint32_t n, Counts& counts) {
  const std::size_t n_groups = tables_.size();
  LOOPGATE_EXPECT(threshold.size() == n_groups && counts.arrived.size() == n_groups);
  double below = 0.0;
  for (std::size_t g = 0; g < n_groups; ++g) {
    tables_[g].cut = answer(composition, static_cast<GroupId>(g), threshold[g]).cut;
    below += composition.shares()[g];
    if (g + 1 < n_groups) share_cuts_[g] = static_cast<std::uint64_t>(std::ceil(std::min(below, 1.0) * two32));
  }
  std::ranges::fill(histogram_, 0);
  for (std::uint32_t first = 0; first < n;) {
    const std::uint32_t size = std::min(block, n - first);
    philox_blocks(first, epoch, Stream::applicants().id, replication_, key_,
                  {std::span(words_[0]).first(size), std::span(words_[1]).first(size), std::span(words_[2]).first(size),
                   std::span(words_[3]).first(size)});
    classify(size);
    settle(composition, threshold);
    first += size;
  }
  for (std::size_t g = 0; g < n_groups; ++g) {
    const std::uint64_t* h = &histogram_[4 * g];
    counts.arrived[g] = static_cast<double>(h[0] + h[1] + h[2] + h[3]);
    counts.accepted[g] = static_cast<double>(h[2] + h[3]);
    counts.succeeded[g] = static_cast<double>(h[3]);
    counts.qualified[g] = static_cast<double>(h[1] + h[3]);
  }
}

void BatchDraw::classify(std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    std::size_t g = 0;
    for (const std::uint64_t share_cut : share_cuts_) g += words_[0][i] >= share_cut ? 1 : 0;
    const GroupTable& table = tables_[g];
    const std::uint32_t high = words_[1][i], low = words_[2][i], outcome = words_[3][i];
    const std::uint64_t n_cells = table.cells.size();
    const std::size_t cell = (high * n_cells + ((low * n_cells) >> 32)) >> 32;  // floor(position n_cells / 2^64)
    const bool accepted = high > table.cut.accept_above;
    const bool success = outcome < table.cells.certain_success[cell];
    const bool unsettled =
        (!accepted && high >= table.cut.reject_below) || (!success && outcome <= table.cells.certain_failure[cell]);
    if (unsettled) [[unlikely]] {
      unsettled_[g].position.push_back((static_cast<std::uint64_t>(high) << 32) | low);
      unsettled_[g].outcome.push_back(outcome);
    } else {
      ++histogram_[4 * g + 2 * (accepted ? 1 : 0) + (success ? 1 : 0)];
    }
  }
}

void BatchDraw::settle(const Composition& composition, std::span<const double> threshold) {
  for (std::size_t g = 0; g < unsettled_.size(); ++g) {
    Unsettled& some = unsettled_[g];
    const std::size_t n = some.position.size();
    if (n == 0) continue;
    some.score.resize(n);
    some.success.resize(n);
    some.type.resize(n);
    law_.resolve(composition, static_cast<GroupId>(g), some.position, some.score, some.success, some.type);
    for (std::size_t i = 0; i < n; ++i) {
      const bool accepted = some.score[i] >= threshold[g];
      const bool success = static_cast<double>(some.outcome[i]) / two32 < some.success[i];
      ++histogram_[4 * g + 2 * (accepted ? 1 : 0) + (success ? 1 : 0)];
    }
    some.position.clear();
    some.outcome.clear();
  }
}

}  // namespace loopgate
