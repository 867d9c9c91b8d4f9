#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace loopgate {

/// A table of text cells with named columns.
struct Table {
  struct Column {
    std::string name;
    std::optional<bool> declared_numeric;  ///< by the file, whose cells then fit; CSV declares nothing
    std::vector<std::string> cells;        ///< [n_rows]; "" where missing
    std::vector<bool> missing;             ///< [n_rows]
  };
  std::string path;
  std::vector<Column> columns;
  std::vector<int> line;  ///< [n_rows] 1-based, where the row starts in its file

  std::size_t n_rows() const noexcept { return line.size(); }
  std::vector<std::string> names() const;
};

/// Reads a CSV file (RFC 4180, a header first; missing: empty, NA, NaN, ?; blanks around a cell are no part of it
/// unless quoted) or an ARFF file (missing: ?), by extension. ScenarioError `path:line: problem` for anything that is
/// not well formed.
Table read_table(const std::filesystem::path& path);

/// What a column holds in some rows.
struct ColumnKind {
  /// The file declares it so; else more than half of the cells that are not empty are numbers or look like some. Also
  /// where no cell holds anything.
  bool numeric = true;
  std::size_t n_cells = 0;    ///< cells that hold something
  std::size_t n_numbers = 0;  ///< of these, finite numbers
  /// Rows of a numeric column whose cell holds something else, and those of them that look like numbers: infinities,
  /// NaNs, 30,120, 0,5, $12, 52.1%, 0x1F, 1e999.
  std::vector<std::size_t> strays, alike;
};

/// The kind of a column in the rows that are kept, [n_rows].
ColumnKind column_kind(const Table::Column& column, const std::vector<bool>& keep);

/// "path:line: this row has `NULL` in x, where 199 of 200 cells are numbers", of the first stray, or of the first that
/// looks like a number where numbers alone would not make the column numeric; EXPECTs a stray.
std::string stray_problem(const Table& table, const Table::Column& column, const ColumnKind& kind);
inline constexpr const char* stray_expected = "a finite number such as -1204.5, or nothing where it is missing";

}  // namespace loopgate
