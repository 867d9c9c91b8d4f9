#include "core/run/count_draw.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

double conditional(double part, double whole) noexcept {
  return whole > 0.0 ? std::clamp(part / whole, 0.0, 1.0) : 0.0;
}

}  // namespace

CountDraw::CountDraw(LawAnswers& answers, Seed seed, Replication replication)
    : answers_(answers),
      rng_(seed, replication, Stream::counts()),
      blocks_(answers.law().groups().size() * n_purposes),
      responses_(answers.law().groups().size()) {}

double CountDraw::binomial(double n, double p, std::size_t g, Purpose purpose) {
  const std::size_t slot = g * n_purposes + purpose;
  rng_.begin_draw(static_cast<std::uint32_t>(slot), blocks_[slot]);
  return static_cast<double>(sample_binomial(static_cast<std::uint64_t>(n), p, rng_));
}

void CountDraw::tally(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch, double n,
                      Counts& counts) {
  const std::size_t n_groups = counts.arrived.size();
  LOOPGATE_EXPECT(threshold.size() == n_groups && blocks_.size() == n_groups * n_purposes);
  rng_.begin_epoch(epoch);
  rng_.first_blocks(blocks_);
  double left = n, share_left = 1.0;
  for (std::size_t g = 0; g < n_groups; ++g) {
    const double share = composition.shares()[g];
    counts.arrived[g] = g + 1 == n_groups ? left : binomial(left, conditional(share, share_left), g, arrive);
    left -= counts.arrived[g];
    share_left -= share;
  }
  // Group after group for each purpose: neighbours do not wait for each other.
  for (std::size_t g = 0; g < n_groups; ++g) {
    responses_[g] = answers_.respond(composition, static_cast<GroupId>(g), threshold[g]);
    counts.accepted[g] = binomial(counts.arrived[g], responses_[g].acceptance, g, accept);
  }
  for (std::size_t g = 0; g < n_groups; ++g)
    counts.succeeded[g] =
        binomial(counts.accepted[g], conditional(responses_[g].accepted_success, responses_[g].acceptance), g, succeed);
  for (std::size_t g = 0; g < n_groups; ++g) {
    const double qualification = answers_.qualification_rate(composition, static_cast<GroupId>(g));
    const double among_rejected =
        conditional(qualification - responses_[g].accepted_success, 1.0 - responses_[g].acceptance);
    counts.qualified[g] =
        counts.succeeded[g] + binomial(counts.arrived[g] - counts.accepted[g], among_rejected, g, qualify);
  }
}

void MeanFieldDraw::tally(const Composition& composition, std::span<const double> threshold, std::uint32_t, double n,
                          Counts& counts) {
  const std::size_t n_groups = counts.arrived.size();
  LOOPGATE_EXPECT(threshold.size() == n_groups);
  for (std::size_t g = 0; g < n_groups; ++g) {
    const Response& response = answers_.respond(composition, static_cast<GroupId>(g), threshold[g]);
    const double arrived = n * composition.shares()[g];
    counts.arrived[g] = arrived;
    counts.accepted[g] = arrived * response.acceptance;
    counts.succeeded[g] = arrived * response.accepted_success;
    counts.qualified[g] = arrived * answers_.qualification_rate(composition, static_cast<GroupId>(g));
  }
}

}  // namespace loopgate
