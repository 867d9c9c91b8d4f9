#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/scenario/node.hpp"

namespace loopgate {

/// Collects every problem of a scenario, so that the user sees all of them at once.
class Diagnostics {
 public:
  /// Adds `source:line:column: path = value: problem (expected ...)`. expected may be empty.
  void error(const Node& at, std::string_view problem, std::string_view expected = {});
  /// Adds a message about a place that is not a value: a data file, a key that is absent.
  void error(const Mark& at, std::string_view what, std::string_view problem, std::string_view expected = {});

  /// Adds the same text as error, for what is allowed but hardly meant. Not a problem: ok() stays as it is.
  void warn(const Node& at, std::string_view concern);

  bool ok() const noexcept { return errors_.empty(); }
  std::size_t count() const noexcept { return errors_.size(); }
  const std::vector<std::string>& errors() const noexcept { return errors_; }
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  void throw_if_any() const;  ///< ScenarioError with one message per line; what two parts found says it once

 private:
  std::vector<std::string> errors_, warnings_;
};

/// " (did you mean `x`?)" for the nearest of known by edit distance, or "" when none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace loopgate
