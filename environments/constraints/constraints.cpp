#include "environments/constraints/constraints.hpp"

#include <algorithm>
#include <optional>

namespace loopgate {

namespace {

const Interval rates{0.0, 1.0};  ///< of tolerance, floor and ceiling

/// A rate that groups are compared by.
enum class Rate : std::uint8_t { selection, true_positive, false_positive, qualification };

const GroupRates& rates_of(const DecisionRates& seen, Rate rate) noexcept {
  switch (rate) {
    case Rate::selection:
      return seen.selection;
    case Rate::true_positive:
      return seen.outcomes.true_positive;
    case Rate::false_positive:
      return seen.outcomes.false_positive;
    case Rate::qualification:
      return seen.outcomes.qualification;
  }
  return seen.selection;
}

constexpr double nobody = 1e-12;  ///< of a whole of 1: what rounding leaves of a rest that is empty

/// A rate's sums over all groups.
struct Totals {
  double part = 0.0, whole = 0.0, expected_whole = 0.0;
};

Totals totals_of(const GroupRates& of) noexcept {
  Totals out;
  for (std::size_t g = 0; g < of.group.size(); ++g) {
    if (of.whole[g] > 0.0) out.part += of.group[g] * of.whole[g];
    out.whole += of.whole[g];
    out.expected_whole += of.expected_whole[g];
  }
  return out;
}

/// An estimate of a group's expected rate less everyone's: (1 - s) (rate - rate of the others), s the group's expected
/// share of the whole. NaN where the group or all others are absent. Given how many of the group and of the others
/// came, it has that difference as its mean, since those others are of group h with probability s_h / (1 - s); the
/// group's rate less the overall rate of the same epoch, which is this with the realised share, has not: where the
/// group is many, it makes up more of the overall rate.
double pooled_gap(const GroupRates& of, const Totals& totals, std::size_t g) noexcept {
  const double others = totals.whole - of.whole[g];
  if (!(of.whole[g] > 0.0) || !(others > nobody * totals.whole)) return undefined;
  const double share = of.expected_whole[g] / totals.expected_whole;
  return (1.0 - share) * (of.group[g] - (totals.part - of.group[g] * of.whole[g]) / others);
}

/// Residuals are of signed gaps, since a learner's mean of absolute gaps is biased upwards. NaN rates stay NaN.
class RateGaps final : public Constraint {
 public:
  RateGaps(double tolerance, bool pooled) : tolerance_(tolerance), pooled_(pooled) {}

  /// Two residuals for each pair of groups, or for each group against everyone.
  void compare(const std::string& prefix, Rate rate, const std::vector<std::string>& groups) {
    for (std::size_t high = 0; high < groups.size(); ++high) {
      if (pooled_) add(prefix, rate, {groups[high], high}, {"overall", overall});
      for (std::size_t low = 0; !pooled_ && low < high; ++low)
        add(prefix, rate, {groups[high], high}, {groups[low], low});
    }
  }

  std::size_t n_residuals() const noexcept override { return names_.size(); }
  bool reads_outcomes() const noexcept override {
    return std::ranges::any_of(gaps_, [](const Gap& gap) { return gap.rate != Rate::selection; });
  }
  std::vector<std::string> residual_names() const override { return names_; }
  std::vector<Interval> residual_ranges(std::span<const double> parameters) const override {
    return std::vector<Interval>(names_.size(), Interval{-1.0 - parameters[0], 1.0 - parameters[0]});
  }
  std::vector<Parameter> parameters() const override { return {{"tolerance", rates, tolerance_, {}}}; }
  void residuals(const DecisionRates& seen, std::span<const double> parameters, std::span<double> out) const override {
    const double tolerance = parameters[0];
    Totals totals;
    for (std::size_t m = 0; m < gaps_.size(); ++m) {
      const auto& [rate, one, other] = gaps_[m];
      const GroupRates& rates_now = rates_of(seen, rate);
      if (pooled_ && one == 0) totals = totals_of(rates_now);
      const double gap = pooled_ ? pooled_gap(rates_now, totals, one) : rates_now.group[one] - rates_now.group[other];
      out[2 * m] = gap - tolerance;
      out[2 * m + 1] = (0.0 - gap) - tolerance;
    }
  }

