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
      parts_rng_(seed, replication, Stream::arrival_groups()),
      blocks_(answers.law().groups().size() * n_purposes),
      responses_(answers.law().groups().size()) {}

double CountDraw::binomial(double n, double p, std::size_t slot) {
  rng_.begin_draw(static_cast<std::uint32_t>(slot), blocks_[slot]);
  return static_cast<double>(sample_binomial(static_cast<std::uint64_t>(n), p, rng_));
}

/// Of the parts after the first.
void CountDraw::add_arrivals(std::span<const ArrivalPart> parts, std::span<double> arrived) {
  for (const ArrivalPart& part : parts) {
    double left = part.n, share_left = 1.0;
    for (std::size_t g = 0; g < arrived.size(); ++g) {
      const double share = part.shares[g], p = conditional(share, share_left);
      const bool last = g + 1 == arrived.size();
      const double some =
          last ? left : static_cast<double>(sample_binomial(static_cast<std::uint64_t>(left), p, parts_rng_));
      arrived[g] += some;
      left -= some;
      share_left -= share;
    }
  }
}

void CountDraw::tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                            std::span<const ArrivalPart> parts, Counts& counts) {
  const std::size_t n_groups = counts.arrived.size();
  LOOPGATE_EXPECT(threshold.size() == n_groups && responses_.size() == n_groups);
  if (explores()) blocks_.resize(n_groups * (n_purposes + n_exploring));
  rng_.begin_epoch(epoch);
  rng_.first_blocks(blocks_);
  double left = parts.empty() ? 0.0 : parts[0].n, share_left = 1.0;
  for (std::size_t g = 0; g < n_groups; ++g) {
    const double share = parts.empty() ? 0.0 : parts[0].shares[g];
    counts.arrived[g] = g + 1 == n_groups ? left : binomial(left, conditional(share, share_left), g, arrive);
    left -= counts.arrived[g];
    share_left -= share;
  }
  if (parts.size() > 1) {
    parts_rng_.begin_epoch(epoch);
    add_arrivals(parts.subspan(1), counts.arrived);
  }
  // Group after group for each purpose: neighbours do not wait for each other.
  for (std::size_t g = 0; g < n_groups; ++g) {
    responses_[g] = answers_.respond(composition, static_cast<GroupId>(g), threshold[g]);
    counts.accepted[g] = binomial(counts.arrived[g], responses_[g].acceptance, g, accept);
  }
  for (std::size_t g = 0; g < n_groups; ++g)
    counts.succeeded[g] =
        binomial(counts.accepted[g], conditional(responses_[g].accepted_success, responses_[g].acceptance), g, succeed);
  if (explores()) accept_below(composition, threshold, counts);
  for (std::size_t g = 0; g < n_groups; ++g) {
    const double qualification = answers_.qualification_rate(composition, static_cast<GroupId>(g));
    const double among_rejected =
        conditional(qualification - responses_[g].accepted_success, 1.0 - responses_[g].acceptance);
    counts.qualified[g] =
        counts.succeeded[g] + binomial(counts.arrived[g] - counts.accepted[g], among_rejected, g, qualify);
  }
}

/// Of the rejected, those whom exploration accepts; responses then hold all who are accepted.
void CountDraw::accept_below(const Composition& composition, std::span<const double> threshold, Counts& counts) {
  const std::size_t n_groups = responses_.size();
  for (std::size_t g = 0; g < n_groups; ++g) {
    const Response more = answers_.explored(composition, static_cast<GroupId>(g), threshold[g], *exploration(g));
    const std::size_t slot = n_groups * n_purposes + g * n_exploring;
    counts.explored[g] = binomial(counts.arrived[g] - counts.accepted[g],
                                  conditional(more.acceptance, 1.0 - responses_[g].acceptance), slot);
    counts.succeeded[g] += binomial(counts.explored[g], conditional(more.accepted_success, more.acceptance), slot + 1);
    counts.accepted[g] += counts.explored[g];
    responses_[g].acceptance += more.acceptance;
    responses_[g].accepted_success += more.accepted_success;
  }
}

void MeanFieldDraw::tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t,
                                std::span<const ArrivalPart> parts, Counts& counts) {
  const std::size_t n_groups = counts.arrived.size();
  LOOPGATE_EXPECT(threshold.size() == n_groups);
  for (std::size_t g = 0; g < n_groups; ++g) {
    const Response& response = answers_.respond(composition, static_cast<GroupId>(g), threshold[g]);
    double arrived = 0.0;
    for (const ArrivalPart& part : parts) arrived += part.n * part.shares[g];
    counts.arrived[g] = arrived;
    counts.accepted[g] = arrived * response.acceptance;
    counts.succeeded[g] = arrived * response.accepted_success;
    counts.qualified[g] = arrived * answers_.qualification_rate(composition, static_cast<GroupId>(g));
    if (!explores()) continue;
    const Response more = answers_.explored(composition, static_cast<GroupId>(g), threshold[g], *exploration(g));
    counts.explored[g] = arrived * more.acceptance;
    counts.accepted[g] += counts.explored[g];
    counts.succeeded[g] += arrived * more.accepted_success;
  }
}

}  // namespace loopgate
