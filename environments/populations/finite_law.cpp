#include "environments/populations/finite_law.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cmath>
#include <tuple>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr std::uint32_t last_word = 0xffffffffU;
constexpr double two32 = 4294967296.0, two64 = two32 * two32;
__extension__ typedef unsigned __int128 Wide;

/// Of types that have this mass together with those above them.
std::uint64_t first_position(double mass_above) noexcept {
  return static_cast<std::uint64_t>(std::clamp(1.0 - mass_above, 0.0, 1.0 - 0x1.0p-53) * two64);
}

}  // namespace

FiniteLaw::FiniteLaw(std::vector<std::string> groups, std::vector<double> shares, std::vector<ApplicantType> types,
                     Interval score_range)
    : names_(std::move(groups)),
      shares_(std::move(shares)),
      types_(std::move(types)),
      range_(score_range),
      groups_(names_.size()) {
  std::vector<double> scores;
  for (const ApplicantType& type : types_) scores.push_back(type.score);
  tolerance_ = loopgate::score_tolerance(range_, scores);
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
      group.start.push_back(group.equal_masses ? static_cast<std::uint64_t>(exact)
                            : k == 0           ? 0
                                               : first_position(group.mass_above[k]));
    }
  }
  LOOPGATE_EXPECT(next == types_.size());
}

Composition FiniteLaw::start() const {
  Composition start{shares_, std::vector<double>(shares_.size(), undefined)};
  for (std::size_t g = 0; g < groups_.size(); ++g)
    start.set_qualification(static_cast<GroupId>(g), std::min(1.0, groups_[g].success_above[0]));
  std::vector<double> masses;
  for (const ApplicantType& type : types_) masses.push_back(type.mass);
  start.start_type_masses(std::move(masses));
  return start;
}

/// One group at the composition's state.
class FiniteLaw::View {
 public:
  View(const FiniteLaw& law, const Group& group, const Composition& now, GroupId g)
      : types_(&law.types_[group.first]),
        group_(group),
        mass_above_(group.mass_above.data()),
        success_above_(group.success_above.data()) {
    if (now.type_masses_are_moved()) add_up(now.type_masses().subspan(group.first, group.n));
    const double start = std::min(1.0, group.success_above[0]), q = now.qualifications()[index(g)];
    if (q == start) return;
    moved_ = true;
    qualified_ = start > 0.0 ? q / start : 1.0;
    unqualified_ = start < 1.0 ? (1.0 - q) / (1.0 - start) : 1.0;
  }

  bool equal_masses() const noexcept { return group_.equal_masses && !moved_; }

  double success(std::size_t k) const noexcept {
    const double p = types_[k].success;
    if (!moved_) return p;
    const double success = p * qualified_, mass = success + (1.0 - p) * unqualified_;
    return mass > 0.0 ? success / mass : p;
  }

  double mass(std::size_t k) const noexcept {
    const double p = types_[k].success, mass = masses_ == nullptr ? types_[k].mass : masses_[k];
    return moved_ ? mass * (p * qualified_ + (1.0 - p) * unqualified_) : mass;
  }

  /// Of types k and above: their mass, and their mass times success.
  Response above(std::size_t k) const noexcept {
    const double mass = mass_above_[k], success = success_above_[k];
    if (!moved_) return {std::min(1.0, mass), std::min(1.0, success)};
    const double succeed = std::min(1.0, success * qualified_);
    return {std::min(1.0, succeed + std::max(0.0, mass - success) * unqualified_), succeed};
  }

  /// First position of type k < n.
  std::uint64_t start(std::size_t k) const noexcept {
    if (!moved_) return group_.start[k];
    return k == 0 ? 0 : first_position(above(k).acceptance);
  }

  /// Where the types have new scores [n].
  Response respond(std::span<const double> score, double threshold) const noexcept {
    Response response{0.0, 0.0};
    for (std::size_t k = group_.n; k-- > 0;) {  // as masses are added up
      if (!(score[k] >= threshold)) continue;
      response.acceptance += mass(k);
      response.accepted_success += mass(k) * success(k);
    }
    return {std::min(1.0, response.acceptance), std::min(1.0, response.accepted_success)};
  }

  /// The same: below the first accepted position all are rejected, above the last rejected one all are accepted.
  AcceptanceCut cut(std::span<const double> score, double threshold) const noexcept {
    std::size_t first = group_.n, last = 0;  // first accepted; behind the last rejected
    for (std::size_t k = 0; k < group_.n; ++k) {
      if (!(score[k] >= threshold)) last = k + 1;
      else if (first == group_.n) first = k;
    }
    const auto word = [this](std::size_t k) { return static_cast<std::uint32_t>(start(k) >> 32U); };
    return {first == group_.n ? last_word : word(first), last == group_.n ? last_word : last == 0 ? 0 : word(last)};
  }

  std::size_t type_at(std::uint64_t position) const noexcept {
    if (equal_masses()) return static_cast<std::size_t>((static_cast<Wide>(position) * group_.n) >> 64U);
    std::size_t low = 0, high = group_.n;  // type `low` starts at the position or below, type `high` above
    while (high - low > 1) {
      const std::size_t middle = low + (high - low) / 2;
      (start(middle) <= position ? low : high) = middle;
    }
    while (low > 0 && mass_above_[low] <= 0.0) --low;  // the last positions belong to the last type with mass
    return low;
  }

