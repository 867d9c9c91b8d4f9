#include "core/scenario/interventions.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "core/scenario/scalars.hpp"
#include "core/scenario/settables.hpp"

namespace loopgate {

namespace {

using Target = Change::Target;

/// One item of the list, checked on its own.
struct Intervention {
  const Node* node;
  std::size_t settable;
  Time from, until;                                ///< equal: a step
  bool returns;                                    ///< a pulse
  std::vector<std::pair<std::size_t, double>> to;  ///< entry and its value
};

class Resolver {
 public:
  Resolver(const Node& root, Scenario& scenario, Diagnostics& diagnostics)
      : list_(root.at("interventions")),
        scenario_(scenario),
        diagnostics_(diagnostics),
        settables_(root, scenario),
        names_(settables_.names()) {}

  void resolve() {
    const std::size_t before = diagnostics_.count();
    for (const Node& item : list_.items) read(item);
    std::ranges::stable_sort(interventions_, {}, &Intervention::from);
    check_overlaps();
    if (diagnostics_.count() > before) return;
    for (const Intervention& one : interventions_) add_changes(one);
    // Ends first: what ends at a time was there before what starts at it.
    std::ranges::stable_sort(ends_, {}, &Change::from);
    std::ranges::merge(ends_, starts_, std::back_inserter(scenario_.changes), {}, &Change::from, &Change::from);
    check_conflicts();
    for (const Change& change : scenario_.changes) add_states(change);
  }

 private:
  void read(const Node& item) {
    Intervention made{&item, 0, 0.0, 0.0, item.string("type") == "pulse", {}};
    const Node& set = item.at("set");
    const auto found = std::ranges::find(names_, set.text);
    if (found == names_.end()) {
      const auto absent = std::ranges::find(settables_.absent, set.text, &Settables::Absent::name);
      if (absent != settables_.absent.end()) return diagnostics_.error(set, absent->problem, absent->expected);
      std::string known;
      for (const std::string& name : names_) known += (known.empty() ? "" : ", ") + name;
      return diagnostics_.error(set, "not a thing that this scenario can change" + did_you_mean(set.text, names_),
                                "one of " + known);
    }
    made.settable = static_cast<std::size_t>(found - names_.begin());
    read_times(item, made);
    read_values(item, made);
    interventions_.push_back(std::move(made));
  }

  void read_times(const Node& item, Intervention& made) {
    const Node& start = item.at(item.has("at") ? "at" : "from");
    made.from = made.until = start.number();
    if (item.has("until")) {
      made.until = item.number("until");
      if (!(made.until > made.from))
        diagnostics_.error(item.at("until"), "is not after from = " + item.string("from"), "a later time");
    }
    if (scenario_.clock.kind == Clock::Kind::arrivals) return warn_if_late(start, made);
    const std::uint32_t first = first_decision(made.from);
    if (first >= scenario_.n_epochs)
      diagnostics_.warn(start, "past the horizon: the last decision is at " +
                                   format_number(decision_time(scenario_, scenario_.n_epochs - 1)) +
                                   ", so this intervention changes nothing");
    else if (made.returns && first >= first_decision(made.until) && !works_between_decisions(made))
      diagnostics_.warn(start, "no decision lies between from and until, so this intervention changes nothing");
    else if (item.string("type") == "ramp" && made.until > decision_time(scenario_, scenario_.n_epochs))
      diagnostics_.warn(item.at("until"), "past the horizon: the ramp is cut short");
  }

