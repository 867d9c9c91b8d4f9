#include "environments/populations/parametric.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

#include "core/random/rng.hpp"
#include "core/scenario/scalars.hpp"
#include "environments/populations/score_law.hpp"

namespace loopgate {

namespace {

struct Group {
  std::string name;
  double share;
  std::shared_ptr<const ScoreLaw> law;
};

constexpr double two32 = 4294967296.0;
constexpr std::uint32_t last_word = 0xffffffffU;

std::uint32_t clamped_word(double x) noexcept {
  return static_cast<std::uint32_t>(std::clamp(x, 0.0, static_cast<double>(last_word)));
}

class ParametricLaw final : public ApplicantLaw {
 public:
  ParametricLaw(std::vector<Group> groups, SuccessRule success)
      : groups_(std::move(groups)), success_(success), start_(groups_.size()) {
    for (const Group& group : groups_) {
      names_.push_back(group.name);
      range_.low = names_.size() == 1 ? group.law->support().low : std::min(range_.low, group.law->support().low);
      range_.high = names_.size() == 1 ? group.law->support().high : std::max(range_.high, group.law->support().high);
    }
  }

  const std::vector<std::string>& groups() const noexcept override { return names_; }
  Interval score_range() const noexcept override { return range_; }
  std::vector<ApplicantType> types() const override { return {}; }
  Interval score_mean_range(GroupId g) const noexcept override { return groups_[index(g)].law->mean_range(); }

  Composition start() const override {
    std::vector<double> shares, means;
    for (const Group& group : groups_) {
      shares.push_back(group.share);
      means.push_back(group.law->mean());
    }
    return {std::move(shares), std::move(means)};
  }

  Response respond(const Composition& now, GroupId g, double threshold) const override {
    const ScoreLaw& law = *groups_[index(g)].law;
    const double mean = now.score_means()[index(g)];
    return {law.tail(threshold, mean), law.success_above(success_, threshold, mean)};
  }

  double qualification_rate(const Composition& now, GroupId g) const override {
    const ScoreLaw& law = *groups_[index(g)].law;
    return law.success_above(success_, -std::numeric_limits<double>::infinity(), now.score_means()[index(g)]);
  }

  AcceptanceCut cut(const Composition& now, GroupId g, double threshold) const override {
    const ScoreLaw& law = *groups_[index(g)].law;
    const double mean = now.score_means()[index(g)];
    const auto accepted = [&](std::uint32_t h) {
      return law.quantile(static_cast<double>(h) / two32, mean) >= threshold;
    };
    const double guess = (1.0 - law.tail(threshold, mean)) * two32;
    std::uint32_t low = clamped_word(guess - margin), high = clamped_word(guess + margin);
    if (accepted(low)) low = 0;
    if (!accepted(high)) high = last_word;
    while (high - low > 4 * margin) {  // only where the formula of the CDF lost its digits
      const std::uint32_t middle = low + (high - low) / 2;
      (accepted(middle) ? high : low) = middle;
    }
    return {low < margin ? 0 : low - margin, high > last_word - margin ? last_word : high + margin};
  }

  void tabulate(const Composition& now, GroupId g, std::size_t n_cells, OutcomeCells& cells) const override {
    const Group& group = groups_[index(g)];
    const double mean = now.score_means()[index(g)];
    const bool at_start = mean == group.law->mean() || std::isnan(mean);
    if (!at_start || n_cells != n_start_cells) return tabulate(*group.law, mean, n_cells, cells);
    // Every replication starts with this table, and some laws are slow to invert.
    std::call_once(start_[index(g)].made, [&] { tabulate(*group.law, mean, n_cells, start_[index(g)].cells); });
    cells = start_[index(g)].cells;
  }

  void resolve(const Composition& now, GroupId g, std::span<const std::uint64_t> position, std::span<double> score,
               std::span<double> success, std::span<std::uint32_t> type) const override {
    for (std::size_t i = 0; i < position.size(); ++i) score[i] = uniform_of(position[i]);
    groups_[index(g)].law->quantile_each(now.score_means()[index(g)], score);
    for (std::size_t i = 0; i < success.size(); ++i) success[i] = success_(score[i]);
    std::ranges::fill(type, 0);
  }

