#include "core/run/states.hpp"

#include <boost/container/small_vector.hpp>
#include <optional>
#include <vector>

#include "core/error.hpp"

namespace loopgate {

namespace {

using Kind = StateEntry::Kind;

double value_of(const StateEntry& entry, const Composition& composition) {
  const std::size_t g = index(entry.group);
  switch (entry.kind) {
    case Kind::share:
      return composition.shares()[g];
    case Kind::score_mean:
      return composition.score_means()[g];
    case Kind::score_shift:
      return composition.score_shifts()[g];
    case Kind::success_shift:
      return composition.success_shifts()[g];
    case Kind::population:
      return composition.populations()[g];
    case Kind::volume:
      return composition.volume();
    case Kind::qualification:
      return composition.qualifications()[g];
    case Kind::aim:
      return composition.aims()[g].to;
    case Kind::aim_reach:
      return composition.aims()[g].reach;
    case Kind::type_mass:
      return composition.type_masses()[entry.type];
  }
  return undefined;
}

/// All groups' values of one kind, on the stack for as many groups as scenarios mostly have.
class PerGroup {
 public:
  explicit PerGroup(std::size_t n_groups) : values_(n_groups, 0.0) {}
  void set(GroupId g, double value) {
    values_[index(g)] = value;
    any = true;
  }
  std::span<const double> values() const noexcept { return {values_.data(), values_.size()}; }
  bool any = false;

 private:
  boost::container::small_vector<double, 16> values_;
};

}  // namespace

void state_values(std::span<const StateEntry> entries, const Composition& composition, std::span<double> out) {
  for (std::size_t s = 0; s < out.size(); ++s) out[s] = value_of(entries[s], composition);
}

void set_states(std::span<const StateEntry> entries, std::span<const double> values, Composition& composition) {
  LOOPGATE_EXPECT(entries.size() == values.size());
  PerGroup shares(composition.n_groups()), populations(composition.n_groups());
  std::optional<double> volume;
  std::vector<double> masses;
  for (std::size_t s = 0; s < entries.size(); ++s) {
    const auto& [kind, group, type] = entries[s];
    switch (kind) {
      case Kind::share:
        shares.set(group, values[s]);
        break;
      case Kind::population:
        populations.set(group, values[s]);
        break;
      case Kind::volume:
        volume = values[s];
        break;
      case Kind::score_mean:
        composition.set_score_mean(group, values[s]);
        break;
      case Kind::score_shift:
        composition.set_score_shift(group, values[s]);
        break;
      case Kind::success_shift:
        composition.set_success_shift(group, values[s]);
        break;
      case Kind::qualification:
        composition.set_qualification(group, values[s]);
        break;
      case Kind::aim:
        composition.set_aim(group, {values[s], composition.aims()[index(group)].reach});
        break;
      case Kind::aim_reach:
        composition.set_aim(group, {composition.aims()[index(group)].to, values[s]});
        break;
      case Kind::type_mass:
        if (masses.empty()) masses.assign(composition.type_masses().begin(), composition.type_masses().end());
        masses[type] = values[s];
        break;
    }
  }
  if (!masses.empty()) composition.set_type_masses(masses);
  if (populations.any) composition.set_populations(populations.values());
  if (shares.any) composition.set_shares(shares.values());
  if (volume) composition.set_volume(*volume);
}

}  // namespace loopgate
