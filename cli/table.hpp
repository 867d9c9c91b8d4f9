#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace loopgate::cli {

/// Cells with a heading each, printed as an aligned table, as JSON (an array of objects) or as CSV. A number that is
/// undefined is `-` in the table, null in JSON and empty in CSV.
class Table {
 public:
  enum class Align : unsigned char { left, right };
  struct Column {
    std::string key;      ///< JSON and CSV
    std::string heading;  ///< table
    Align align = Align::right;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  class Row {
   public:
    Row& text(const std::string& value);
    Row& number(double value, int digits);  ///< digits after the point, in the table only
    Row& chance(double value, int digits);  ///< in [0, 1]; in the table `<0.001` where it would be rounded to 0

   private:
    friend class Table;
    struct Cell {
      std::string shown, exact;
      bool is_text = false;
    };
    std::vector<Cell> cells_;
  };
  Row& row() { return rows_.emplace_back(); }

  /// format: table, json or csv. ScenarioError for another word.
  void print(const std::string& format) const;
  nlohmann::ordered_json json() const;  ///< the array

 private:
  void print_table() const;
  void print_csv() const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace loopgate::cli