 private:
  void add_up(std::span<const double> mass) {
    moved_ = true;
    masses_ = mass.data();
    sums_.assign(2 * (mass.size() + 1), 0.0);
    double *const masses = sums_.data(), *const successes = masses + mass.size() + 1;
    for (std::size_t k = mass.size(); k-- > 0;) {
      masses[k] = masses[k + 1] + mass[k];
      successes[k] = successes[k + 1] + mass[k] * types_[k].success;
    }
    mass_above_ = masses;
    success_above_ = successes;
  }

  const ApplicantType* types_;
  const Group& group_;
  const double* masses_ = nullptr;             ///< [n] the composition's; null: the types' own
  const double *mass_above_, *success_above_;  ///< [n + 1] the group's own, or in sums_
  boost::container::small_vector<double, 64> sums_;
  bool moved_ = false;
  double qualified_ = 1.0, unqualified_ = 1.0;  ///< what their masses are multiplied by
};

FiniteLaw::View FiniteLaw::view(const Composition& composition, GroupId g) const {
  return {*this, groups_[index(g)], composition, g};
}

std::size_t FiniteLaw::first_accepted(const Group& group, double threshold) const {
  const auto begin = types_.begin() + static_cast<std::ptrdiff_t>(group.first);
  const auto end = begin + static_cast<std::ptrdiff_t>(group.n);
  return static_cast<std::size_t>(
      std::partition_point(begin, end, [threshold](const ApplicantType& t) { return t.score < threshold; }) - begin);
}

Response FiniteLaw::respond(const Composition& now, GroupId g, double threshold) const {
  const Group& group = groups_[index(g)];
  if (!now.type_scores().empty())
    return view(now, g).respond(now.type_scores().subspan(group.first, group.n), threshold);
  return view(now, g).above(first_accepted(group, threshold));
}

double FiniteLaw::qualification_rate(const Composition& now, GroupId g) const {
  return view(now, g).above(0).accepted_success;
}

AcceptanceCut FiniteLaw::cut(const Composition& now, GroupId g, double threshold) const {
  const Group& group = groups_[index(g)];
  if (!now.type_scores().empty()) return view(now, g).cut(now.type_scores().subspan(group.first, group.n), threshold);
  const std::size_t k = first_accepted(group, threshold);
  if (k == 0) return {0, 0};
  if (k == group.n) return {last_word, last_word};
  const auto word = static_cast<std::uint32_t>(view(now, g).start(k) >> 32U);
  return {word, word};
}

void FiniteLaw::tabulate(const Composition& now, GroupId g, std::size_t n_cells, OutcomeCells& cells) const {
  const Group& group = groups_[index(g)];
  const View view = this->view(now, g);
  if (view.equal_masses()) n_cells = group.n;  // a cell is a type: nothing is left to ask
  cells.certain_success.resize(n_cells);
  cells.certain_failure.resize(n_cells);
  cells.type.resize(n_cells);
  for (std::size_t c = 0; c < n_cells; ++c) {
    const auto from = static_cast<std::uint64_t>(((static_cast<Wide>(c) << 64U) + n_cells - 1) / n_cells);
    const auto to = static_cast<std::uint64_t>((((static_cast<Wide>(c) + 1) << 64U) - 1) / n_cells);
    const std::size_t first = view.type_at(from), last = view.type_at(to);
    cells.type[c] = first == last ? static_cast<std::uint32_t>(group.first + first) : OutcomeCells::many;
    double low = 1.0, high = 0.0;
    for (std::size_t k = first; k <= last; ++k) {
      low = std::min(low, view.success(k));
      high = std::max(high, view.success(k));
    }
    const auto word = [](double p) { return static_cast<std::uint32_t>(std::min(std::ceil(p * two32), two32 - 1.0)); };
    cells.certain_success[c] = word(low);
    cells.certain_failure[c] = word(high);
  }
}

void FiniteLaw::resolve(const Composition& now, GroupId g, std::span<const std::uint64_t> position,
                        std::span<double> score, std::span<double> success, std::span<std::uint32_t> type) const {
  const Group& group = groups_[index(g)];
  const View view = this->view(now, g);
  const std::span<const double> rescored = now.type_scores();
  for (std::size_t i = 0; i < position.size(); ++i) {
    const std::size_t k = view.type_at(position[i]);
    if (!score.empty()) score[i] = rescored.empty() ? types_[group.first + k].score : rescored[group.first + k];
    if (!success.empty()) success[i] = view.success(k);
    if (!type.empty()) type[i] = static_cast<std::uint32_t>(group.first + k);
  }
}

void FiniteLaw::types_now(const Composition& now, std::span<double> mass, std::span<double> score,
                          std::span<double> success) const {
  LOOPGATE_EXPECT(mass.size() == types_.size() && score.size() == types_.size() && success.size() == types_.size());
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const Group& group = groups_[g];
    const View view = this->view(now, static_cast<GroupId>(g));
    for (std::size_t k = 0; k < group.n; ++k) {
      mass[group.first + k] = view.mass(k);
      score[group.first + k] =
          now.type_scores().empty() ? types_[group.first + k].score : now.type_scores()[group.first + k];
      success[group.first + k] = view.success(k);
    }
  }
}

}  // namespace loopgate
