#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace loopgate {

/// A table of text cells with named columns.
struct Table {
  struct Column {
    std::string name;
    bool numeric = false;            ///< every cell that is not missing reads as a finite number
    std::vector<std::string> cells;  ///< [n_rows]; "" where missing
    std::vector<bool> missing;       ///< [n_rows]
  };
  std::vector<Column> columns;
  std::vector<int> line;  ///< [n_rows] 1-based, where the row starts in its file

  std::size_t n_rows() const noexcept { return line.size(); }
  std::vector<std::string> names() const;
};

/// Reads a CSV file (RFC 4180, a header first; missing: empty, NA, NaN, ?) or an ARFF file (missing: ?), by extension.
/// ScenarioError `path:line: problem` for anything that is not well formed.
Table read_table(const std::filesystem::path& path);

}  // namespace loopgate
