#include "core/scenario/data_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "core/trace/sha256.hpp"

namespace loopgate {

namespace fs = std::filesystem;

DataFiles::DataFiles(fs::path scenario_folder, std::vector<fs::path> search) {
  folders_.push_back(scenario_folder.empty() ? fs::path(".") : std::move(scenario_folder));
  for (fs::path& folder : search) folders_.push_back(std::move(folder));
}

DataFiles DataFiles::from_environment(const fs::path& scenario_folder) {
  std::vector<fs::path> search;
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::istringstream listed(variable("LOOPGATE_DATA"));
  for (std::string folder; std::getline(listed, folder, ':');)
    if (!folder.empty()) search.emplace_back(folder);
  const std::string cache = variable("XDG_CACHE_HOME"), home = variable("HOME");
  if (!cache.empty()) search.push_back(fs::path(cache) / "loopgate");
  else if (!home.empty()) search.push_back(fs::path(home) / ".cache" / "loopgate");
  return {scenario_folder, std::move(search)};
}

std::optional<fs::path> DataFiles::find(const std::string& name) const {
  for (const fs::path& folder : folders_) {
    const fs::path path = folder / name;  // an absolute name replaces the folder
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) continue;
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (std::ranges::find(found_, name, &InputFile::path) == found_.end()) found_.push_back({name, sha256_hex(bytes)});
    return path;
  }
  return std::nullopt;
}

std::string DataFiles::how_to_get(const std::string& name) const {
  std::string looked;
  for (const fs::path& folder : folders_) {
    std::error_code ignored;
    const fs::path path = folder / name;
    if (fs::is_directory(path, ignored)) return path.string() + " is a folder (expected a file)";
    if (fs::is_symlink(path, ignored) && !fs::exists(path, ignored))
      return path.string() + " is a link to nowhere (expected a file)";
    looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  const std::string set = name.substr(0, name.find('/'));
  const bool known = set == "german_credit" || set == "compas" || set == "fico";
  return "not found: looked in " + looked + "; " +
         (known ? "run scripts/get-data " + set
                : "put the file beside the scenario or name its folder in LOOPGATE_DATA");
}

}  // namespace loopgate
