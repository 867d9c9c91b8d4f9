#include "core/scenario/group_values.hpp"

#include <algorithm>
#include <cmath>

namespace loopgate {

Schema group_values_schema() { return one_of({number(), dictionary_of(number())}); }

std::vector<double> group_values(const Node& given, const std::vector<std::string>& groups, std::string_view what,
                                 Diagnostics& diagnostics) {
  if (given.kind == Node::Kind::scalar) return std::vector<double>(groups.size(), given.number());
  std::vector<double> values(groups.size(), undefined);
  for (const auto& [name, value] : given.entries) {
    const auto g = std::ranges::find(groups, name) - groups.begin();
    if (g == std::ssize(groups)) diagnostics.error(value, "no such group" + did_you_mean(name, groups));
    else values[static_cast<std::size_t>(g)] = value.number();
  }
  for (std::size_t g = 0; g < values.size(); ++g)
    if (std::isnan(values[g]))
      diagnostics.error(given.mark, given.path, "has no " + std::string(what) + " for group `" + groups[g] + "`");
  return values;
}

}  // namespace loopgate
