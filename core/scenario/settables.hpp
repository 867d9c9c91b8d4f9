#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/scenario/scenario.hpp"

namespace loopgate {

/// One thing that `set` can name: a number, or one for each of some groups.
struct Settable {
  std::string name;
  Change::Target target;
  std::uint32_t owner = 0;
  struct Entry {
    std::uint32_t index;
    std::string group;  ///< empty: it has no group
    Interval range;
    double value;        ///< now, while the list is gone through in order of time
    bool moved = false;  ///< by dynamics
  };
  std::vector<Entry> entries;

  bool whole() const noexcept { return target == Change::Target::stage_capacity; }
  bool grouped() const noexcept { return !entries.front().group.empty(); }
  std::string name_of(const Entry& entry) const { return entry.group.empty() ? name : name + ":" + entry.group; }
};

/// Everything that this scenario's interventions can set.
class Settables {
 public:
  /// root: of the scenario. scenario outlives this.
  Settables(const Node& root, const Scenario& scenario);

  std::vector<std::string> names() const;

  std::vector<Settable> all;

  /// What a scenario like this could have under that name, but this one has not.
  struct Absent {
    std::string name, problem, expected;
  };
  std::vector<Absent> absent;

 private:
  using Target = Change::Target;

  void add(const std::string& name, Target target, std::size_t owner, const std::vector<Parameter>& parameters);
  void add_each(const std::string& prefix, Target target, std::size_t owner, const std::vector<Parameter>& parameters);
  void add_population();
  void mark_moved(StateEntry::Kind kind);
  void add_stage(std::size_t k);

  const Scenario& scenario_;
};

}  // namespace loopgate
