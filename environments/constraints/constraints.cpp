#include "environments/constraints/constraints.hpp"

#include <optional>

namespace loopgate {

namespace {

const Interval rates{0.0, 1.0};  ///< of tolerance, floor and ceiling

/// Residuals are of the signed gap, since a learner's mean of absolute gaps is biased upwards. NaN rates stay NaN.
class DemographicParity final : public Constraint {
 public:
  DemographicParity(std::vector<std::string> groups, double tolerance, bool pooled) : tolerance_(tolerance) {
    const std::string prefix = "demographic_parity:";
    for (std::size_t high = 0; high < groups.size(); ++high) {
      if (pooled) {
        add(prefix + groups[high] + "-overall", high, overall);
        add(prefix + "overall-" + groups[high], overall, high);
      }
      for (std::size_t low = 0; !pooled && low < high; ++low) {
        add(prefix + groups[high] + "-" + groups[low], high, low);
        add(prefix + groups[low] + "-" + groups[high], low, high);
      }
    }
  }

  std::size_t n_residuals() const noexcept override { return names_.size(); }
  std::vector<std::string> residual_names() const override { return names_; }
  std::vector<Interval> residual_ranges(std::span<const double> parameters) const override {
    return std::vector<Interval>(names_.size(), Interval{-1.0 - parameters[0], 1.0 - parameters[0]});
  }
  std::vector<Parameter> parameters() const override { return {{"tolerance", rates, tolerance_, {}}}; }
  void residuals(const DecisionRates& seen, std::span<const double> parameters, std::span<double> out) const override {
    const double tolerance = parameters[0];
    const auto rate = [&seen](std::size_t g) { return g == overall ? seen.service_rate : seen.selection_rate[g]; };
    for (std::size_t m = 0; m < pairs_.size(); ++m) out[m] = rate(pairs_[m].first) - rate(pairs_[m].second) - tolerance;
  }

 private:
  static constexpr std::size_t overall = static_cast<std::size_t>(-1);

  void add(std::string name, std::size_t favoured, std::size_t other) {
    names_.push_back(std::move(name));
    pairs_.emplace_back(favoured, other);
  }

  double tolerance_;
  std::vector<std::string> names_;
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
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
      out[m] = parameters[m] - seen.service_rate;
      ++m;
    }
    if (ceiling_) out[m] = seen.service_rate - parameters[m];
  }
  std::string conflict(std::span<const double> parameters) const override {
    return floor_ && ceiling_ && parameters[0] > parameters[1]
               ? "puts the floor above the ceiling, so that nothing can satisfy both"
               : "";
  }

 private:
  std::optional<double> floor_, ceiling_;
};

}  // namespace

Description describe_demographic_parity() {
  return {"demographic_parity",
          "the groups' selection rates differ by at most a tolerance",
          {required("tolerance", number(rates), "largest allowed difference of selection rates"),
           defaulted("pairs", choice({"all", "pooled"}), "all",
                     "all: every ordered pair of groups; pooled: each group against the overall rate")},
          "two residuals a pair: a_1 - a_0 - tolerance and a_0 - a_1 - tolerance, of the signed gap; met iff both <= 0",
          "Calders & Verwer 2010, doi:10.1007/s10618-010-0190-x",
          "Undefined (NaN) in an epoch in which a group of the pair has no arrivals."};
}

std::unique_ptr<Constraint> make_demographic_parity(const Node& settings, const std::vector<std::string>& groups,
                                                    Diagnostics& diagnostics) {
  if (groups.size() < 2) {
    diagnostics.error(settings.mark, settings.path, "compares groups, and the population has only one",
                      "two or more groups");
    return nullptr;
  }
  return std::make_unique<DemographicParity>(groups, settings.number("tolerance"),
                                             settings.string("pairs") == "pooled");
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
