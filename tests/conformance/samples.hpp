#pragma once

#include <string>
#include <vector>

#include "tests/support/worlds.hpp"

namespace loopgate::test {

/// A small scenario in parts, each on one line of YAML.
struct World {
  std::string population;
  std::string score_model = "{type: identity}";
  std::string arrivals = "{type: poisson, mean: 30}";
  std::string dynamics = "[]";
  std::string outcomes = "{}";
  std::string constraints = "{}";
  std::string feedback = "bandit";
  std::string agents = "[{type: fixed, threshold: 0.5}]";
  std::string route;  ///< empty: none

  std::string yaml() const;
};

/// One way to set a component, as a flow mapping, and a world that it runs in.
struct Sample {
  std::string kind, name;  ///< as in Catalog::kinds()
  std::string settings;
  World world;
  std::vector<std::string> fidelities{"individuals", "counts", "mean_field"};  ///< that it runs in

  std::string yaml() const { return yaml_with(settings); }
  std::string yaml_with(const std::string& other_settings) const;
  Scenario build(const std::vector<std::string>& overrides = {}) const;  ///< REQUIREs that it is valid
  /// The same in a route of two stages with servers, patience, capacity and a way back, in which every delay is this
  /// one where it is a delay. It runs in individuals, if at all.
  Sample through_route() const;
};

/// Settings to try each registered component with. A new component is tested by adding its settings here; until then
/// the conformance tests fail and name it.
const std::vector<Sample>& samples();
std::vector<Sample> samples_of(const std::string& kind);

/// A span with guard values on both sides.
template <class T>
class Guarded {
 public:
  Guarded(std::size_t n, T fill, T guard) : cells_(n + 2 * margin, guard), guard_(guard) {
    for (T& cell : inside()) cell = fill;
  }
  std::span<T> inside() { return std::span(cells_).subspan(margin, cells_.size() - 2 * margin); }
  bool intact() const {
    for (std::size_t i = 0; i < margin; ++i)
      if (cells_[i] != guard_ || cells_[cells_.size() - 1 - i] != guard_) return false;
    return true;
  }

 private:
  static constexpr std::size_t margin = 8;
  std::vector<T> cells_;
  T guard_;
};

inline constexpr double guard_value = -7.25e100;

}  // namespace loopgate::test