 private:
  static constexpr std::uint32_t margin = 4;  ///< of 2^32: wider than any rounding, narrow enough to be rare
  static constexpr std::size_t n_start_cells = 1024;

  struct StartTable {
    std::once_flag made;
    OutcomeCells cells;
  };

  void tabulate(const ScoreLaw& law, double mean, std::size_t n_cells, OutcomeCells& cells) const {
    cells.certain_success.resize(n_cells);
    cells.certain_failure.resize(n_cells);
    cells.type.clear();
    std::vector<double> edge(n_cells + 1);
    law.quantiles(mean, edge);
    double before = success_(edge[0]) * two32;
    for (std::size_t c = 0; c < n_cells; ++c) {
      const double after = success_(edge[c + 1]) * two32;
      cells.certain_success[c] = clamped_word(std::min(before, after) - margin);
      cells.certain_failure[c] = clamped_word(std::max(before, after) + margin);
      before = after;
    }
  }

  std::vector<Group> groups_;
  std::vector<std::string> names_;
  SuccessRule success_;
  Interval range_;
  mutable std::vector<StartTable> start_;  ///< [n_groups]
};

class Parametric final : public Population {
 public:
  Parametric(std::shared_ptr<const ParametricLaw> law, Mark mark) : law_(std::move(law)), mark_(std::move(mark)) {}

  std::shared_ptr<const ApplicantLaw> applicant_law(const ScoreModel& model, ScoreModelReport&,
                                                    Diagnostics& diagnostics) const override {
    if (model.keeps_own_scores()) return law_;
    diagnostics.error(mark_, "environment.population",
                      "a parametric population brings its own scores and has no rows to fit",
                      "score_model {type: identity}");
    return nullptr;
  }

 private:
  std::shared_ptr<const ParametricLaw> law_;
  Mark mark_;
};

std::vector<Group> make_groups(const Node& list, Diagnostics& diagnostics) {
  std::vector<Group> groups;
  std::set<std::string> names;
  double total = 0.0;
  for (const Node& item : list.items) {
    const std::string& name = item.string("name");
    if (!names.insert(name).second) diagnostics.error(item.at("name"), "two groups have this name");
    total += item.number("share");
    groups.push_back({name, item.number("share"), make_score_law(item.at("score"), diagnostics)});
  }
  if (std::abs(total - 1.0) > 1e-9) {
    diagnostics.error(list.mark, list.path, "the shares sum to " + format_rounded(total), "1");
  }
  for (Group& group : groups) group.share /= total;
  return groups;
}

}  // namespace

Description describe_parametric() {
  const Schema group =
      record({required("name", text(), "name of the group"),
              required("share", number({0.0, 1.0, true, true}), "share of expected arrivals; shares sum to 1"),
              required("score", score_law_schema(), "law of the score within the group")});
  const Schema success =
      component("law", {{"score", "P(success) = score; every score must lie in [0, 1]", {}},
                        {"logistic",
                         "P(success) = 1 / (1 + exp(-slope (score - midpoint)))",
                         {required("slope", number(), "steepness, per score unit"),
                          required("midpoint", number(), "score at which success and failure are equally likely")}}});
  return {"parametric",
          "groups whose score laws are formulas",
          {required("groups", list_of(group, 2), "two or more groups"),
           defaulted("success", success, "{law: score}",
                     "probability of success given the score, the same in all groups")}};
}

std::unique_ptr<Population> make_parametric(const Node& settings, const DataFiles&, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  const Node& list = settings.at("groups");
  std::vector<Group> groups = make_groups(list, diagnostics);
  const Node& rule = settings.at("success");
  SuccessRule success;
  success.is_score = rule.string("law") == "score";
  if (!success.is_score) {
    success.slope = rule.number("slope");
    success.midpoint = rule.number("midpoint");
  }
  for (std::size_t g = 0; success.is_score && g < groups.size(); ++g) {
    if (groups[g].law == nullptr) continue;
    const Interval support = groups[g].law->support();
    if (support.low < 0.0 || support.high > 1.0)
      diagnostics.error(list.items[g].at("score"), "scores of this law can leave [0, 1], so they are no probabilities",
                        "scores in [0, 1], or success: {law: logistic, ...}");
  }
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<Parametric>(std::make_shared<const ParametricLaw>(std::move(groups), success), settings.mark);
}

}  // namespace loopgate
