#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/trace/trace_layout.hpp"

namespace loopgate {

/// Finds the data files that a scenario names: beside the scenario, in the folders of LOOPGATE_DATA (colon-separated),
/// in the user's cache folder ($XDG_CACHE_HOME/loopgate or ~/.cache/loopgate). Remembers what was found.
class DataFiles {
 public:
  DataFiles(std::filesystem::path scenario_folder, std::vector<std::filesystem::path> search);
  static DataFiles from_environment(const std::filesystem::path& scenario_folder);

  std::optional<std::filesystem::path> find(const std::string& name) const;
  std::string how_to_get(const std::string& name) const;  ///< why it is not found, and what to do
  const std::vector<InputFile>& found() const noexcept { return found_; }

 private:
  std::vector<std::filesystem::path> folders_;
  mutable std::vector<InputFile> found_;
};

}  // namespace loopgate
