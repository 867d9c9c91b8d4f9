#include "analysis/comparator.hpp"

#include <filesystem>

#include "core/error.hpp"

namespace loopgate {

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += "\n  " + line;
  return all;
}

}  // namespace

std::string sidecar_beside(const std::string& trace_path) {
  std::filesystem::path path(trace_path);
  if (path.extension() == ".partial") path.replace_extension();
  return path.replace_extension(".oracle.h5").string();
}

std::optional<Comparator> comparator_of(const TraceReader& trace, const std::string& named,
                                        std::vector<std::string>& notes) {
  const std::string path = named.empty() ? sidecar_beside(trace.path) : named;
  if (named.empty() && !std::filesystem::exists(path)) return std::nullopt;
  try {
    Comparator found = load_comparator(path);
    const auto differences = world_differences(record_of(trace), found.scenario);
    if (!differences.empty())
      throw ScenarioError(path + ": the oracle of another scenario than the trace's:" + joined(differences));
    if (named.empty()) notes.push_back("regret against " + path + ", found beside the trace");
    if (!found.feasible)
      notes.push_back("no threshold of the oracle's sweep is feasible: regret is against the least violating one");
    return found;
  } catch (const ScenarioError& problem) {
    if (!named.empty()) throw;
    notes.push_back(std::string("no regret: ") + problem.what());
  } catch (const TraceError& problem) {
    if (!named.empty()) throw;
    notes.push_back(std::string("no regret: ") + problem.what());
  }
  return std::nullopt;
}

}  // namespace loopgate
