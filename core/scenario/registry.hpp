#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/scenario/schema.hpp"

namespace loopgate {

/// The components of one kind that a scenario can name, each with its description and the function that makes one
/// from its validated settings. `make` reports what the schema cannot express (low < high, a missing column) to the
/// Diagnostics and may then return null.
template <class Interface, class... Context>
class Registry {
 public:
  using Make = std::function<std::unique_ptr<Interface>(const Node& settings, Context..., Diagnostics&)>;

  /// A second component of the same name is a ContractViolation.
  void add(Description description, Make make) {
    LOOPGATE_EXPECT(find(description.name) == nullptr);
    entries_.emplace_back(std::move(description), std::move(make));
    std::ranges::sort(entries_, {}, [](const auto& entry) -> const std::string& { return entry.first.name; });
  }

  const Description* find(std::string_view name) const noexcept {
    const auto found = locate(name);
    return found == entries_.end() ? nullptr : &found->first;
  }

  /// EXPECTs a registered name, which validation has made sure of.
  std::unique_ptr<Interface> make(std::string_view name, const Node& settings, Context... context,
                                  Diagnostics& diagnostics) const {
    const auto found = locate(name);
    LOOPGATE_EXPECT(found != entries_.end());
    return found->second(settings, context..., diagnostics);
  }

  std::vector<Description> descriptions() const {  ///< sorted by name
    std::vector<Description> all;
    for (const auto& entry : entries_) all.push_back(entry.first);
    return all;
  }

 private:
  auto locate(std::string_view name) const noexcept {
    return std::ranges::find_if(entries_, [name](const auto& entry) { return entry.first.name == name; });
  }

  std::vector<std::pair<Description, Make>> entries_;
};

}  // namespace loopgate
