#include "environments/dynamics/credit_ladder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/scenario/scalars.hpp"
#include "environments/dynamics/rule.hpp"

namespace loopgate {

namespace {

constexpr std::size_t most_types = 1024;  // each is an entry of the trace's state
const Interval step_range{0.0};

enum class Unit : std::uint8_t { rung, score };
enum class Move : std::uint8_t { outcome, expected };
enum class Carry : std::uint8_t { rate, mass };

/// The types of one group: rungs by increasing score.
struct Ladder {
  std::size_t first, n;
  std::vector<double> score, success;  ///< [n]
};

/// Mass on its way: each type has lost and found some.
class Moves {
 public:
  Moves(const Ladder& ladder, Unit unit) : ladder_(ladder), unit_(unit), change_(ladder.n, 0.0) {}

  /// Moves mass from rung k by so many rungs or score units, within the ladder; between two rungs it is split so that
  /// the mean is kept.
  void move(std::size_t k, double by, double mass) {
    if (mass <= 0.0) return;
    change_[k] -= mass;
    const double last = static_cast<double>(ladder_.n - 1);
    const double to =
        unit_ == Unit::rung ? std::clamp(static_cast<double>(k) + by, 0.0, last) : rung_of(ladder_.score[k] + by);
    const double below = std::floor(to), part = to - below;
    const auto rung = static_cast<std::size_t>(below);
    change_[rung] += mass * (1.0 - part);
    if (part > 0.0) change_[rung + 1] += mass * part;
  }

  double change(std::size_t k) const noexcept { return change_[k]; }

 private:
  /// Where a score lies on the ladder, counted in rungs.
  double rung_of(double score) const {
    const std::vector<double>& scores = ladder_.score;
    const auto above = std::ranges::upper_bound(scores, score);
    if (above == scores.begin()) return 0.0;
    if (above == scores.end()) return static_cast<double>(scores.size() - 1);
    const double low = *(above - 1), part = (score - low) / (*above - low);
    return static_cast<double>(above - scores.begin() - 1) + part;
  }

  const Ladder& ladder_;
  Unit unit_;
  boost::container::small_vector<double, 64> change_;
};

struct Settings {
  Unit unit;
  Move move;
  Carry carry;
  double up, down, carried;
};

class CreditLadder final : public Dynamics {
 public:
  CreditLadder(const Settings& settings, std::vector<Ladder> ladders)
      : settings_(settings), ladders_(std::move(ladders)) {}

  std::vector<StateEntry> moves() const override {
    std::vector<StateEntry> all;
    for (std::size_t g = 0; g < ladders_.size(); ++g)
      for (std::size_t k = 0; k < ladders_[g].n; ++k)
        all.push_back(
            {StateEntry::Kind::type_mass, static_cast<GroupId>(g), static_cast<std::uint32_t>(ladders_[g].first + k)});
    return all;
  }

  std::vector<Parameter> parameters() const override {
    return {{"up", step_range, settings_.up, {}},
            {"down", step_range, settings_.down, {}},
            {settings_.carry == Carry::rate ? "rate" : "mass", rate_range, settings_.carried, {}}};
  }

  bool needs_types() const noexcept override { return true; }

  void evolve(const EpochTally& tally, std::span<const double> parameters, Composition& composition) const override {
    bool any = false;
    std::vector<double> mass(composition.type_masses().begin(), composition.type_masses().end());
    for (std::size_t g = 0; g < ladders_.size(); ++g) {
      if (tally.accepted[g] <= 0.0) continue;
      any = true;
      const double each = settings_.carry == Carry::mass ? parameters[2] : parameters[2] / tally.arrived[g];
      climb(ladders_[g], tally, parameters[0], parameters[1], each,
            std::span(mass).subspan(ladders_[g].first, ladders_[g].n));
    }
    if (any) composition.set_type_masses(mass);
  }

 private:
  /// each: mass that an accepted applicant stands for.
  void climb(const Ladder& ladder, const EpochTally& tally, double up, double down, double each,
             std::span<double> mass) const {
    Moves moves(ladder, settings_.unit);
    for (std::size_t k = 0; k < ladder.n; ++k) {
      const double accepted = tally.type_accepted[ladder.first + k];
      if (accepted <= 0.0) continue;
      const double all = std::min(each * accepted, mass[k]);
      if (settings_.move == Move::expected) {
        moves.move(k, up * ladder.success[k] - down * (1.0 - ladder.success[k]), all);
        continue;
      }
      const double repaid = all * (tally.type_succeeded[ladder.first + k] / accepted);
      moves.move(k, up, repaid);
      moves.move(k, -down, all - repaid);
    }
    double total = 0.0;
    for (std::size_t k = 0; k < ladder.n; ++k) {
      mass[k] = std::max(0.0, mass[k] + moves.change(k));
      total += mass[k];
    }
    for (double& m : mass) m /= total;  // 1 but for rounding, which is not to build up over epochs
  }

