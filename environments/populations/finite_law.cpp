#include "environments/populations/finite_law.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr std::uint32_t last_word = 0xffffffffU;
constexpr double two32 = 4294967296.0, two64 = two32 * two32;
__extension__ typedef unsigned __int128 Wide;

}  // namespace

FiniteLaw::FiniteLaw(std::vector<std::string> groups, std::vector<double> shares, std::vector<ApplicantType> types,
                     Interval score_range)
    : names_(std::move(groups)),
      shares_(std::move(shares)),
      types_(std::move(types)),
      range_(score_range),
      groups_(names_.size()) {
  std::ranges::stable_sort(types_, [](const ApplicantType& a, const ApplicantType& b) {
    return std::tie(a.group, a.score) < std::tie(b.group, b.score);
  });
  std::size_t next = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    Group& group = groups_[g];
    group.first = next;
    double total = 0.0;
    for (; next < types_.size() && types_[next].group == g; ++next) {
      total += types_[next].mass;
      group.equal_masses = group.equal_masses && types_[next].mass == types_[group.first].mass;
    }
    group.n = next - group.first;
    LOOPGATE_EXPECT(group.n > 0);
    // Masses that sum to 1 but for rounding stay as they are, so that the types of a law make the same law again.
    if (std::abs(total - 1.0) <= 1e-9) total = 1.0;
    group.mass_above.assign(group.n + 1, 0.0);
    group.success_above.assign(group.n + 1, 0.0);
    for (std::size_t k = group.n; k-- > 0;) {
      ApplicantType& type = types_[group.first + k];
      type.mass /= total;
      group.mass_above[k] = group.mass_above[k + 1] + type.mass;
      group.success_above[k] = group.success_above[k + 1] + type.mass * type.success;
    }
    for (std::size_t k = 0; k < group.n; ++k) {
      // For equal masses position v belongs to type floor(v n / 2^64), so type k starts at ceil(k 2^64 / n).
      const Wide exact = ((static_cast<Wide>(k) << 64U) + group.n - 1) / group.n;
      const double below = std::clamp(1.0 - group.mass_above[k], 0.0, 1.0 - 0x1.0p-53);
      group.start.push_back(group.equal_masses ? static_cast<std::uint64_t>(exact)
                            : k == 0           ? 0
                                               : static_cast<std::uint64_t>(below * two64));
    }
  }
  LOOPGATE_EXPECT(next == types_.size());
}

Composition FiniteLaw::start() const { return {shares_, std::vector<double>(shares_.size(), undefined)}; }

std::size_t FiniteLaw::first_accepted(const Group& group, double threshold) const {
  const auto begin = types_.begin() + static_cast<std::ptrdiff_t>(group.first);
  const auto end = begin + static_cast<std::ptrdiff_t>(group.n);
  return static_cast<std::size_t>(
      std::partition_point(begin, end, [threshold](const ApplicantType& t) { return t.score < threshold; }) - begin);
}

std::size_t FiniteLaw::type_at(const Group& group, std::uint64_t position) const {
  if (group.equal_masses) return static_cast<std::size_t>((static_cast<Wide>(position) * group.n) >> 64U);
  return static_cast<std::size_t>(std::ranges::upper_bound(group.start, position) - group.start.begin()) - 1;
}

Response FiniteLaw::respond(const Composition& composition, GroupId g, double threshold) const {
  const Group& group = groups_[index(g)];
  if (!composition.type_scores().empty()) return respond_rescored(composition.type_scores(), group, threshold);
  const std::size_t k = first_accepted(group, threshold);
  return {std::min(1.0, group.mass_above[k]), std::min(1.0, group.success_above[k])};
}

Response FiniteLaw::respond_rescored(std::span<const double> score, const Group& group, double threshold) const {
  LOOPGATE_EXPECT(score.size() == types_.size());
  Response response{0.0, 0.0};
  for (std::size_t k = group.first + group.n; k-- > group.first;) {  // as mass_above is summed
    if (!(score[k] >= threshold)) continue;
    response.acceptance += types_[k].mass;
    response.accepted_success += types_[k].mass * types_[k].success;
  }
  return {std::min(1.0, response.acceptance), std::min(1.0, response.accepted_success)};
}

/// Below the first accepted position all are rejected, above the last rejected one all are accepted.
AcceptanceCut FiniteLaw::cut_rescored(std::span<const double> score, const Group& group, double threshold) const {
  LOOPGATE_EXPECT(score.size() == types_.size());
  std::size_t first = group.n, last = 0;  // first accepted; behind the last rejected
  for (std::size_t k = 0; k < group.n; ++k) {
    if (!(score[group.first + k] >= threshold)) last = k + 1;
    else if (first == group.n) first = k;
  }
  const auto word = [&group](std::size_t k) { return static_cast<std::uint32_t>(group.start[k] >> 32U); };
  return {first == group.n ? last_word : word(first), last == group.n ? last_word : last == 0 ? 0 : word(last)};
}

double FiniteLaw::qualification_rate(const Composition&, GroupId g) const {
  return std::min(1.0, groups_[index(g)].success_above[0]);
}

AcceptanceCut FiniteLaw::cut(const Composition& composition, GroupId g, double threshold) const {
  const Group& group = groups_[index(g)];
  if (!composition.type_scores().empty()) return cut_rescored(composition.type_scores(), group, threshold);
  const std::size_t k = first_accepted(group, threshold);
  if (k == 0) return {0, 0};
  if (k == group.n) return {last_word, last_word};
  const auto word = static_cast<std::uint32_t>(group.start[k] >> 32U);
  return {word, word};
}

void FiniteLaw::tabulate(const Composition&, GroupId g, std::size_t n_cells, OutcomeCells& cells) const {
  const Group& group = groups_[index(g)];
  if (group.equal_masses) n_cells = group.n;  // a cell is a type: nothing is left to ask
  cells.certain_success.resize(n_cells);
  cells.certain_failure.resize(n_cells);
  cells.type.resize(n_cells);
  for (std::size_t c = 0; c < n_cells; ++c) {
    const auto from = static_cast<std::uint64_t>(((static_cast<Wide>(c) << 64U) + n_cells - 1) / n_cells);
    const auto to = static_cast<std::uint64_t>((((static_cast<Wide>(c) + 1) << 64U) - 1) / n_cells);
    const std::size_t first = type_at(group, from), last = type_at(group, to);
    cells.type[c] = first == last ? static_cast<std::uint32_t>(group.first + first) : OutcomeCells::many;
    double low = 1.0, high = 0.0;
    for (std::size_t k = first; k <= last; ++k) {
      low = std::min(low, types_[group.first + k].success);
      high = std::max(high, types_[group.first + k].success);
    }
    const auto word = [](double p) { return static_cast<std::uint32_t>(std::min(std::ceil(p * two32), two32 - 1.0)); };
    cells.certain_success[c] = word(low);
    cells.certain_failure[c] = word(high);
  }
}

void FiniteLaw::resolve(const Composition& composition, GroupId g, std::span<const std::uint64_t> position,
                        std::span<double> score, std::span<double> success, std::span<std::uint32_t> type) const {
  const Group& group = groups_[index(g)];
  const std::span<const double> rescored = composition.type_scores();
  for (std::size_t i = 0; i < position.size(); ++i) {
    const std::size_t k = group.first + type_at(group, position[i]);
    if (!score.empty()) score[i] = rescored.empty() ? types_[k].score : rescored[k];
    if (!success.empty()) success[i] = types_[k].success;
    if (!type.empty()) type[i] = static_cast<std::uint32_t>(k);
  }
}

}  // namespace loopgate