 private:
  static constexpr std::size_t overall = static_cast<std::size_t>(-1);
  struct Gap {
    Rate rate;
    std::size_t one, other;
  };
  struct Compared {
    std::string name;
    std::size_t index;
  };

  void add(const std::string& prefix, Rate rate, const Compared& one, const Compared& other) {
    names_.push_back(prefix + one.name + "-" + other.name);
    names_.push_back(prefix + other.name + "-" + one.name);
    gaps_.push_back({rate, one.index, other.index});
  }

  double tolerance_;
  bool pooled_;
  std::vector<std::string> names_;
  std::vector<Gap> gaps_;  ///< two residuals each: one over the other, and the other way round
};

class ServiceRate final : public Constraint {
 public:
  ServiceRate(std::optional<double> floor, std::optional<double> ceiling) : floor_(floor), ceiling_(ceiling) {}

  std::size_t n_residuals() const noexcept override { return (floor_ ? 1U : 0U) + (ceiling_ ? 1U : 0U); }
  std::vector<std::string> residual_names() const override {
    std::vector<std::string> names;
    if (floor_) names.emplace_back("service_rate:floor");
    if (ceiling_) names.emplace_back("service_rate:ceiling");
    return names;
  }
  std::vector<Interval> residual_ranges(std::span<const double> parameters) const override {
    std::vector<Interval> ranges;
    if (floor_) ranges.push_back({parameters[0] - 1.0, parameters[0]});
    if (ceiling_) ranges.push_back({-parameters[ranges.size()], 1.0 - parameters[ranges.size()]});
    return ranges;
  }
  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all;
    if (floor_) all.push_back({"floor", rates, *floor_, {}});
    if (ceiling_) all.push_back({"ceiling", rates, *ceiling_, {}});
    return all;
  }
  void residuals(const DecisionRates& seen, std::span<const double> parameters, std::span<double> out) const override {
    std::size_t m = 0;
    if (floor_) {
      out[m] = parameters[m] - seen.selection.overall;
      ++m;
    }
    if (ceiling_) out[m] = seen.selection.overall - parameters[m];
  }
  std::string conflict(std::span<const double> parameters) const override {
    return floor_ && ceiling_ && parameters[0] > parameters[1]
               ? "puts the floor above the ceiling, so that nothing can satisfy both"
               : "";
  }

 private:
  std::optional<double> floor_, ceiling_;
};

class Capacity final : public Constraint {
 public:
  /// group: whose selection rate is limited; none: everyone's.
  void limit(std::string name, double ceiling, std::optional<GroupId> group) {
    names_.push_back(std::move(name));
    parameters_.push_back({"ceiling", rates, ceiling, group});
  }

  std::size_t n_residuals() const noexcept override { return names_.size(); }
  std::vector<std::string> residual_names() const override { return names_; }
  std::vector<Interval> residual_ranges(std::span<const double> parameters) const override {
    std::vector<Interval> all;
    for (const double ceiling : parameters) all.push_back({-ceiling, 1.0 - ceiling});
    return all;
  }
  std::vector<Parameter> parameters() const override { return parameters_; }
  void residuals(const DecisionRates& seen, std::span<const double> parameters, std::span<double> out) const override {
    for (std::size_t m = 0; m < parameters_.size(); ++m) {
      const auto group = parameters_[m].group;
      out[m] = (group ? seen.selection.group[index(*group)] : seen.selection.overall) - parameters[m];
    }
  }