  Settings settings_;
  std::vector<Ladder> ladders_;  ///< [n_groups]
};

std::vector<Ladder> ladders_of(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const std::vector<ApplicantType> types = law.types();
  std::vector<Ladder> ladders(law.groups().size());
  if (types.empty()) {
    diagnostics.error(settings.at("type"), "the population has no types to move between", "score_table");
    return ladders;
  }
  if (types.size() > most_types)
    diagnostics.error(settings.at("type"),
                      "the population has " + std::to_string(types.size()) + " types, each an entry of the state",
                      "at most " + std::to_string(most_types));
  for (std::size_t k = 0; k < types.size(); ++k) {
    Ladder& ladder = ladders[types[k].group];
    if (ladder.score.empty()) ladder.first = k;
    ladder.score.push_back(types[k].score);
    ladder.success.push_back(types[k].success);
    ladder.n = ladder.score.size();
  }
  for (std::size_t g = 0; g < ladders.size(); ++g)
    if (std::ranges::adjacent_find(ladders[g].score) != ladders[g].score.end())
      diagnostics.error(settings.at("type"),
                        "several types of group `" + law.groups()[g] + "` have the same score, so they are no ladder",
                        "one type a score: score_table");
  return ladders;
}

}  // namespace

Description describe_credit_ladder() {
  return {"credit_ladder",
          "the accepted move up the scores when they succeed and down when they fail; the rejected stay",
          {defaulted("up", number(step_range), "1", "how far a success moves up"),
           defaulted("down", number(step_range), "1", "how far a failure moves down"),
           defaulted("unit", choice({"rung", "score"}), "rung",
                     "of up and down: rung: to the group's next score; score: score units, mass that lands between two "
                     "scores being split so that the mean score is kept"),
           optional("rate", number(rate_range),
                    "part of the group that an epoch's applicants stand for: each carries rate / applicants of its "
                    "mass; or give `mass`"),
           optional("mass", number(rate_range), "part of the group's mass that moves with each accepted applicant"),
           defaulted("moves", choice({"outcome", "expected"}), "outcome",
                     "outcome: each by what came of it; expected: all accepted of a score by the mean move, cut at the "
                     "ends as a mean")},
          "of a score with mass m and A accepted, S of them successes: min(each A, m) moves, the part S / A of it up "
          "and the rest down, held at the ends",
          "score units: Liu, Dean, Rolf, Simchowitz & Hardt 2018, arXiv 1803.04383; rungs and mass: lending of "
          "ml-fairness-gym (D'Amour et al. 2020, doi:10.1145/3351095.3372878)",
          "Needs a finite population with one type a score: score_table, where bins of mass 0 are rungs too; at most "
          "1024 in all. A score keeps its probability of success, whoever is there. If all are accepted the law rests "
          "where m_k p_k = m_(k+1) (1 - p_(k+1)), one rung up or down; masses below a held cut only grow. The gym "
          "moves one applicant an epoch (arrivals {type: batch, size: 1}); moves of a larger batch are ours: they are "
          "taken from the masses at its decision. State `mass:GROUP:SCORE`, within the group."};
}

std::unique_ptr<Dynamics> make_credit_ladder(const Node& node, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  std::vector<Ladder> ladders = ladders_of(node, law, diagnostics);
  const bool by_rate = node.has("rate");
  if (by_rate == node.has("mass"))
    diagnostics.error(node.mark, node.path, by_rate ? "has both `rate` and `mass`" : "has neither `rate` nor `mass`",
                      "one of them: how much of the group moves with an applicant");
  if (diagnostics.count() > before) return nullptr;
  const Settings settings{node.string("unit") == "rung" ? Unit::rung : Unit::score,
                          node.string("moves") == "outcome" ? Move::outcome : Move::expected,
                          by_rate ? Carry::rate : Carry::mass,
                          node.number("up"),
                          node.number("down"),
                          node.number(by_rate ? "rate" : "mass")};
  return std::make_unique<CreditLadder>(settings, std::move(ladders));
}

}  // namespace loopgate
