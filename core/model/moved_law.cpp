#include "core/model/moved_law.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace loopgate {

namespace {

constexpr double two32 = 4294967296.0;

double moved_score(const Composition& now, std::size_t g, double score) noexcept {
  const Aim& aim = now.aims()[g];
  const double shifted = score + now.score_shifts()[g];
  return shifted >= aim.from() && shifted < aim.to ? aim.to : shifted;
}

/// Doubles as whole numbers in the same order, and back.
std::int64_t ordered(double x) noexcept {
  const auto bits = std::bit_cast<std::int64_t>(x);
  return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
}
double from_ordered(std::int64_t i) noexcept {
  return std::bit_cast<double>(i >= 0 ? i : std::numeric_limits<std::int64_t>::min() - i);
}

std::uint32_t word(double x) noexcept { return static_cast<std::uint32_t>(std::clamp(x, 0.0, two32 - 1.0)); }

}  // namespace

double moved_success(double p, double x) noexcept { return x >= 0.0 ? p + x * (1.0 - p) : p * (1.0 + x); }

double least_score(double threshold, double shift) noexcept {
  if (shift == 0.0 || !std::isfinite(threshold)) return threshold;
  // Rounded sums do not fall as the score grows, so the least one that suffices is found by halving.
  const double near = threshold - shift, room = 4.0 * std::max(std::abs(threshold), std::abs(shift)) * 0x1.0p-52;
  std::int64_t below = ordered(near - room), reaches = ordered(near + room);
  while (reaches - below > 1) {
    const std::int64_t middle = below + (reaches - below) / 2;
    (from_ordered(middle) + shift >= threshold ? reaches : below) = middle;
  }
  return from_ordered(reaches);
}

double least_aiming(double threshold, const Aim& aim) noexcept {
  return threshold > aim.from() && threshold <= aim.to ? aim.from() : threshold;
}

double MovedLaw::least(const Composition& now, GroupId g, double threshold) const noexcept {
  return least_score(least_aiming(threshold, now.aims()[index(g)]), now.score_shifts()[index(g)]);
}

Response MovedLaw::respond(const Composition& now, GroupId g, double threshold) const {
  Response response = law_->respond(now, g, least(now, g, threshold));
  const double shift = now.success_shifts()[index(g)];
  if (shift > 0.0) response.accepted_success += shift * (response.acceptance - response.accepted_success);
  if (shift < 0.0) response.accepted_success *= 1.0 + shift;
  return response;
}

double MovedLaw::qualification_rate(const Composition& now, GroupId g) const {
  return moved_success(law_->qualification_rate(now, g), now.success_shifts()[index(g)]);
}

AcceptanceCut MovedLaw::cut(const Composition& now, GroupId g, double threshold) const {
  return law_->cut(now, g, least(now, g, threshold));
}

void MovedLaw::tabulate(const Composition& now, GroupId g, std::size_t n_cells, OutcomeCells& cells) const {
  law_->tabulate(now, g, n_cells, cells);
  const double shift = now.success_shifts()[index(g)];
  if (shift == 0.0) return;
  // A word below certain_success is one below 2^32 p for every p of the cell, so p > (certain_success - 1) / 2^32; in
  // the same way p <= (certain_failure + 1) / 2^32. One word of room for rounding.
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const double low = std::max(0.0, (cells.certain_success[c] - 1.0) / two32);
    const double high = std::min(1.0, (cells.certain_failure[c] + 1.0) / two32);
    cells.certain_success[c] = word(std::floor(moved_success(low, shift) * two32) - 1.0);
    cells.certain_failure[c] = word(std::ceil(moved_success(high, shift) * two32) + 1.0);
  }
}

void MovedLaw::resolve(const Composition& now, GroupId g, std::span<const std::uint64_t> position,
                       std::span<double> score, std::span<double> success, std::span<std::uint32_t> type) const {
  law_->resolve(now, g, position, score, success, type);
  const double success_shift = now.success_shifts()[index(g)];
  for (double& one : score) one = moved_score(now, index(g), one);
  for (double& p : success) p = moved_success(p, success_shift);
}

void MovedLaw::types_now(const Composition& now, std::span<double> mass, std::span<double> score,
                         std::span<double> success) const {
  law_->types_now(now, mass, score, success);
  const std::vector<ApplicantType> types = law_->types();
  for (std::size_t k = 0; k < types.size(); ++k) {
    score[k] = moved_score(now, types[k].group, score[k]);
    success[k] = moved_success(success[k], now.success_shifts()[types[k].group]);
  }
}

}  // namespace loopgate