 private:
  std::vector<std::string> names_;
  std::vector<Parameter> parameters_;
};

Key pairs_key() {
  return defaulted("pairs", choice({"all", "pooled"}), "all",
                   "all: every ordered pair of groups; pooled: each group against the overall rate, as (1 - the "
                   "group's expected share) (its rate - the rate of all others), which is right on average in batches "
                   "of any size; where batches are tiny its values tell a learner who knows their size that share");
}

Key told_key() {
  return defaulted("told", boolean(), "true",
                   "true: agents are told the residuals, which takes `feedback: full`; false: they are for "
                   "the trace and the analysis alone");
}

const char* const hardt = "Hardt, Price & Srebro 2016, arXiv 1610.02413";

std::unique_ptr<Constraint> make_gaps(const std::string& name, const std::vector<std::pair<std::string, Rate>>& gaps,
                                      const Node& settings, const std::vector<std::string>& groups,
                                      Diagnostics& diagnostics) {
  if (groups.size() < 2) {
    diagnostics.error(settings.mark, settings.path, "compares groups, and the population has only one",
                      "two or more groups");
    return nullptr;
  }
  auto made = std::make_unique<RateGaps>(settings.number("tolerance"), settings.string("pairs") == "pooled");
  for (const auto& [part, rate] : gaps) made->compare(name + ":" + part, rate, groups);
  return made;
}

}  // namespace

Description describe_demographic_parity() {
  return {"demographic_parity",
          "the groups' selection rates differ by at most a tolerance",
          {required("tolerance", number(rates), "largest allowed difference of selection rates"), pairs_key()},
          "two residuals a pair: a_1 - a_0 - tolerance and a_0 - a_1 - tolerance, of the signed gap; met iff both <= 0",
          "Calders & Verwer 2010, doi:10.1007/s10618-010-0190-x",
          "Undefined (NaN) in an epoch in which a group of the pair has no arrivals."};
}

std::unique_ptr<Constraint> make_demographic_parity(const Node& settings, const std::vector<std::string>& groups,
                                                    Diagnostics& diagnostics) {
  return make_gaps("demographic_parity", {{"", Rate::selection}}, settings, groups, diagnostics);
}

Description describe_equal_opportunity() {
  return {"equal_opportunity",
          "of those who would succeed, the groups accept shares that differ by at most a tolerance",
          {required("tolerance", number(rates), "largest allowed difference of true positive rates"), pairs_key(),
           told_key()},
          "two residuals a pair: TPR_1 - TPR_0 - tolerance and TPR_0 - TPR_1 - tolerance, of the signed gap; TPR = "
          "accepted successes / all who would succeed",
          hardt,
          "Undefined (NaN) in an epoch in which nobody of a group of the pair would succeed."};
}

std::unique_ptr<Constraint> make_equal_opportunity(const Node& settings, const std::vector<std::string>& groups,
                                                   Diagnostics& diagnostics) {
  return make_gaps("equal_opportunity", {{"", Rate::true_positive}}, settings, groups, diagnostics);
}

Description describe_false_positive_parity() {
  return {"false_positive_parity",
          "of those who would fail, the groups accept shares that differ by at most a tolerance",
          {required("tolerance", number(rates), "largest allowed difference of false positive rates"), pairs_key(),
           told_key()},
          "two residuals a pair: FPR_1 - FPR_0 - tolerance and FPR_0 - FPR_1 - tolerance, of the signed gap; FPR = "
          "accepted failures / all who would fail",
          "Corbett-Davies et al. 2017, arXiv 1701.08230 (predictive equality)",
          "Undefined (NaN) in an epoch in which nobody of a group of the pair would fail."};
}

std::unique_ptr<Constraint> make_false_positive_parity(const Node& settings, const std::vector<std::string>& groups,
                                                       Diagnostics& diagnostics) {
  return make_gaps("false_positive_parity", {{"", Rate::false_positive}}, settings, groups, diagnostics);
}

Description describe_equalised_odds() {
  return {"equalised_odds",
          "of those who would succeed, and of those who would fail, the groups accept alike up to a tolerance",
          {required("tolerance", number(rates), "largest allowed difference of true and of false positive rates"),
           pairs_key(), told_key()},
          "four residuals a pair: those of equal_opportunity and those of false_positive_parity",
          hardt,
          "A residual is undefined (NaN) in an epoch in which nobody of a group of the pair would succeed, or fail."};
}

