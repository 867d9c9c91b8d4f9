#include "environments/dynamics/rule.hpp"

#include <algorithm>
#include <cmath>

namespace loopgate {

namespace {

double ratio(double part, double whole) noexcept { return whole > 0.0 ? part / whole : undefined; }

}  // namespace

std::vector<StateEntry> every(StateEntry::Kind kind, std::size_t n_groups) {
  std::vector<StateEntry> entries;
  for (std::size_t g = 0; g < n_groups; ++g) entries.push_back({kind, static_cast<GroupId>(g)});
  return entries;
}

Key rate_key() { return required("rate", number(rate_range), "part of the way to the target that is gone per epoch"); }

Schema per_group(Interval range) { return one_of({number(range), dictionary_of(number(range))}); }

std::vector<double> per_group_values(const Node& value, const std::vector<std::string>& groups,
                                     Diagnostics& diagnostics) {
  std::vector<double> all(groups.size(), undefined);
  if (value.kind == Node::Kind::scalar) {
    std::ranges::fill(all, value.number());
    return all;
  }
  for (const auto& [name, one] : value.entries) {
    const auto g = std::ranges::find(groups, name) - groups.begin();
    if (g == std::ssize(groups)) diagnostics.error(one, "no such group" + did_you_mean(name, groups));
    else all[static_cast<std::size_t>(g)] = one.number();
  }
  for (std::size_t g = 0; g < all.size(); ++g)
    if (std::isnan(all[g]))
      diagnostics.error(value.mark, value.path, "has no value for group `" + groups[g] + "`",
                        "a value for every group, or one number for all");
  return all;
}

void add_per_group(std::vector<Parameter>& all, const std::string& name, Interval range,
                   std::span<const double> value) {
  for (std::size_t g = 0; g < value.size(); ++g) all.push_back({name, range, value[g], static_cast<GroupId>(g)});
}

void check_class_conditional(const Node& settings, const ApplicantLaw& law, Diagnostics& diagnostics) {
  const Composition start = law.start();
  for (std::size_t g = 0; g < law.groups().size(); ++g) {
    const double q = start.qualifications()[g];
    if (std::isnan(q))
      return diagnostics.error(settings.at("type"), "the population has no class-conditional scores",
                               "a finite population: score_table or tabular");
    if (!(q > 0.0 && q < 1.0))
      diagnostics.error(settings.at("type"),
                        std::string("in group `") + law.groups()[g] + "` nobody would " +
                            (q > 0.0 ? "fail" : "succeed") + " at the start, so it is not known how those would score",
                        "a group with both outcomes");
  }
}

double selection_rate(const EpochTally& tally, std::size_t g) noexcept {
  return ratio(tally.accepted[g], tally.arrived[g]);
}

double true_positive_rate(const EpochTally& tally, std::size_t g) noexcept {
  return ratio(tally.succeeded[g], tally.qualified[g]);
}

double false_positive_rate(const EpochTally& tally, std::size_t g) noexcept {
  return ratio(tally.accepted[g] - tally.succeeded[g], tally.arrived[g] - tally.qualified[g]);
}

}  // namespace loopgate