  /// The first epoch that decides at `time` or later, or n_epochs + 1 where there is none for long.
  std::uint32_t first_decision(Time time) const {
    std::uint32_t low = 0, high = scenario_.n_epochs + 1;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (decision_time(scenario_, middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /// Of a clock that counts arrivals only the expected end is known.
  void warn_if_late(const Node& start, const Intervention& made) {
    const double needed = static_cast<double>(scenario_.clock.count) * scenario_.n_epochs;
    const double expected = scenario_.arrivals->process()->expected(0.0, made.from, scenario_.start.arrivals);
    if (expected > needed + 6.0 * std::sqrt(needed))
      diagnostics_.warn(start, "past the horizon: the last decision falls with arrival " + format_number(needed) +
                                   ", and about " + format_rounded(std::round(expected)) +
                                   " are expected by then, so this intervention changes nothing");
  }

  bool works_between_decisions(const Intervention& made) const {
    const Target target = settables_.all[made.settable].target;
    return scenario_.arrivals->process() != nullptr && (target == Target::arrivals || target == Target::shares);
  }

  void read_values(const Node& item, Intervention& made) {
    const Settable& what = settables_.all[made.settable];
    const Node& to = item.at("to");
    const std::size_t before = diagnostics_.count();
    if (to.kind == Node::Kind::scalar) {
      if (what.target == Target::shares)
        return diagnostics_.error(to, "one share cannot be every group's", "a mapping from groups to shares");
      for (std::size_t e = 0; e < what.entries.size(); ++e) read_value(to, what, e, item, made);
    } else if (!what.grouped()) {
      diagnostics_.error(to, "`" + what.name + "` has no value for each group", "a number");
    } else {
      read_groups(to, what, item, made);
    }
    if (what.target == Target::shares && diagnostics_.count() == before) check_shares(to, what, made);
  }

  void read_groups(const Node& to, const Settable& what, const Node& item, Intervention& made) {
    if (to.entries.empty()) diagnostics_.error(to, "names no group", "a mapping from groups to values");
    for (const auto& [name, value] : to.entries) {
      const auto entry = std::ranges::find(what.entries, name, &Settable::Entry::group);
      if (entry == what.entries.end()) {
        std::vector<std::string> groups;
        for (const Settable::Entry& one : what.entries) groups.push_back(one.group);
        diagnostics_.error(value, "no such group" + did_you_mean(name, groups));
      } else {
        read_value(value, what, static_cast<std::size_t>(entry - what.entries.begin()), item, made);
      }
    }
  }

  void read_value(const Node& value, const Settable& what, std::size_t e, const Node& item, Intervention& made) {
    const Settable::Entry& entry = what.entries[e];
    if (!entry.range.contains(value.number()))
      diagnostics_.error(value, "out of range for `" + what.name_of(entry) + "`", describe(number(entry.range)));
    else if (what.whole() && value.number() != std::floor(value.number()))
      diagnostics_.error(value, "is no whole number", describe(integer(entry.range.low, entry.range.high)));
    if (entry.moved && made.until > made.from)
      diagnostics_.error(item.at("type"), "`" + what.name_of(entry) + "` is moved by dynamics too",
                         "step, after which they go on from there");
    made.to.emplace_back(e, value.number());
  }

  void check_shares(const Node& to, const Settable& what, const Intervention& made) {
    double sum = 0.0;
    for (const auto& [entry, share] : made.to) sum += share;
    const bool all = made.to.size() == what.entries.size();
    if (all ? std::abs(sum - 1.0) > 1e-9 : sum >= 1.0)
      diagnostics_.error(to, "the shares sum to " + format_rounded(sum),
                         all ? "1" : "less than 1, so that something is left for the other groups");
  }

  bool share_an_entry(const Intervention& a, const Intervention& b) const {
    if (a.settable != b.settable) return false;
    if (settables_.all[a.settable].target == Target::shares) return true;  // each moves all shares
    return std::ranges::any_of(a.to, [&b](const auto& mine) {
      return std::ranges::any_of(b.to, [&mine](const auto& other) { return other.first == mine.first; });
    });
  }

  /// A step takes a moment, the others all of [from, until).
  void check_overlaps() {
    for (std::size_t i = 0; i < interventions_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const Intervention &later = interventions_[i], &earlier = interventions_[j];
        if (!share_an_entry(later, earlier)) continue;
        if (later.from > earlier.from && later.from >= earlier.until) continue;
        diagnostics_.error(*later.node,
                           "overlaps " + earlier.node->path + ", which sets `" + settables_.all[later.settable].name +
                               "` at that time too",
                           "one intervention at a time on each number");
      }
  }

  void add_changes(const Intervention& one) {
    Settable& what = settables_.all[one.settable];
    const bool ramp = one.until > one.from && !one.returns;
    const auto place = static_cast<std::uint32_t>(one.node - list_.items.data());
    Change start{place, what.target, what.owner, one.from, ramp ? one.until : one.from, {}}, end = start;
    end.from = end.until = one.until;
    const std::vector<Settable::Entry> before = what.entries;
    set_entries(what, one);
    for (const auto& [e, to] : one.to) {
      const Settable::Entry& entry = what.entries[e];
      start.values.push_back({what.name_of(entry), entry.index, ramp ? before[e].value : to, to});
      if (ramp) end.values.push_back({what.name_of(entry), entry.index, to, to});
    }
    if (one.returns) {
      for (std::size_t e = 0; e < before.size(); ++e)
        if (before[e].value != what.entries[e].value)
          end.values.push_back({what.name_of(before[e]), before[e].index, before[e].value, before[e].value});
      what.entries = before;
    }
    starts_.push_back(std::move(start));
    if (!end.values.empty()) ends_.push_back(std::move(end));
  }

  static void set_entries(Settable& what, const Intervention& one) {
    if (what.target == Target::shares) {
      std::vector<double> shares;
      std::vector<std::pair<GroupId, double>> some;
      for (const Settable::Entry& entry : what.entries) shares.push_back(entry.value);
      for (const auto& [e, to] : one.to) some.emplace_back(static_cast<GroupId>(what.entries[e].index), to);
      shares = shares_with(shares, some);
      for (std::size_t e = 0; e < shares.size(); ++e) what.entries[e].value = shares[e];
    }
    for (const auto& [e, to] : one.to) what.entries[e].value = to;
  }

  /// Parameters that must fit each other are piecewise linear in time, so it is enough to look where a piece ends; a
  /// product of two ramps may pass its bound between.
  void check_conflicts() {
    std::set<std::uint32_t> told;
    for (const Change& change : scenario_.changes) {
      if (told.contains(change.intervention)) continue;
      for (const Time time : {change.from, change.until}) {
        const std::string problem = conflict_at(change, time);
        if (problem.empty()) continue;
        diagnostics_.error(list_.items[change.intervention].at("set"), "at " + format_number(time) + " " + problem);
        told.insert(change.intervention);
        break;
      }
    }
  }

  /// What is wrong at `time` with the parameters of which `made` changes some.
  std::string conflict_at(const Change& made, Time time) const {
    if (made.target == Target::constraint)
      return scenario_.constraints[made.owner]->conflict(values_at(made, scenario_.start.constraints, time));
    if (made.target == Target::dynamics)
      return scenario_.dynamics[made.owner]->conflict(values_at(made, scenario_.start.dynamics, time));
    return {};
  }

  /// start: the parameters of each owner, of which those that `made` is about.
  std::vector<double> values_at(const Change& made, const std::vector<std::vector<double>>& start, Time time) const {
    std::vector<double> values = start[made.owner];
    for (const Change& change : scenario_.changes)
      if (change.target == made.target && change.owner == made.owner && change.from <= time)
        for (const Change::Value& value : change.values)
          values[value.index] = value.at(std::min(time, change.until), change);
    return values;
  }

  void add_states(const Change& change) {
    const auto add = [this](StateEntry entry) {
      if (std::ranges::find(scenario_.states, entry) == scenario_.states.end()) scenario_.states.push_back(entry);
    };
    using Kind = StateEntry::Kind;
    if (change.target == Target::shares)
      for (std::size_t g = 0; g < scenario_.problem.n_groups(); ++g) add({Kind::share, static_cast<GroupId>(g)});
    const std::map<Target, Kind> kinds{{Target::score_mean, Kind::score_mean},
                                       {Target::score_shift, Kind::score_shift},
                                       {Target::success_shift, Kind::success_shift}};
    if (const auto kind = kinds.find(change.target); kind != kinds.end())
      for (const Change::Value& value : change.values) add({kind->second, static_cast<GroupId>(value.index)});
  }

  const Node& list_;
  Scenario& scenario_;
  Diagnostics& diagnostics_;
  Settables settables_;
  std::vector<std::string> names_;
  std::vector<Intervention> interventions_;  ///< by time
  std::vector<Change> starts_, ends_;
};

}  // namespace

Schema interventions_schema() {
  const Interval times{0.0};
  const Key set =
      required("set", text(),
               "what changes, as --set spells it: environment.utility.success or failure, "
               "environment.arrivals.KEY, environment.outcomes.lost, "
               "constraints.NAME.KEY, environment.dynamics.TYPE.KEY, environment.population.shares, "
               "score_mean, score_shift (added to every score of a group) or success_shift (x > 0: a part x "
               "of those who would fail succeeds; x < 0: a part -x of those who would succeed fails), "
               "agents.LABEL.KEY, route.stages.NAME.threshold (of a fixed rule), capacity, cost or agent.KEY; an "
               "unknown name lists what a scenario has");
  const Key to =
      required("to", one_of({number(), dictionary_of(number())}),
               "its value; where groups have their own: one for all, or some groups by name (shares: by name, "
               "and the others keep their proportions)");
  const Key from = required("from", number(times), "when it starts");
  return list_of(component("type",
                           {{"step",
                             "the value changes and stays; before all else that happens at that time",
                             {required("at", number(times), "when"), set, to}},
                            {"ramp",
                             "the value moves in a straight line, and stays",
                             {from, required("until", number(times), "when it is there"), set, to}},
                            {"pulse",
                             "the value changes for a time and then is what it was",
                             {from, required("until", number(times), "when it is back"), set, to}}},
                           "step"));
}

void resolve_interventions(const Node& root, Scenario& scenario, Diagnostics& diagnostics) {
  Resolver(root, scenario, diagnostics).resolve();
  if (std::ranges::any_of(scenario.changes, [](const Change& one) { return one.target == Target::outcomes; }))
    scenario.outcomes.lossy = true;
}

}  // namespace loopgate