std::unique_ptr<Constraint> make_equalised_odds(const Node& settings, const std::vector<std::string>& groups,
                                                Diagnostics& diagnostics) {
  return make_gaps("equalised_odds",
                   {{"true_positive:", Rate::true_positive}, {"false_positive:", Rate::false_positive}}, settings,
                   groups, diagnostics);
}

Description describe_qualification_gap() {
  return {"qualification_gap",
          "the shares of applicants who would succeed differ between groups by at most a tolerance",
          {required("tolerance", number(rates), "largest allowed difference of qualification rates"), pairs_key(),
           told_key()},
          "two residuals a pair: q_1 - q_0 - tolerance and q_0 - q_1 - tolerance, of the signed gap; q = would succeed "
          "/ arrived",
          "Zhang et al. 2020, arXiv 2010.11300",
          "A requirement on what becomes of the groups: a decision changes it in later epochs only, through dynamics. "
          "Undefined (NaN) in an epoch in which a group of the pair has no arrivals."};
}

std::unique_ptr<Constraint> make_qualification_gap(const Node& settings, const std::vector<std::string>& groups,
                                                   Diagnostics& diagnostics) {
  return make_gaps("qualification_gap", {{"", Rate::qualification}}, settings, groups, diagnostics);
}

Description describe_capacity() {
  return {"capacity",
          "no more are accepted of each arrival than there is room for",
          {required("ceiling", one_of({number(rates), dictionary_of(number(rates))}),
                    "largest allowed accepted / arrived: a number for everyone, or ceilings of some groups by name")},
          "residuals accepted / arrived - ceiling; met iff <= 0",
          "",
          "One number says what the ceiling of service_rate says. A requirement, which a policy may break: no one is "
          "turned away for it."};
}

std::unique_ptr<Constraint> make_capacity(const Node& settings, const std::vector<std::string>& groups,
                                          Diagnostics& diagnostics) {
  const Node& given = settings.at("ceiling");
  auto made = std::make_unique<Capacity>();
  if (given.kind == Node::Kind::scalar) {
    made->limit("capacity", given.number(), {});
    return made;
  }
  if (given.entries.empty())
    diagnostics.error(given, "names no group", "a number, or a mapping from groups to numbers");
  for (const auto& [name, value] : given.entries) {
    const auto g = std::ranges::find(groups, name) - groups.begin();
    if (g == std::ssize(groups)) diagnostics.error(value, "no such group" + did_you_mean(name, groups));
    else made->limit("capacity:" + name, value.number(), static_cast<GroupId>(g));
  }
  return made;
}

Description describe_service_rate() {
  return {"service_rate",
          "the share of all applicants who are accepted stays above a floor, below a ceiling, or both",
          {optional("floor", number(rates), "least allowed accepted / arrived"),
           optional("ceiling", number(rates), "largest allowed accepted / arrived")},
          "residuals floor - service_rate and service_rate - ceiling; met iff <= 0"};
}

std::unique_ptr<Constraint> make_service_rate(const Node& settings, const std::vector<std::string>&,
                                              Diagnostics& diagnostics) {
  std::optional<double> floor, ceiling;
  if (settings.has("floor")) floor = settings.number("floor");
  if (settings.has("ceiling")) ceiling = settings.number("ceiling");
  if (!floor && !ceiling) {
    diagnostics.error(settings.mark, settings.path, "has neither a floor nor a ceiling", "at least one of them");
    return nullptr;
  }
  if (floor && ceiling && *floor > *ceiling) {
    diagnostics.error(settings.at("floor"), "is above the ceiling, so that nothing can satisfy both");
    return nullptr;
  }
  return std::make_unique<ServiceRate>(floor, ceiling);
}

}  // namespace loopgate
